/**
 * A listener's side of a room: captions of one language in, resumed by event number when the connection
 * breaks. Events: "state", "caption", "revision", "room", "speech" ({message, samples}), "ended", "error", and
 * "admitted" after an error that was not the end.
 */

import { Connection } from "./connection.js";
import { Transcript, asCaption } from "./transcript.js";

/** Messages after which nothing more is answered. */
const LAST = new Set(["done", "error"]);

export class Listener extends EventTarget {
  #event = null;
  #speech = null;
  #refused = false;
  /** How often this connection was asked to read otherwise, and how often that was answered. */
  #asked = 0;
  #answered = 0;
  /** The number of the answer that begins the language that is wanted: what comes before it is of another one. */
  #beginning = 0;

  /** `wanted`: language, style, speech and token, as the message `listen` has them. */
  constructor(room, wanted) {
    super();
    this.wanted = wanted;
    this.transcript = new Transcript();
    this.connection = new Connection(`/v1/rooms/${room}/listen`, () => this.#greeting());
    this.connection.addEventListener("state", ({ detail }) => this.#tell("state", detail));
    this.connection.addEventListener("message", ({ detail }) => this.#receive(detail));
  }

  open() {
    this.connection.open();
  }

  /** Read the room otherwise; `wanted` as in the constructor. A new language begins with its own history. */
  change(wanted) {
    const isOther = wanted.language !== this.wanted.language;
    if (isOther) {
      this.transcript = new Transcript();
      this.#event = null;
    }
    this.wanted = wanted;
    if (!this.connection.send(this.#request())) return; // it is what the next connection begins with
    this.#asked += 1;
    if (isOther) this.#beginning = this.#asked;
  }

  close() {
    this.connection.close();
  }

  #greeting() {
    this.#asked = this.#answered = this.#beginning = 0;
    return this.#request();
  }

  #request() {
    return { type: "listen", ...this.wanted, event: this.#event };
  }

  #receive(message) {
    if (message instanceof ArrayBuffer) return this.#say(message);
    this.#note(message.type === "error");
    if (message.type === "listening") this.#answered += 1;
    if (this.#answered < this.#beginning && !LAST.has(message.type)) return;
    this.#event = message.event ?? this.#event;
    switch (message.type) {
      case "caption":
        return this.#tell("caption", this.transcript.show(message));
      case "revision":
        return this.#tell("revision", this.transcript.revise(asCaption(message)));
      case "speech":
        this.#speech = message;
        return;
      case "room":
        return this.#tell("room", message);
      case "done":
        return this.#end("ended", message);
      case "error":
        if (message.code === "overloaded") return this.#tell("error", message); // the connection asks again
        return this.#end("error", message);
    }
  }

  #note(isRefused) {
    if (this.#refused && !isRefused) this.#tell("admitted");
    this.#refused = isRefused;
  }

  /** Tell the sound of the speech that was announced, if it was wanted. */
  #say(sound) {
    const message = this.#speech;
    this.#speech = null;
    if (message) this.#tell("speech", { message, samples: new Int16Array(sound) });
  }

  #end(name, message) {
    this.close();
    this.#tell(name, message);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

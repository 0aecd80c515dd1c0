/**
 * A listener's side of a room: captions of one language in, resumed by event number when the connection
 * breaks. Events: "state", "caption", "revision", "room", "speech" ({message, samples}), "ended", "error".
 */

import { FLOOR } from "./columns.js";
import { Connection } from "./connection.js";
import { Transcript, asCaption } from "./transcript.js";

/** Milliseconds out of sight after which a connection that looks open may not be: phones halt such pages. */
const ASLEEP = 5_000;

export class Listener extends EventTarget {
  #event = null;
  #unseen = Infinity;
  #speech = null;
  #left = null;

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
    document.addEventListener("visibilitychange", () => this.#wake());
  }

  /** Read the room otherwise; `wanted` as in the constructor. A new language begins with its own history. */
  change(wanted) {
    if (wanted.language !== this.wanted.language) {
      this.transcript = new Transcript();
      this.#event = null;
      this.#left = this.wanted.language;
    }
    this.wanted = wanted;
    this.connection.send(this.#greeting());
  }

  close() {
    this.connection.close();
  }

  #wake() {
    if (document.visibilityState === "hidden") this.#unseen = performance.now();
    else if (performance.now() - this.#unseen > ASLEEP) this.connection.renew();
  }

  #greeting() {
    return { type: "listen", ...this.wanted, event: this.#event };
  }

  #receive(message) {
    if (message instanceof ArrayBuffer) return this.#say(message);
    if (message.type === "room") this.#left = null;
    if (message.language && this.#isLate(message.language)) return;
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

  /** Tell the sound of the speech that was announced, if it was wanted. */
  #say(sound) {
    const message = this.#speech;
    this.#speech = null;
    if (message) this.#tell("speech", { message, samples: new Int16Array(sound) });
  }

  /** Of what was on its way when the language was changed; the history of the floor begins with the room. */
  #isLate(language) {
    return this.wanted.language === FLOOR ? language === this.#left : language !== this.wanted.language;
  }

  #end(name, message) {
    this.close();
    this.#tell(name, message);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

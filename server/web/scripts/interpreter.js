/**
 * An interpreter's side of a room: one language, given by voice and in lines that are typed, over a connection
 * that may break. Events: those of `Speaker`, and "lines" when `lines` are others.
 */

import { Speaker } from "./speaker.js";

export class Interpreter extends Speaker {
  #lines = [];
  /** Messages `type` before those of `lines`, as the session counts them. */
  #told = 0;
  #token = "";
  #name = "";
  #isReady = false;

  /** `wanted`: language, sample_rate, name and token, as the message `interpret` has them. */
  constructor(room, wanted) {
    super(`/v1/rooms/${room}/booth`, { type: "interpret", encoding: "pcm_s16le", ...wanted });
    this.connection.addEventListener("state", () => (this.#isReady = false)); // it opens before it is ready
    this.addEventListener("ready", ({ detail }) => this.#enter(detail));
    this.addEventListener("caption", ({ detail }) => this.#hear(detail));
    this.addEventListener("notice", ({ detail }) => detail.code === "paused" && this.#settle(1));
  }

  /** The lines that were typed and are not yet safe with the server. */
  get lines() {
    return this.#lines;
  }

  get isUnsaid() {
    return super.isUnsaid || this.#lines.length > 0;
  }

  /** Give a line as a caption of its own, now or as soon as there is a connection. */
  type(line) {
    this.#lines = [...this.#lines, line];
    if (this.#isReady) this.#send(line);
    this.#tell();
  }

  /** Give what the session has not had: all of it, if it is another one than before. */
  #enter({ token, typed = 0, speaker }) {
    if (token !== this.#token) this.#told = 0;
    [this.#token, this.#name, this.#isReady] = [token, speaker, true];
    for (const line of this.#lines.slice(Math.max(0, typed - this.#told))) this.#send(line);
  }

  /** A line whose caption has come is safe, and so are those before it. */
  #hear({ committed, final, speaker }) {
    const count = final && speaker === this.#name ? this.#lines.indexOf(committed) + 1 : 0;
    if (count) this.#settle(count);
  }

  /** So many lines need not be sent again: they are safe, or nobody is to see them, which is told in their order. */
  #settle(count) {
    this.#told += count;
    this.#lines = this.#lines.slice(count);
    this.#tell();
  }

  #send(line) {
    this.connection.send({ type: "type", text: line, final: true });
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("lines"));
  }
}

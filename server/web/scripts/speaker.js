/**
 * A speaker's side of a session: sound out, captions in, over a connection that may break.
 * Events: "state", "ready", "translating", "caption", "revision", "notice", "error", "done", "lost" (seconds).
 */

import { Connection } from "./connection.js";
import { ReplayBuffer } from "./replay.js";

/** Seconds of sound that are kept while there is no connection. */
const KEPT_SECONDS = 1_200;
/** Bytes on their way above which more sound waits here. */
const MOST_BUFFERED = 256 * 1024;
/** Seconds of sound waiting here that are called catching up. */
const BEHIND_SECONDS = 2;
/** Seconds of sound that are worth another session: servers tell in milliseconds how much they have had. */
const LEAST_SECONDS = 0.05;

export class Speaker extends EventTarget {
  #session = null;
  #tokens = [];
  #heard = 0;
  #lost = 0;
  #first = 0;
  #next = 0;
  #finished = false;
  #finishing = false;
  #streaming = false;
  #state = "";
  #behind = false;
  #unheard = "";

  /** `start` is the first message, `start` itself unless it has another `type`. */
  constructor(path, start) {
    super();
    this.start = start;
    this.replay = new ReplayBuffer(KEPT_SECONDS * start.sample_rate);
    this.connection = new Connection(path, () => this.#greeting(), () => this.#session !== null);
    this.connection.addEventListener("state", ({ detail }) => this.#connected(detail));
    this.connection.addEventListener("message", ({ detail }) => this.#receive(detail));
  }

  /** What proves that its sessions are ours, in their order; keep it secret. */
  get tokens() {
    return this.#tokens;
  }

  /** The state that was told last. */
  get state() {
    return this.#state;
  }

  open() {
    this.connection.open();
  }

  /** Take what was recorded; it is sent as soon as the connection allows. */
  push(samples) {
    this.replay.push(samples);
    this.#pump();
  }

  /** Translate into other languages from now on; "translating" or the notice "refused" answers. */
  translate(targets) {
    this.start.targets = targets;
    this.#agree();
  }

  /** Nothing more is said, though what was may still be on its way. */
  get isFinished() {
    return this.#finished;
  }

  /** Whether there is something to say that is worth another session. */
  get isUnsaid() {
    return this.replay.waiting >= LEAST_SECONDS * this.start.sample_rate;
  }

  /** Say that no more sound comes; "done" follows when everything has been interpreted. */
  finish() {
    this.#finished = true;
    this.#tell("finishing");
    this.#pump();
  }

  close() {
    clearInterval(this.timer);
    this.connection.close();
  }

  #greeting() {
    this.#streaming = false;
    this.#finishing = false;
    if (!this.#session) return { type: "start", ...this.start };
    return { type: "resume", token: this.#session.token, event: this.#heard };
  }

  /** Ask for the languages that are wanted, where others are translated. */
  #agree() {
    const { targets } = this.start;
    if (!this.#streaming || this.#finishing || String(this.#session.targets) === String(targets)) return;
    this.connection.send({ type: "translate", targets });
  }

  #connected(state) {
    if (state === "connecting" || state === "reconnecting" || state === "offline") this.#tell(state);
    if (state === "closed") clearInterval(this.timer);
  }

  #receive(message) {
    if (message instanceof ArrayBuffer) return;
    this.#heard = message.event ?? this.#heard;
    this.#number(message);
    switch (message.type) {
      case "ready":
        this.#begin(message);
        break;
      case "translating":
        this.#session.targets = message.targets;
        this.#agree(); // others may have been chosen meanwhile
        break;
      case "ack":
        this.replay.acknowledge(message.position);
        break;
      case "notice":
        if (message.code === "behind") this.#behind = true;
        if (message.code === "caught_up") this.#behind = false;
        if (message.code === "refused") this.start.targets = this.#session.targets;
        break;
      case "room":
        this.#unheard = this.#silence(message);
        break;
      case "error":
        if (message.code === "overloaded" && this.#tokens.length) return; // the connection asks again
        this.close();
        break;
      case "done":
        if (this.#beginAnew(message)) return;
        this.close();
        break;
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
    this.#pump();
  }

  /** Why what is said here is not interpreted; "" where it is, as in a booth. */
  #silence({ floor, speakers }) {
    const mine = this.#session?.speaker.split(".")[0];
    const me = speakers.find(({ speaker }) => speaker === mine);
    if (!me) return "";
    if (me.muted) return "muted";
    return floor === mine ? "" : "waiting";
  }

  #begin(ready) {
    this.#session = ready;
    if (!this.#tokens.includes(ready.token)) this.#tokens.push(ready.token);
    this.replay.rewind(ready.position ?? 0);
    this.#tellLost();
    this.#streaming = true;
    if (this.start.targets) this.#agree(); // they may have been chosen while there was no connection
    this.timer ??= setInterval(() => this.#pump(), 100);
  }

  /**
   * Begin another session with what is kept, where the one before was finished without us: we were away for
   * longer than the server waits. Tells whether there is anything to begin with.
   */
  #beginAnew({ statistics }) {
    if (this.#streaming) return false;
    this.replay.rewind(Math.round(statistics.audio_seconds * this.start.sample_rate));
    this.#tellLost();
    if (this.#finished && !this.isUnsaid) return false;
    this.replay = this.replay.rest();
    this.#session = null;
    [this.#heard, this.#lost, this.#first] = [0, 0, this.#next];
    this.connection.renew();
    return true;
  }

  /** Number the utterances of all sessions through. */
  #number(message) {
    if (message.utterance === undefined) return;
    message.utterance += this.#first;
    this.#next = Math.max(this.#next, message.utterance + 1);
  }

  #tellLost() {
    const lost = this.replay.lost - this.#lost;
    this.#lost = this.replay.lost;
    if (lost > 0) this.dispatchEvent(new CustomEvent("lost", { detail: lost / this.start.sample_rate }));
  }

  #pump() {
    if (!this.#streaming || !this.connection.isOpen) return;
    while (this.connection.buffered < MOST_BUFFERED) {
      const samples = this.replay.next();
      if (!samples) break;
      this.connection.send(samples);
    }
    const waits = this.replay.waiting > BEHIND_SECONDS * this.start.sample_rate;
    if (!this.#finished) this.#tell(this.#unheard || (waits || this.#behind ? "catching-up" : "listening"));
    if (this.#finished && !this.#finishing && !this.replay.waiting) {
      this.#finishing = this.connection.send({ type: "finish" });
    }
  }

  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

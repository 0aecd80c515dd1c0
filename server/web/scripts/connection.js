/**
 * A WebSocket that is opened again when it breaks: what speakers, listeners and operators have in common.
 * Events: "state" (connecting, open, reconnecting, offline, closed) and "message" (the parsed message).
 */

import { refusal } from "./request.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;
/** Milliseconds out of sight after which a connection that looks open may not be: phones halt such pages. */
const ASLEEP = 5_000;
/** Close codes after which asking again does not help; see PROTOCOL.md. */
const FINAL = new Set([1000, 1007, 1008, 1009]);

export class Connection extends EventTarget {
  #socket = null;
  #wait = FIRST_WAIT;
  #timer = 0;
  #closed = false;
  #entered = false;
  #unseen = Infinity;

  /**
   * `greet(again)` gives the first message of every connection; `again` is true after a break. `resuming`
   * tells whether that will be `resume`: a server that is full lets us in only if the address says so.
   */
  constructor(path, greet, resuming = () => false) {
    super();
    this.url = new URL(path, location.href.replace(/^http/, "ws")).href.split("#")[0];
    this.greet = greet;
    this.resuming = resuming;
    this.online = () => this.#retry(0);
    this.offline = () => this.#socket?.close();
    this.seen = () => this.#wake();
  }

  /** Open the connection; it stays open until `close` or a final answer of the server. */
  open() {
    addEventListener("online", this.online);
    addEventListener("offline", this.offline);
    document.addEventListener("visibilitychange", this.seen);
    this.#connect(false);
  }

  /** Bytes that were sent and have not left this machine. */
  get buffered() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** It is over: nothing is sent any more, nor asked again. */
  get isClosed() {
    return this.#closed;
  }

  /** Send a message; tells whether there is a connection to send it over. */
  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(message instanceof Int16Array ? message : JSON.stringify(message));
    return true;
  }

  /** Connect anew, whatever comes of the connection there is: nobody listens to it any more. */
  renew() {
    const left = this.#socket;
    this.#socket = null;
    left?.close();
    this.#retry(0);
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.online);
    removeEventListener("offline", this.offline);
    document.removeEventListener("visibilitychange", this.seen);
    this.#socket?.close();
    this.#tell("closed");
  }

  /** Connect anew after a sleep; other clocks than that of the day sleep too. */
  #wake() {
    if (document.visibilityState === "hidden") this.#unseen = Date.now();
    else if (Date.now() - this.#unseen > ASLEEP) this.renew();
  }

  #connect(again) {
    this.#tell(again ? (navigator.onLine ? "reconnecting" : "offline") : "connecting");
    const socket = (this.#socket = new WebSocket(this.url + (this.resuming() ? "?resume=true" : "")));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#entered = true;
      this.send(this.greet(again));
      this.#tell("open");
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      const detail = typeof data === "string" ? JSON.parse(data) : data;
      if (detail.type !== "error") this.#wait = FIRST_WAIT;
      this.#pass(detail);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket || this.#closed) return;
      if (FINAL.has(code)) return this.close();
      if (!this.#entered) this.#explain();
      this.#tell(navigator.onLine ? "reconnecting" : "offline");
      this.#retry(this.#wait * (0.5 + Math.random()));
      this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
    });
  }

  /** Learn whether we are not let in at all: of a handshake that is refused browsers tell pages nothing. */
  async #explain() {
    const answer = await fetch(this.url.replace(/^ws/, "http")).catch(() => null);
    if (answer?.status !== 403 || this.#closed) return;
    this.#pass({ type: "error", ...(await refusal(answer)) });
    this.close();
  }

  #retry(milliseconds) {
    if (this.#closed || this.#socket?.readyState < WebSocket.CLOSING) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(true), milliseconds);
  }

  #pass(detail) {
    this.dispatchEvent(new CustomEvent("message", { detail }));
  }

  #tell(state) {
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

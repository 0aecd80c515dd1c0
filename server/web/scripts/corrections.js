/**
 * Corrections on their way: what an operator has typed is kept until the server says how the sentence reads
 * now, and sent once more where the connection breaks before. Event: "sent" (the utterance) for one that had to wait.
 */
export class Corrections extends EventTarget {
  #connection;
  #texts = new Map();
  #sent = new Set();

  constructor(connection) {
    super();
    this.#connection = connection;
    connection.addEventListener("state", ({ detail }) => detail === "open" && this.#resend());
    connection.addEventListener("message", ({ detail }) => this.#receive(detail));
  }

  /** Correct an utterance, now or when there is a connection again; tells whether that is now. */
  send(utterance, text) {
    this.#texts.set(utterance, text);
    return this.#send(utterance);
  }

  /** Let an utterance be as it is. */
  drop(utterance) {
    this.#texts.delete(utterance);
    this.#sent.delete(utterance);
  }

  #send(utterance) {
    const sent = this.#connection.send({ type: "correct", utterance, text: this.#texts.get(utterance) });
    if (sent) this.#sent.add(utterance);
    else this.#sent.delete(utterance);
    return sent;
  }

  #resend() {
    for (const utterance of this.#texts.keys()) {
      if (this.#send(utterance)) this.dispatchEvent(new CustomEvent("sent", { detail: utterance }));
    }
  }

  #receive({ type, code, utterance, by }) {
    if (type === "revision" && by === "operator" && this.#sent.has(utterance)) this.drop(utterance);
    // Which one was refused is not told; none that was is asked for again.
    if (type === "notice" && code === "refused") for (const each of [...this.#sent]) this.drop(each);
  }
}

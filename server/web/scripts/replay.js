/**
 * Audio that was recorded and is not yet safe with the server: kept until it is acknowledged, so that a
 * connection may break at any moment and nothing is lost. Positions are samples since the session began.
 */
export class ReplayBuffer {
  #chunks = [];
  #start = 0;
  #end = 0;
  #sent = 0;

  /** Keep at most `limit` samples; beyond, the oldest are lost and counted in `lost`. */
  constructor(limit) {
    this.limit = limit;
    this.lost = 0;
  }

  /** Samples recorded so far. */
  get end() {
    return this.#end;
  }

  /** Samples that wait to be sent. */
  get waiting() {
    return this.#end - this.#sent;
  }

  /** Add what was recorded. */
  push(samples) {
    if (!samples.length) return;
    this.#chunks.push({ at: this.#end, samples });
    this.#end += samples.length;
    while (this.#end - this.#start > this.limit) this.#forget();
  }

  /** The next samples to be sent, or null; they stay here until they are acknowledged. */
  next() {
    const chunk = this.#chunks.find(({ at, samples }) => at + samples.length > this.#sent);
    if (!chunk) return null;
    const samples = chunk.samples.subarray(Math.max(0, this.#sent - chunk.at));
    this.#sent = chunk.at + chunk.samples.length;
    return samples;
  }

  /** The server has everything before `position`. */
  acknowledge(position) {
    while (this.#chunks.length && this.#chunks[0].at + this.#chunks[0].samples.length <= position) {
      this.#chunks.shift();
    }
    this.#start = this.#chunks.length ? this.#chunks[0].at : this.#end;
  }

  /** Send again from `position`, where the server wants to go on; it may yet fall back further. */
  rewind(position) {
    if (position < this.#start) this.lost += this.#start - position;
    this.#sent = Math.max(position, this.#start);
  }

  #forget() {
    const { at, samples } = this.#chunks.shift();
    this.#start = at + samples.length;
    if (this.#sent < this.#start) {
      this.lost += this.#start - Math.max(this.#sent, at);
      this.#sent = this.#start;
    }
  }
}

/**
 * Audio that was recorded and is not yet safe with the server: kept until it is acknowledged, so that a
 * connection may break at any moment and nothing is lost. Positions are samples since the session began; the
 * server, whom `acknowledge` and `rewind` quote, counts without those that were lost.
 */
export class ReplayBuffer {
  #chunks = [];
  #start = 0;
  #end = 0;
  #sent = 0;
  /** Where, as the server counts, how many samples were lost. */
  #gaps = [];

  /** Keep at most `limit` samples; beyond, the oldest are lost and counted in `lost`. */
  constructor(limit) {
    this.limit = limit;
  }

  get lost() {
    return this.#gaps.reduce((sum, { count }) => sum + count, 0);
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

  /** What waits, as a recording of its own. */
  rest() {
    const rest = new ReplayBuffer(this.limit);
    for (let samples; (samples = this.next()); ) rest.push(samples);
    return rest;
  }

  /** The server has everything before `position`. */
  acknowledge(position) {
    const safe = this.#ours(position);
    while (this.#chunks.length && this.#chunks[0].at + this.#chunks[0].samples.length <= safe) {
      this.#chunks.shift();
    }
    this.#start = this.#chunks.length ? this.#chunks[0].at : this.#end;
  }

  /** Send again from `position`, where the server wants to go on; it may yet fall back further. */
  rewind(position) {
    this.#gaps = this.#gaps.filter(({ at }) => at <= position);
    const wanted = this.#ours(position);
    if (wanted < this.#start) this.#gaps.push({ at: position, count: this.#start - wanted });
    this.#sent = Math.max(wanted, this.#start);
  }

  #ours(position) {
    return this.#gaps.reduce((sum, { at, count }) => (at <= position ? sum + count : sum), position);
  }

  #forget() {
    const { at, samples } = this.#chunks.shift();
    this.#start = at + samples.length;
    if (this.#sent < this.#start) {
      this.#gaps.push({ at: this.#sent - this.lost, count: this.#start - Math.max(this.#sent, at) });
      this.#sent = this.#start;
    }
  }
}

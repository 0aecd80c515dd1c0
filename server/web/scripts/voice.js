/** The spoken translation, phrase after phrase; it may fall behind, and can be told to catch up. */
export class Voice {
  #context = new AudioContext();
  #gain = this.#context.createGain();
  #until = 0;
  #playing = new Set();

  constructor() {
    this.#gain.connect(this.#context.destination);
  }

  /** 0 … 1. */
  set volume(volume) {
    this.#gain.gain.value = volume;
  }

  /** Seconds of speech that wait. */
  get behind() {
    return Math.max(0, this.#until - this.#context.currentTime);
  }

  /** Say a phrase after those before it: 16-bit samples at a rate. */
  async say(samples, rate) {
    await this.#context.resume();
    const buffer = this.#context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(Float32Array.from(samples, (value) => value / 32768), 0);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#gain);
    source.addEventListener("ended", () => this.#playing.delete(source));
    this.#playing.add(source);
    this.#until = Math.max(this.#until, this.#context.currentTime);
    source.start(this.#until);
    this.#until += buffer.duration;
  }

  /** Leave out what waits. */
  catchUp() {
    for (const source of this.#playing) source.stop();
    this.#playing.clear();
    this.#until = 0;
  }

  close() {
    this.#context.close();
  }
}

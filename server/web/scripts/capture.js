/** Samples that are posted together. */
const BLOCK = Math.round(sampleRate / 10);

/**
 * The audio thread: mixes what is heard to mono and posts it as 16-bit samples, 100 ms at a time, with its
 * level. The device's own rate is kept; the server resamples. Any message ends it: what is left is posted,
 * marked as the `last`.
 */
class Capture extends AudioWorkletProcessor {
  #samples = new Int16Array(BLOCK);
  #filled = 0;
  #power = 0;
  #over = false;

  constructor() {
    super();
    this.port.onmessage = () => this.#end();
  }

  process([channels]) {
    if (this.#over) return false;
    if (!channels.length) return true;
    for (let i = 0; i < channels[0].length; i++) {
      let value = 0;
      for (const channel of channels) value += channel[i];
      this.#add(value / channels.length);
    }
    return true;
  }

  #add(value) {
    const clipped = Math.max(-1, Math.min(1, value));
    this.#samples[this.#filled++] = Math.round(clipped * 32767);
    this.#power += clipped * clipped;
    if (this.#filled === BLOCK) this.#post(this.#samples, false);
  }

  #end() {
    this.#over = true;
    this.#post(this.#samples.slice(0, this.#filled), true);
  }

  #post(samples, last) {
    const level = Math.sqrt(this.#power / Math.max(1, this.#filled));
    this.port.postMessage({ samples, level, last }, [samples.buffer]);
    this.#samples = new Int16Array(BLOCK);
    this.#filled = 0;
    this.#power = 0;
  }
}

registerProcessor("capture", Capture);

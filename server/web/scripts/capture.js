/**
 * The audio thread: mixes what is heard to mono and posts it as 16-bit samples, 100 ms at a time, with its
 * level. The device's own rate is kept; the server resamples.
 */
class Capture extends AudioWorkletProcessor {
  #samples = new Int16Array(Math.round(sampleRate / 10));
  #filled = 0;
  #power = 0;

  process([channels]) {
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
    if (this.#filled < this.#samples.length) return;
    const level = Math.sqrt(this.#power / this.#filled);
    this.port.postMessage({ samples: this.#samples, level }, [this.#samples.buffer]);
    this.#samples = new Int16Array(this.#filled);
    this.#filled = 0;
    this.#power = 0;
  }
}

registerProcessor("capture", Capture);

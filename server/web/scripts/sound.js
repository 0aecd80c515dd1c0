/** Where sound comes from: a microphone, a tab or the system, or a file that is played. */

import { word } from "./words.js";

const HIGHEST_RATE = 48_000;
/** Milliseconds that the audio thread is given to hand over what it heard last. */
const PATIENCE = 1_000;
const PLAIN = { echoCancellation: false, noiseSuppression: false, autoGainControl: true };

/** The microphones there are; their names are known once one has been allowed. */
export async function microphones() {
  const devices = await navigator.mediaDevices?.enumerateDevices();
  return (devices ?? []).filter((device) => device.kind === "audioinput" && device.deviceId);
}

/**
 * Sound that is being recorded. `onSamples(samples, level)` is told 100 ms at a time, `onEnd(reason)` once:
 * "unplugged" when the device or the shared tab has gone, "played" when a file is over. `onHalt(isHalted)` is
 * told when the browser or the system stops the sound, as for a call on a phone, and when it comes again.
 */
export class Sound {
  #context;
  #release = () => {};
  #handedOver = () => {};
  #track = null;
  #running = false;
  #halted = false;
  #wake = () => document.visibilityState === "visible" && this.#running && this.#context.resume();

  constructor(onSamples, onEnd, onHalt) {
    this.onSamples = onSamples;
    this.onEnd = onEnd;
    this.onHalt = onHalt;
  }

  /** Samples a second. */
  get rate() {
    return this.#context.sampleRate;
  }

  /** The device that is heard, as `microphones` calls it. */
  get device() {
    return this.#track?.getSettings().deviceId ?? "";
  }

  /** Prepare recording; must follow a click. Throws what getUserMedia and getDisplayMedia throw. */
  async open(kind, { device, file } = {}) {
    if (!isSecureContext) throw new DOMException("https is needed", "SecurityError"); // recordings are heard alike
    if (kind === "file") return this.#play(file);
    const stream = await (kind === "tab" ? sharedTab() : microphone(device));
    const [track] = stream.getAudioTracks();
    if (!track) {
      stream.getTracks().forEach((each) => each.stop());
      throw new DOMException("no sound was shared", "NotFoundError");
    }
    this.#track = track;
    track.addEventListener("ended", () => this.onEnd("unplugged"));
    for (const name of ["mute", "unmute"]) track.addEventListener(name, () => this.#watch());
    this.#release = () => stream.getTracks().forEach((each) => each.stop());
    await this.#prepare();
    this.source = this.#context.createMediaStreamSource(new MediaStream([track]));
  }

  /** Begin to give samples. */
  async start() {
    this.source.connect(this.node);
    await this.#context.resume();
    await this.player?.play();
    this.#running = true;
    this.#watch();
    document.addEventListener("visibilitychange", this.#wake);
  }

  /** Stop, give what was heard last, and release the device. */
  async close() {
    this.#running = false;
    document.removeEventListener("visibilitychange", this.#wake);
    this.player?.pause();
    await this.#handOver();
    this.#release();
    if (this.#context?.state !== "closed") await this.#context?.close();
  }

  #watch() {
    const isHalted = this.#context.state !== "running" || Boolean(this.#track?.muted);
    if (!this.#running || isHalted === this.#halted) return;
    this.#halted = isHalted;
    this.onHalt(isHalted);
  }

  /** Closing the port instead would lose what is on its way, and the last tenth of a second. */
  async #handOver() {
    if (!this.node) return;
    const over = new Promise((resolve) => (this.#handedOver = resolve));
    this.node.port.postMessage("end");
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    this.node.port.close();
  }

  async #prepare() {
    this.#context = new AudioContext();
    if (this.#context.sampleRate > HIGHEST_RATE) {
      await this.#context.close();
      this.#context = new AudioContext({ sampleRate: HIGHEST_RATE });
    }
    this.#context.addEventListener("statechange", () => this.#watch());
    await this.#context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
    this.node = new AudioWorkletNode(this.#context, "capture", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => {
      this.onSamples(data.samples, data.level);
      if (data.last) this.#handedOver();
    };
  }

  async #play(file) {
    const address = URL.createObjectURL(file);
    this.player = new Audio(address);
    this.#release = () => URL.revokeObjectURL(address);
    await new Promise((resolve, reject) => {
      this.player.addEventListener("canplay", resolve, { once: true });
      this.player.addEventListener("error", () => reject(new DOMException(file.name, "EncodingError")));
    });
    await this.#prepare();
    this.source = this.#context.createMediaElementSource(this.player);
    this.source.connect(this.#context.destination);
    this.player.addEventListener("ended", () => this.onEnd("played"), { once: true });
  }
}

function microphone(device) {
  return navigator.mediaDevices.getUserMedia({
    audio: { ...PLAIN, ...(device ? { deviceId: { exact: device } } : {}) },
  });
}

/** What to tell people of sound that could not be opened. */
export function trouble({ name, message }) {
  const phrase = word(`problem-${name}`, { message });
  return phrase === `problem-${name}` ? word("problem-other", { message }) : phrase;
}

/** Whether a tab can be shared with its sound: some browsers share pictures alone, and tell it no other way. */
export function sharesSound() {
  const devices = navigator.mediaDevices;
  return Boolean(devices?.getDisplayMedia && devices.getSupportedConstraints().suppressLocalAudioPlayback);
}

/** The sound of a tab or of the computer; its picture, which must be asked for too, is let go at once. */
async function sharedTab() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: PLAIN, systemAudio: "include" });
  stream.getVideoTracks().forEach((track) => track.stop());
  return stream;
}

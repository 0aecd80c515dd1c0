/** What the voices of a room are called: a speaker, or each channel of one. */

import { word } from "./words.js";

export class Names {
  #speakers = new Map();
  #several = false;

  /** Take the state of the room: who is there, and who has lately gone. */
  learn({ speakers, past = [] }) {
    for (const each of [...past, ...speakers]) this.#speakers.set(each.speaker, each);
    const names = new Set([...this.#speakers.values()].map(({ name }) => name).filter(Boolean));
    this.#several = speakers.length > 1 || names.size > 1;
  }

  /** The name of a speaker, or of a channel by its number from 1; those whom nobody has named have numbers. */
  of(speaker, channel) {
    const { name, channels = [] } = this.#speakers.get(speaker) ?? {};
    const numbered = name || word("speaker-number", { number: speaker.slice(1) });
    if (!channel) return numbered;
    if (channels[channel - 1]) return channels[channel - 1];
    if (name) return `${name} ${channel}`;
    const alone = word("channel-number", { number: channel });
    return this.#several ? `${numbered}, ${alone}` : alone;
  }

  /** Sign a paragraph, whose `data-by` is the speaker of its caption, unless the one before has its voice. */
  sign(paragraph) {
    const signature = this.#signature(paragraph);
    const known = paragraph.querySelector(".signature");
    if (!signature || signature === this.#signature(before(paragraph))) return known?.remove();
    const element = known ?? document.createElement("b");
    element.className = "signature";
    element.dir = "auto";
    element.textContent = signature;
    if (!known) paragraph.prepend(element);
  }

  /** "" where only one speaks, and for interpreters. */
  #signature(paragraph) {
    const [speaker, channel] = (paragraph?.dataset.by ?? "").split(".");
    return speaker.startsWith("s") && (channel || this.#several) ? this.of(speaker, channel) : "";
  }
}

/** The paragraph before, leaving out those that turned out to be nothing. */
function before(paragraph) {
  let found = paragraph.previousElementSibling;
  while (found?.matches(".final:has(.committed:empty)")) found = found.previousElementSibling;
  return found;
}

/**
 * The captions of a session, newest state each: the same laws as `Transcript` in streaming/captions.py.
 * Committed text only grows, tentative text is replaced whole, a final caption changes by revision alone.
 */

/** Committed text was taken back: a defect of the server. */
export class RetractionError extends Error {
  name = "RetractionError";
}

const keyOf = ({ utterance, language }) => `${utterance} ${language}`;

export class Transcript {
  #captions = new Map();

  /** Take a whole caption as it comes over the wire, and give it back. */
  show(caption) {
    const known = this.#captions.get(keyOf(caption));
    if (known && !caption.committed.startsWith(known.committed)) {
      throw new RetractionError(
        `utterance ${caption.utterance} in ${caption.language}: committed ` +
          `${JSON.stringify(known.committed)} became ${JSON.stringify(caption.committed)}`,
      );
    }
    if (known?.final && !same(known, caption)) {
      throw new RetractionError(`utterance ${caption.utterance} was final in ${caption.language}`);
    }
    this.#captions.set(keyOf(caption), caption);
    return caption;
  }

  /** Take a revision of a finished utterance: the one way in which it may change. */
  revise(caption) {
    this.#captions.set(keyOf(caption), caption);
    return caption;
  }

  /** The captions of one language in the order in which they were spoken. */
  in(language) {
    return [...this.#captions.values()]
      .filter((caption) => caption.language === language)
      .sort((a, b) => a.utterance - b.utterance);
  }

  /** The committed text of each utterance in one language, empty ones left out. */
  committed(language) {
    return this.in(language)
      .map((caption) => caption.committed)
      .filter(Boolean);
  }

  /** Every language in which something was shown. */
  get languages() {
    return [...new Set([...this.#captions.values()].map((caption) => caption.language))];
  }
}

function same(a, b) {
  const names = ["committed", "tentative", "start", "end", "final"];
  return names.every((name) => a[name] === b[name]);
}

/** A revision as the final caption that it makes of its utterance. */
export function asCaption({ utterance, language, text, start, end, speaker }) {
  return { utterance, language, committed: text, tentative: "", start, end, final: true, speaker };
}

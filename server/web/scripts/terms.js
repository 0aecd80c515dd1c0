/** The room's glossary at the desk: what is translated how, and into which language. */

import { fill, options, row } from "./lists.js";
import { languageName, word } from "./words.js";

/** The choice of all languages, which messages call "". */
const ALL = "all";

export class Terms {
  #terms = [];
  #usual = "";

  /** `act` sends a message, and tells whether it went out. */
  constructor(form, list, act) {
    this.form = form;
    this.list = list;
    this.act = act;
    form.addEventListener("submit", (submitted) => this.#add(submitted));
  }

  /** Show the terms there are, and offer languages; `usual` is that of new terms, "" where it must be chosen. */
  draw(terms, languages, usual) {
    this.#terms = terms;
    fill(this.list, terms.map((term) => this.#row(term)));
    const { language } = this.form.elements;
    const named = languages.map((code) => [code, languageName(code)]);
    options(language, [["", word("term-language")], [ALL, word("all-languages")], ...named]);
    if (usual && (usual !== this.#usual || !language.value)) language.value = usual;
    this.#usual = usual;
  }

  #row(term) {
    const { source, target, language } = term;
    const text = `${source} → ${target}`;
    const rest = this.#terms.filter((each) => each !== term);
    return row(`${text} ${language}`, text, language ? languageName(language) : word("all-languages"), [
      word("remove"),
      () => this.act({ type: "terms", terms: rest }),
    ]);
  }

  #add(submitted) {
    submitted.preventDefault();
    const { source, target, language } = this.form.elements;
    const chosen = language.value === ALL ? "" : language.value;
    const added = { source: source.value.trim(), target: target.value.trim(), language: chosen };
    const rest = this.#terms.filter((each) => each.source !== added.source || each.language !== added.language);
    if (!this.act({ type: "terms", terms: [...rest, added] })) return;
    source.value = target.value = ""; // the next one is likely to be of the same language
  }
}

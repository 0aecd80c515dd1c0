/**
 * Captions on the page: a column a language. Each column flows on its own, so that text which grows in one
 * never moves what was already read in another; committed text is appended and never touched again.
 */

import { Names } from "./names.js";
import { languageName, word } from "./words.js";

/** The column of what is spoken, whatever its language. */
export const FLOOR = "floor";
/** Pixels from the end within which a column follows new text. */
const NEAR = 48;

export class Columns {
  #columns = new Map();
  #shown = [];

  constructor(root) {
    this.root = root;
    this.names = new Names();
  }

  /** Show these languages, in this order; one of them is announced to screen readers, that is enough. */
  arrange(languages, aloud = languages.at(-1)) {
    this.#shown = languages;
    for (const language of languages) this.#column(language);
    this.root.replaceChildren(...languages.map((language) => this.#column(language).element));
    this.root.style.setProperty("--columns", languages.length);
    for (const language of languages) this.#column(language).announce(language === aloud);
  }

  /** Show the new state of a caption, in the column of its language or in another one. */
  show(caption, key = caption.language) {
    const known = this.#columns.has(key);
    const column = this.#column(key);
    if (!known) this.arrange([...this.#shown, key]);
    column.show(caption);
  }

  /** Show a revision. */
  revise(caption, key = caption.language) {
    this.#column(key).revise(caption);
  }

  /** Forget all text and all columns. */
  clear() {
    this.#columns.clear();
    this.#shown = [];
    this.root.replaceChildren();
  }

  /** The languages that have text, shown or not any more. */
  get languages() {
    return [...this.#columns.keys()];
  }

  /** The languages shown, in their order. */
  get shown() {
    return this.#shown;
  }

  /** Find text; gives the number of places, marked as the highlight "found". */
  find(text) {
    const ranges = text ? [...this.#columns.values()].flatMap((column) => column.ranges(text)) : [];
    CSS.highlights?.set("found", new Highlight(...ranges));
    return ranges;
  }

  #column(language) {
    if (!this.#columns.has(language)) this.#columns.set(language, new Column(language, this));
    return this.#columns.get(language);
  }
}

class Column {
  #paragraphs = new Map();
  #following = true;

  constructor(language, columns) {
    this.language = language;
    this.columns = columns;
    this.element = make("section", "column");
    this.heading = make("h2");
    this.scroller = make("div", "scroller");
    this.log = make("div", "log");
    this.newest = make("button", "newest");
    this.newest.type = "button";
    this.newest.hidden = true;
    this.newest.textContent = "↓";
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "region");
    this.log.setAttribute("role", "log");
    if (language !== FLOOR) this.log.lang = language;
    this.log.dir = "auto";
    this.name();
    this.scroller.append(this.log);
    this.element.append(this.heading, this.scroller, this.newest);
    this.scroller.addEventListener("scroll", () => this.#watch());
    this.newest.addEventListener("click", () => this.#follow());
    document.addEventListener("words", () => this.name());
    new ResizeObserver(() => this.#following && this.#follow()).observe(this.scroller);
  }

  name() {
    const name = this.language === FLOOR ? word("floor") : languageName(this.language);
    this.heading.textContent = name;
    this.scroller.setAttribute("aria-label", name);
    this.newest.setAttribute("aria-label", word("newest"));
    this.newest.title = word("newest");
    for (const paragraph of this.log.children) this.columns.names.sign(paragraph);
  }

  announce(aloud) {
    this.log.setAttribute("aria-live", aloud ? "polite" : "off");
  }

  show(caption) {
    const paragraph = this.#paragraph(caption);
    const { committed, tentative } = paragraph;
    const added = caption.committed.slice(committed.textContent.length);
    if (added) committed.append(added);
    if (tentative.textContent !== caption.tentative) tentative.textContent = caption.tentative;
    paragraph.element.classList.toggle("final", caption.final);
    if (caption.final && !caption.committed) this.#sign(paragraph.element.nextElementSibling);
    if (this.#following) this.#follow();
  }

  revise(caption) {
    const { element, committed, tentative } = this.#paragraph(caption);
    committed.textContent = caption.committed;
    tentative.textContent = "";
    element.classList.add("final", "revised");
  }

  ranges(text) {
    const wanted = text.toLocaleLowerCase();
    return [...this.#paragraphs.values()].flatMap(({ committed }) => places(committed, wanted));
  }

  #paragraph(caption) {
    const known = this.#paragraphs.get(caption.utterance);
    if (known) return known;
    const element = make("p");
    element.dataset.utterance = caption.utterance;
    element.dataset.by = caption.speaker ?? "";
    element.dir = "auto";
    element.lang = caption.language;
    const committed = make("span", "committed");
    const tentative = make("span", "tentative");
    tentative.setAttribute("aria-hidden", "true");
    element.append(committed, tentative);
    const after = [...this.#paragraphs.keys()].filter((number) => number > caption.utterance);
    const next = after.length ? this.#paragraphs.get(Math.min(...after)).element : null;
    this.log.insertBefore(element, next);
    this.#sign(element);
    this.#sign(next);
    this.#paragraphs.set(caption.utterance, { element, committed, tentative });
    return this.#paragraphs.get(caption.utterance);
  }

  #sign(element) {
    if (element) this.columns.names.sign(element);
  }

  #watch() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#following = scrollHeight - clientHeight - scrollTop < NEAR;
    this.newest.hidden = this.#following;
  }

  #follow() {
    this.#following = true;
    this.newest.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

function make(name, kind) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  return element;
}

/** Ranges of a text in an element whose text lies in several nodes. */
function places(element, wanted) {
  element.normalize();
  const node = element.firstChild;
  const text = node?.textContent.toLocaleLowerCase() ?? "";
  const found = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, Math.min(node.length, at + wanted.length));
    found.push(range);
  }
  return found;
}

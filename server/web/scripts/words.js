/**
 * The words of the interface. A language is one file in `words/`; the server lists them, so a new file is
 * all that a new language takes. Elements name their words: `data-word` (text), `data-label` (aria-label
 * and title), `data-hint` (placeholder).
 */

import { token } from "./place.js";

const KEY = "dragoman.interface";
let words = {};
let code = "en";

/** Load the interface language: the one chosen before, else the browser's, else English. */
export async function load(wanted = saved()) {
  const offered = await json("words");
  code = [wanted, ...navigator.languages.map(base), "en"].find((each) => each in offered) ?? "en";
  words = await json(`words/${code}`);
  document.documentElement.lang = words["html-lang"] ?? code;
  fill(document);
  return offered;
}

/** Choose another interface language. */
export async function choose(wanted) {
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // The choice holds until the page is closed.
  }
  await load(wanted);
  document.dispatchEvent(new CustomEvent("words"));
}

/** The code of the interface language. */
export function current() {
  return code;
}

/** A phrase of the interface, `{name}` replaced. */
export function word(name, values = {}) {
  const phrase = words[name] ?? name;
  return phrase.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/**
 * An error or a notice of the server, which speaks English, in the interface's language where it knows the
 * code; only the English words quote it. Whoever came without a token is told that one is needed, not that it is wrong.
 */
export function said({ code, message, language, retry_seconds: seconds }) {
  const [bare, named] = [`said-${code}-bare`, `said-${code}-named`];
  const name = !token() && bare in words ? bare : language && named in words ? named : `said-${code}`;
  const values = { message, language: language && languageName(language), seconds: Math.ceil(seconds ?? 0) };
  return name in words ? word(name, values) : message;
}

/** Fill in the words of a part of the page. */
export function fill(root) {
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of root.querySelectorAll("[data-hint]")) element.placeholder = word(element.dataset.hint);
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
    element.title = word(element.dataset.label);
  }
}

/** The name of a spoken language in the interface's language. */
export function languageName(language) {
  try {
    return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(language);
  } catch {
    return language;
  }
}

/** Names one after the other, as the interface's language joins them; "" without any. */
export function listed(names) {
  return new Intl.ListFormat(document.documentElement.lang).format(names);
}

/** Tie a select to the choice of the interface language. */
export function bind(select, offered) {
  select.replaceChildren(...Object.entries(offered).map(([key, name]) => new Option(name, key)));
  select.value = code;
  select.addEventListener("change", () => choose(select.value));
}

function base(language) {
  return language.toLowerCase().split("-")[0];
}

function saved() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

async function json(path) {
  const answer = await fetch(new URL(`../${path}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

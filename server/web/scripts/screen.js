/**
 * Captions for a hall or over a video. In the address: `languages=floor,zh` one block each, `lines=2` of
 * each, `style=steady|fast|sentence`, `size=1.2`, `position=top|middle|bottom`, `box=yes` a dark ground
 * behind overlaid letters, `names=no` not who speaks. `/overlay` is transparent, for a browser source of a
 * streaming program.
 */

import { stayAwake } from "./awake.js";
import { FLOOR } from "./columns.js";
import { Listener } from "./listener.js";
import { Names } from "./names.js";
import { credentials, room } from "./place.js";
import { load, said } from "./words.js";

const PLACES = { top: "start", middle: "center", bottom: "end" };
/** Utterances that are kept above the lines that are seen. */
const KEPT = 8;

const options = new URLSearchParams(location.search);
const languages = (options.get("languages") ?? FLOOR).split(",").filter(Boolean);
const style = options.get("style") ?? "steady";
const names = new Names();
const overlaid = location.pathname.endsWith("/overlay");
/** Language → why it cannot be shown. */
const problems = new Map();
const root = document.documentElement;
root.style.setProperty("--lines", within(options.get("lines"), 1, 12, languages.length > 1 ? 2 : 3));
root.style.setProperty("--size", within(options.get("size"), 0.3, 4, 1));
root.style.setProperty("--position", PLACES[options.get("position")] ?? "end");
root.dataset.box = options.get("box") ?? "";
root.classList.toggle("overlay", overlaid);
document.body.classList.toggle("overlay", overlaid);

await load();
for (const language of languages) read(language);
stayAwake();

function read(language) {
  const lines = document.createElement("div");
  lines.className = "lines";
  lines.dir = "auto";
  if (language !== FLOOR) lines.lang = language;
  document.getElementById("screen").append(lines);
  new ResizeObserver(() => follow(lines)).observe(lines);
  const paragraphs = new Map();
  const listener = new Listener(room(), { language, style, ...credentials() });
  const show = ({ detail }) => write(lines, paragraphs, detail);
  listener.addEventListener("caption", show);
  listener.addEventListener("revision", show);
  listener.addEventListener("admitted", () => complain(language, ""));
  listener.addEventListener("room", ({ detail }) => names.learn(detail));
  listener.addEventListener("error", ({ detail }) => complain(language, said(detail)));
  listener.open();
}

/** Show what is wrong, "" nothing, but not to those who watch a video below. */
function complain(language, message) {
  problems.set(language, message);
  const told = new Set([...problems.values()].filter(Boolean));
  document.getElementById("problem").textContent = [...told].join(" ");
  document.getElementById("problem").hidden = overlaid || !told.size;
}

function write(lines, paragraphs, caption) {
  if (!paragraphs.has(caption.utterance)) {
    // What is corrected may be out of sight for long.
    if (paragraphs.size >= KEPT && caption.utterance < Math.min(...paragraphs.keys())) return;
    begin(lines, paragraphs, caption);
  }
  const { element, committed, tentative } = paragraphs.get(caption.utterance);
  if (caption.committed.startsWith(committed.textContent)) {
    committed.append(caption.committed.slice(committed.textContent.length));
  } else {
    committed.textContent = caption.committed;
  }
  tentative.textContent = caption.tentative;
  element.classList.toggle("final", caption.final);
  if (caption.final && !caption.committed) sign(element.nextElementSibling);
  follow(lines);
}

function follow(lines) {
  lines.scrollTop = lines.scrollHeight;
}

function begin(lines, paragraphs, caption) {
  const element = document.createElement("p");
  const [committed, tentative] = ["committed", "tentative"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    return part;
  });
  element.append(committed, tentative);
  element.lang = caption.language;
  element.dataset.by = caption.speaker ?? "";
  const next = Math.min(...[...paragraphs.keys()].filter((number) => number > caption.utterance));
  lines.insertBefore(element, paragraphs.get(next)?.element ?? null);
  sign(element);
  paragraphs.set(caption.utterance, { element, committed, tentative });
  if (paragraphs.size <= KEPT) return;
  const oldest = Math.min(...paragraphs.keys());
  paragraphs.get(oldest).element.remove();
  paragraphs.delete(oldest);
}

function sign(paragraph) {
  if (paragraph && options.get("names") !== "no") names.sign(paragraph);
}

function within(text, lowest, highest, otherwise) {
  const value = Number(text ?? otherwise);
  return Number.isFinite(value) ? Math.min(highest, Math.max(lowest, value)) : otherwise;
}

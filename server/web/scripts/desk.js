/** The operator's desk: what is said, who says it, how the languages keep up, and what to do about it. */

import { Columns, FLOOR } from "./columns.js";
import { Connection } from "./connection.js";
import { offer } from "./links.js";
import { look } from "./look.js";
import { credentials, room } from "./place.js";
import { save } from "./record.js";
import { Transcript, asCaption } from "./transcript.js";
import { languageName, said, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const transcript = new Transcript();
const spoken = new Map();
const translated = new Set();
/** Notices to do something about; of words that were withheld because nobody spoke nothing is said. */
const CONCERNS = new Set(["behind", "unsupported_language", "engine_failed", "refused", "draining", "idle", "too_long"]);
let names = null;
let columns = null;
let connection = null;
let event = null;
let state = { speakers: [], languages: [], terms: [], recorded: [], floor: "" };
let status = { speakers: [], languages: [], listeners: 0 };

async function prepare() {
  await look($("look"));
  columns = new Columns($("columns"));
  names = columns.names;
  columns.arrange([FLOOR]);
  columns.root.firstChild.classList.add("floor");
  connection = new Connection(`/v1/rooms/${room()}/desk`, () => ({ type: "operate", event, ...credentials() }));
  connection.addEventListener("state", ({ detail }) => show(detail === "open" ? "live" : detail));
  connection.addEventListener("message", ({ detail }) => receive(detail));
  connection.open();
  document.addEventListener("words", draw);
}

function receive(message) {
  if (message instanceof ArrayBuffer) return;
  event = message.event ?? event;
  switch (message.type) {
    case "caption":
      return hear(transcript.show(message));
    case "revision":
      return correct(transcript.revise(asCaption(message)));
    case "room":
      state = message;
      $("title").textContent = document.title = state.title || state.room;
      names.learn(state);
      enter();
      if (state.ended) finish("finished");
      return draw();
    case "status":
      status = message;
      return draw();
    case "notice":
      return notice(message);
    case "error":
      complain(said(message));
      $("records").classList.toggle("open", message.code === "room"); // they outlive the event
      return message.code === "overloaded" || finish("closed"); // else the connection asks again
  }
}

/** Show the desk, which is for those alone whom the server lets in. */
function enter() {
  if (document.body.classList.contains("inside")) return;
  document.body.classList.add("inside");
  offer(tell);
}

function notice(message) {
  if (message.code === "caught_up") complain("");
  if (CONCERNS.has(message.code)) complain(said(message));
}

/** The first language in which an utterance is shown is the one that was spoken. */
function hear(caption) {
  if (!spoken.has(caption.utterance)) spoken.set(caption.utterance, caption.language);
  const isSource = spoken.get(caption.utterance) === caption.language;
  if (isSource) columns.show(caption, FLOOR);
  else translated.add(caption.language);
  if (isSource && caption.final) reach(sentences().at(-1));
  if (caption.language === $("beside").value) columns.show(caption);
}

function correct(caption) {
  if (spoken.get(caption.utterance) === caption.language) columns.revise(caption, FLOOR);
  if (caption.language === $("beside").value) columns.revise(caption);
}

function beside() {
  const language = $("beside").value;
  columns.clear();
  columns.arrange(language ? [FLOOR, language] : [FLOOR]);
  columns.root.firstChild.classList.add("floor");
  for (const each of transcript.languages) for (const caption of transcript.in(each)) hear(caption);
}

function sentences() {
  return [...document.querySelectorAll(".floor p.final:not(:has(.committed:empty))")];
}

/** Let the keyboard reach this finished sentence: one of them is a stop of the Tab key. */
function reach(paragraph) {
  if (!paragraph || paragraph.contains(document.activeElement)) return;
  for (const each of sentences()) each.tabIndex = each === paragraph ? 0 : -1;
}

/** From sentence to sentence with the arrows, Enter to edit. */
function walk(pressed) {
  const paragraph = pressed.target.closest(".floor p.final");
  if (pressed.target !== paragraph) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[pressed.key];
  if (pressed.key === "Enter") edit(pressed);
  else if (step) {
    const all = sentences();
    const next = all[all.indexOf(paragraph) + step];
    reach(next);
    next?.focus();
  } else return;
  pressed.preventDefault();
}

/** Edit a finished sentence where it stands: Enter sends, Escape leaves it as it was. */
function edit({ target }) {
  const paragraph = target.closest(".floor p.final");
  if (!paragraph || paragraph.querySelector(".editor") || !getSelection().isCollapsed) return;
  const committed = paragraph.querySelector(".committed");
  const editor = document.createElement("textarea");
  editor.className = "editor";
  editor.value = committed.textContent;
  editor.setAttribute("aria-label", word("edit"));
  committed.hidden = true;
  paragraph.append(editor);
  const fit = () => {
    editor.style.height = "auto";
    editor.style.height = `${editor.scrollHeight}px`;
  };
  fit();
  editor.focus();
  let open = true;
  const close = (send) => {
    if (!open) return;
    open = false; // removing what has the focus blurs it
    const text = editor.value.trim();
    const kept = document.activeElement === editor;
    editor.remove();
    committed.hidden = false;
    if (kept) paragraph.focus();
    if (!send || !text || text === committed.textContent) return;
    connection.send({ type: "correct", utterance: Number(paragraph.dataset.utterance), text });
  };
  editor.addEventListener("input", fit);
  editor.addEventListener("blur", () => close(true));
  editor.addEventListener("keydown", (pressed) => {
    if (pressed.key === "Enter" && !pressed.isComposing) close(true);
    if (pressed.key === "Escape") close(false);
  });
}

/** Text that is selected in a caption is offered as a term: a double click to select, a click to add. */
function pick() {
  const editor = document.activeElement?.closest(".editor");
  const selected = getSelection(); // Firefox leaves out what is selected in fields
  const found = editor ? editor.value.slice(editor.selectionStart, editor.selectionEnd) : selected.toString();
  const text = found.trim();
  const column = (editor ?? selected.anchorNode?.parentElement)?.closest(".log")?.closest(".column");
  if (!text || text.length > 80 || !column) return;
  $("term").elements[column.classList.contains("floor") ? "source" : "target"].value = text;
}

function draw() {
  fill($("speakers"), state.speakers.map(speaker));
  $("nobody").hidden = state.speakers.length > 0;
  fill($("languages"), state.languages.map(language));
  fill($("terms"), state.terms.map(term));
  $("listeners").textContent = word("listeners", { count: status.listeners });
  const read = new Set([...state.languages.map((each) => each.language), ...translated]);
  options($("beside"), [["", word("none")], ...named(read)]);
  options($("record-language"), [[FLOOR, word("floor")], ...named(new Set([...read, ...state.recorded]))]);
  show($("state").dataset.state);
}

function speaker({ speaker, muted }) {
  // Each of several channels has a status of its own: s1.1, s1.2.
  const channels = status.speakers.filter((each) => each.speaker === speaker || each.speaker.startsWith(`${speaker}.`));
  const lag = Math.max(...channels.map((each) => each.lag));
  const holds = state.floor === speaker;
  const item = row(
    speaker,
    `${names.of(speaker)}${holds ? ` — ${word("has-the-floor")}` : ""}`,
    channels.length ? word("lag", { seconds: lag.toFixed(1) }) : "",
    [word(muted ? "unmute" : "mute"), () => connection.send({ type: "mute", speaker, muted: !muted })],
    [word(holds ? "take-the-floor" : "give-the-floor"), () => connection.send({ type: "hand", speaker: holds ? "" : speaker })],
  );
  item.querySelector(".grow").append(...channels.map(meter));
  return item;
}

/** How loud a speaker, or one of several channels, is. */
function meter({ speaker, level }) {
  const [whole, channel] = speaker.split(".");
  const element = Object.assign(document.createElement("meter"), { className: "level", low: 0.02 });
  element.value = Math.min(1, 3 * level);
  element.setAttribute("aria-label", `${names.of(whole, channel)}: ${word("level")}`);
  const label = document.createElement("label");
  label.className = "channel";
  label.append(channel ? names.of(whole, channel) : "", element);
  return label;
}

function language({ language, by }) {
  const known = status.languages.find((each) => each.language === language);
  const figures = known ? word("language-status", { listeners: known.listeners, seconds: known.lag.toFixed(1) }) : "";
  const item = row(
    language,
    languageName(language),
    `${word(`by-${by}`)} ${figures}`,
    [word(by === "paused" ? "go-on" : "pause"), () => connection.send({ type: "pause", language, paused: by !== "paused" })],
  );
  item.classList.toggle("unhealthy", known ? !known.healthy : false);
  return item;
}

function term({ source, target, language }) {
  const rest = state.terms.filter((each) => each.source !== source || each.target !== target);
  const text = `${source} → ${target}`;
  return row(`${text} ${language}`, text, language && languageName(language), [
    word("remove"),
    () => connection.send({ type: "terms", terms: rest }),
  ]);
}

function addTerm(submitted) {
  submitted.preventDefault();
  const { source, target } = $("term").elements;
  const added = { source: source.value.trim(), target: target.value.trim(), language: $("beside").value };
  const rest = state.terms.filter((each) => each.source !== added.source || each.language !== added.language);
  connection.send({ type: "terms", terms: [...rest, added] });
  $("term").reset();
}

/** A row of a list; `key` is what it is known by when the list is filled anew. */
function row(key, text, small, ...buttons) {
  const item = document.createElement("li");
  item.dataset.key = key;
  const name = document.createElement("span");
  const more = document.createElement("small");
  name.textContent = text;
  more.textContent = small ?? "";
  const grow = document.createElement("span");
  grow.className = "grow";
  grow.append(name, document.createElement("br"), more);
  item.append(grow, ...buttons.map(([label, act]) => button(label, act)));
  return item;
}

function button(label, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.act = act;
  element.addEventListener("click", () => element.act());
  return element;
}

/** Fill a list anew. Buttons that were there stay, lest a click or the keyboard fall between two of them. */
function fill(list, items) {
  const known = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const rows = items.map((item) => (known.has(item.dataset.key) ? renewed(known.get(item.dataset.key), item) : item));
  if (rows.length === list.children.length && rows.every((item, i) => item === list.children[i])) return;
  const focused = document.activeElement;
  list.replaceChildren(...rows);
  if (list.contains(focused)) focused.focus();
}

function renewed(item, newer) {
  item.className = newer.className;
  item.querySelector(".grow").replaceWith(newer.querySelector(".grow"));
  const [buttons, others] = [item, newer].map((each) => each.querySelectorAll("button"));
  buttons.forEach((each, i) => Object.assign(each, { textContent: others[i].textContent, act: others[i].act }));
  return item;
}

function named(codes) {
  return [...codes].map((code) => [code, languageName(code)]);
}

function options(select, pairs) {
  const text = JSON.stringify(pairs);
  if (select.dataset.filled === text) return;
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, name]) => new Option(name, value)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
  select.dataset.filled = text;
}

async function download() {
  const format = $("record").value;
  const language = $("record-language").value;
  $("record").value = "";
  await save(format, language).catch(tell);
}

function finish(name) {
  connection.close();
  show(name);
}

function show(name) {
  $("state").dataset.state = name;
  $("state").textContent = word(name === "offline" ? "state-away" : `state-${name}`);
}

function tell(error) {
  complain(error.message);
}

function complain(message) {
  $("problem").textContent = message;
  $("problem").hidden = !message;
}

$("columns").addEventListener("click", edit);
$("columns").addEventListener("keydown", walk);
document.addEventListener("selectionchange", pick);
$("beside").addEventListener("change", beside);
$("term").addEventListener("submit", addTerm);
$("record").addEventListener("change", download);
$("end").addEventListener("click", () => confirm(word("end-sure")) && connection.send({ type: "end" }));
await prepare();

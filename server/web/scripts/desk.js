/** The operator's desk: what is said, who says it, how the languages keep up, and what to do about it. */

import { Columns, FLOOR } from "./columns.js";
import { Connection } from "./connection.js";
import { Corrections } from "./corrections.js";
import { edit } from "./editor.js";
import { offer } from "./links.js";
import { button, fill, options, row } from "./lists.js";
import { look } from "./look.js";
import { heed } from "./notices.js";
import { credentials, room } from "./place.js";
import { calm, complain } from "./problem.js";
import { recorded, save } from "./record.js";
import { ask } from "./request.js";
import { Terms } from "./terms.js";
import { Transcript, asCaption } from "./transcript.js";
import { languageName, listed, said, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const transcript = new Transcript();
const spoken = new Map();
const translated = new Set();
const FINISHED = "p.final:not(:has(.committed:empty))";
let names = null;
let columns = null;
let connection = null;
let corrections = null;
let terms = null;
/** Languages that can be translated into. */
let offered = [];
let event = null;
/** The finished sentence that the Tab key reaches. */
let reachable = null;
let state = { speakers: [], languages: [], terms: [], recorded: [], floor: "" };
let status = { speakers: [], languages: [], listeners: 0 };

async function prepare() {
  await look($("look"));
  columns = new Columns($("columns"));
  names = columns.names;
  columns.arrange([FLOOR]);
  columns.root.firstChild.classList.add("floor");
  connection = new Connection(`/v1/rooms/${room()}/desk`, () => ({ type: "operate", event, ...credentials() }));
  corrections = new Corrections(connection);
  terms = new Terms($("term"), $("terms"), act);
  corrections.addEventListener("sent", ({ detail }) => sent(detail));
  connection.addEventListener("state", ({ detail }) => turn(detail));
  connection.addEventListener("message", ({ detail }) => receive(detail));
  draw();
  connection.open();
  document.addEventListener("words", draw);
}

async function offerLanguages() {
  const { translation } = await (await ask("/v1/languages")).json();
  offered = translation.map((pair) => pair.target);
  draw();
}

function turn(next) {
  if (next === "open") calm(); // what there was to say of the connection before
  show(next === "open" ? "live" : next);
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
      return draw();
    case "status":
      status = message;
      return draw();
    case "notice":
      return heed(message);
    case "done":
      return finish("finished");
    case "error":
      complain(() => said(message));
      if (message.code === "room") openRecords().catch(tell); // they outlive the event
      return message.code === "overloaded" || finish("closed"); // else the connection asks again
  }
}

/** Offer the record of an event that is over, in all the languages that it has. */
async function openRecords() {
  state.recorded = await recorded();
  draw();
  $("records").classList.add("open");
}

/** Show the desk, which is for those alone whom the server lets in. */
function enter() {
  if (document.body.classList.contains("inside")) return;
  document.body.classList.add("inside");
  offer(tell);
  offerLanguages().catch(tell);
}

/** Whether a caption is in the language that was spoken: that is the first in which an utterance is shown. */
function isSpoken({ utterance, language }) {
  if (!spoken.has(utterance)) spoken.set(utterance, language);
  return spoken.get(utterance) === language;
}

function hear(caption) {
  showAgain(caption);
  if (caption.final && isSpoken(caption)) reach(newest());
}

function showAgain(caption) {
  if (isSpoken(caption)) columns.show(caption, FLOOR);
  else translated.add(caption.language);
  if (caption.language === $("beside").value) columns.show(caption);
}

function correct(caption) {
  const isNew = !spoken.has(caption.utterance);
  if (isSpoken(caption)) columns.revise(caption, FLOOR);
  if (isNew) reach(newest());
  if (caption.language === $("beside").value) columns.revise(caption);
}

function beside() {
  const language = $("beside").value;
  columns.root.hidden = true; // else each caption is laid out on its own
  columns.clear();
  columns.arrange(language ? [FLOOR, language] : [FLOOR]);
  columns.root.firstChild.classList.add("floor");
  for (const each of transcript.languages) for (const caption of transcript.in(each)) showAgain(caption);
  columns.root.hidden = false;
  reach(newest());
  drawTerms();
}

/** The finished sentence before a paragraph, or after it. */
function finished(paragraph, side) {
  let found = paragraph;
  do found = found?.[side];
  while (found && !found.matches(FINISHED));
  return found;
}

/** The last finished sentence; the paragraphs after it, if any, are being said. */
function newest() {
  const last = document.querySelector(".floor .log").lastElementChild;
  return last?.matches(FINISHED) ? last : finished(last, "previousElementSibling");
}

/** Let the keyboard reach this finished sentence: one of them is a stop of the Tab key. */
function reach(paragraph) {
  if (!paragraph || paragraph.contains(document.activeElement)) return;
  if (reachable) reachable.tabIndex = -1;
  paragraph.tabIndex = 0;
  reachable = paragraph;
}

/** From sentence to sentence with the arrows, Enter to edit. */
function walk(pressed) {
  const paragraph = pressed.target.closest(".floor p.final");
  if (pressed.target !== paragraph) return;
  const side = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[pressed.key];
  if (pressed.key === "Enter") correctHere(pressed);
  else if (side) {
    const next = finished(paragraph, side);
    reach(next);
    next?.focus();
  } else return;
  pressed.preventDefault();
}

function correctHere({ target }) {
  const paragraph = target.closest(".floor p.final");
  if (!paragraph || paragraph.querySelector(".editor") || !getSelection().isCollapsed) return;
  reach(paragraph); // the keyboard goes on from there
  const utterance = Number(paragraph.dataset.utterance);
  const send = (text) => corrections.send(utterance, text) || missed("problem-kept");
  edit(paragraph, send, () => corrections.drop(utterance));
}

/** Close the editor of a correction that had to wait. */
function sent(utterance) {
  document.querySelector(`.floor p[data-utterance="${utterance}"] .editor`)?.dispatchEvent(new Event("sent"));
}

/** Do what is meant for this moment, and would be wrong ten minutes later; tells whether it went out. */
function act(message) {
  return connection.send(message) || missed("problem-undone");
}

function missed(name) {
  if (!connection.isClosed) complain(() => word(name)); // else the page says what ended it
  return false;
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
  $("listeners").textContent = word("listeners", { count: status.listeners });
  const read = new Set([...state.languages.map((each) => each.language), ...translated]);
  options($("beside"), [["", word("none")], ...named(read)]);
  options($("record-language"), [[FLOOR, word("floor")], ...named(new Set([...read, ...state.recorded]))]);
  drawTerms();
  show($("state").dataset.state);
}

function drawTerms() {
  const known = state.languages.map((each) => each.language);
  const usual = $("beside").value || (known.length === 1 ? known[0] : "");
  terms.draw(state.terms, [...new Set([...known, ...translated, ...offered])], usual);
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
    [word(muted ? "unmute" : "mute"), () => act({ type: "mute", speaker, muted: !muted })],
    [word(holds ? "take-the-floor" : "give-the-floor"), () => act({ type: "hand", speaker: holds ? "" : speaker })],
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

function language({ language, by, interpreters = [] }) {
  const names = by === "booth" ? listed(interpreters.map(({ name }) => name).filter(Boolean)) : "";
  const known = status.languages.find((each) => each.language === language);
  const figures = known ? word("language-status", { listeners: known.listeners, seconds: known.lag.toFixed(1) }) : "";
  const item = row(
    language,
    languageName(language),
    `${names ? word("by-names", { names }) : word(`by-${by}`)} ${figures}`,
    [word(by === "paused" ? "go-on" : "pause"), () => act({ type: "pause", language, paused: by !== "paused" })],
  );
  item.classList.toggle("unhealthy", known ? !known.healthy : false);
  return item;
}

function named(codes) {
  return [...codes].map((code) => [code, languageName(code)]);
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
  complain(() => error.message);
}

$("columns").addEventListener("click", correctHere);
$("columns").addEventListener("keydown", walk);
document.addEventListener("selectionchange", pick);
$("beside").addEventListener("change", beside);
$("record").addEventListener("change", download);
$("end").addEventListener("click", () => confirm(word("end-sure")) && act({ type: "end" }));
await prepare();

/** An interpreter's page: read the floor, take a language from the machine, by voice or by typing, and give it back. */

import { stayAwake } from "./awake.js";
import { Columns, FLOOR } from "./columns.js";
import { Interpreter } from "./interpreter.js";
import { Listener } from "./listener.js";
import { fill, options, row } from "./lists.js";
import { look } from "./look.js";
import { heed } from "./notices.js";
import { credentials, room } from "./place.js";
import { calm, complain } from "./problem.js";
import { ask } from "./request.js";
import { Sound, microphones, trouble } from "./sound.js";
import { current, languageName, listed, said, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
/** The choice of a microphone where the browser does not name them yet. */
const ANY = "any";
/** Samples a second, as said by those who send none. */
const USUAL_RATE = 16_000;

let settings = null;
let columns = null;
let offer = { recognition: [], translation: [] };
let state = { languages: [] };
/** Captions of what is spoken, and of the language. */
let floor = null;
let reading = null;
let followed = "connecting";
/** Our place in the booth; null: the language is not ours. */
let interpreter = null;
/** Places that we have, or had, in the booth. */
const ours = new Set();
let devices = [];
let sound = null;
let isMuted = false;
/** The browser gives no sound for the moment. */
let isHalted = false;

async function prepare() {
  settings = await look($("look"));
  try {
    offer = await (await ask("/v1/languages")).json();
  } catch (error) {
    follow("closed");
    return complain(() => error.message);
  }
  $("name").value = address.get("name") ?? "";
  columns = new Columns($("columns"));
  floor = listen(FLOOR);
  floor.addEventListener("state", ({ detail }) => follow(detail === "open" ? "live" : detail));
  floor.addEventListener("room", ({ detail }) => introduce(detail));
  floor.addEventListener("ended", finish);
  floor.addEventListener("error", ({ detail }) => complain(() => said(detail)));
  settings.addEventListener("change", () => {
    for (const each of [floor, reading]) each?.change(wanted(each.wanted.language));
  });
  document.addEventListener("words", draw);
  navigator.mediaDevices?.addEventListener?.("devicechange", find);
  addEventListener("pagehide", () => interpreter?.finish()); // the machine need not wait for who has gone
  floor.open();
  stayAwake();
}

function listen(language) {
  const listener = new Listener(room(), wanted(language));
  listener.addEventListener("caption", ({ detail }) => columns.show(detail, language));
  listener.addEventListener("revision", ({ detail }) => columns.revise(detail, language));
  listener.addEventListener("admitted", calm);
  return listener;
}

function wanted(language) {
  return { language, style: settings.get("style"), ...credentials() };
}

/** Show how the room is. The first time says that we are let in, and into what. */
function introduce(next) {
  state = next;
  $("title").textContent = document.title = state.title || room();
  columns.names.learn(state);
  if ($("console").hidden) enter();
  else if (!reading && provided()) read();
  draw();
}

function enter() {
  offerLanguages();
  $("language").value = beginning();
  $("console").hidden = false;
  arrange();
  read();
  find();
}

function offerLanguages() {
  const there = state.languages.map(({ language }) => language);
  const codes = [asked(), ...there, ...offer.translation.map(({ target }) => target), ...offer.recognition];
  options($("language"), [...new Set(codes)].filter(Boolean).map((code) => [code, languageName(code)]));
}

/** The language to begin with: that of the address, else the reader's own, else the first that is not spoken. */
function beginning() {
  const others = [...$("language").options].map(({ value }) => value).filter((code) => code !== state.source);
  return asked() || (others.includes(current()) ? current() : (others[0] ?? state.source));
}

/** The language in the address, by the code that the server has for it. */
function asked() {
  try {
    return new Intl.Locale(address.get("language")).language;
  } catch {
    return "";
  }
}

function language() {
  return $("language").value;
}

function isRecognised() {
  return offer.recognition.includes(language());
}

/** Who provides the language, as the room says it; undefined: nobody. */
function provided() {
  return state.languages.find((each) => each.language === language());
}

/** What is spoken, which the interpreter needs read aloud, beside what becomes of it. */
function arrange() {
  columns.clear();
  columns.arrange([FLOOR, language()], FLOOR);
  for (const each of floor.transcript.languages) {
    for (const caption of floor.transcript.in(each)) columns.show(caption, FLOOR);
  }
}

/** Read the language; where the machine cannot give it, as soon as somebody does. */
function read() {
  const listener = (reading = listen(language()));
  listener.addEventListener("error", ({ detail }) => {
    if (detail.code !== "unsupported_language") complain(() => said(detail));
    if (detail.code !== "overloaded" && listener === reading) reading = null; // else it asks again
  });
  listener.open();
}

async function change() {
  reading?.close();
  address.set("language", language());
  history.replaceState(null, "", `?${address}${location.hash}`);
  if (!isRecognised()) await silence();
  arrange();
  read();
  draw();
}

/**
 * Take a place in the booth. One that we have, for another microphone, is left when the new one is ours: the
 * machine must not step in between.
 */
function take() {
  const before = interpreter;
  const next = (interpreter = new Interpreter(room(), {
    language: language(),
    sample_rate: sound?.rate ?? USUAL_RATE,
    name: $("name").value.trim(),
    ...credentials(),
  }));
  next.addEventListener("ready", ({ detail }) => {
    ours.add(detail.speaker);
    before?.finish();
    draw();
  });
  next.addEventListener("state", draw);
  next.addEventListener("lines", draw);
  next.addEventListener("notice", ({ detail }) => heed(detail));
  next.addEventListener("lost", ({ detail }) => complain(() => word("problem-lost", { seconds: Math.ceil(detail) })));
  next.addEventListener("done", () => leave(next));
  next.addEventListener("error", ({ detail }) => {
    complain(() => said(detail));
    leave(next, before);
  });
  next.open();
}

/** A place in the booth is ours no more; where one before it is, that goes on. */
function leave(place, before = null) {
  if (place !== interpreter) return;
  interpreter = before?.connection.isClosed === false ? before : null;
  if (interpreter) silence(); // whose microphone was another one
  draw();
}

function toggle() {
  calm();
  if (interpreter) interpreter.finish();
  else take();
  draw();
  if (interpreter && !sound) $("text").focus();
}

async function find() {
  devices = await microphones();
  draw();
}

/** Hear the microphone that is chosen, or none; it can be tried before the language is taken. */
async function hear() {
  const device = $("device").value;
  calm();
  $("device").disabled = true;
  await silence();
  $("device").value = device;
  if (device) await open(device === ANY ? "" : device).catch((error) => silence().then(() => complain(() => trouble(error))));
  $("device").disabled = false;
  await find(); // their names are known once one has been allowed
  if (sound?.device) $("device").value = sound.device;
  if (document.activeElement === document.body) $("device").focus(); // what is disabled loses it
}

async function open(device) {
  const opening = new Sound(give, unplug, halt);
  try {
    await opening.open("microphone", { device });
  } catch (error) {
    await opening.close();
    throw error;
  }
  sound = opening;
  if (interpreter && !interpreter.isFinished) take(); // another microphone may have another rate
  await sound.start();
}

/** Hear no microphone any more. */
async function silence() {
  const closing = sound;
  sound = null;
  isHalted = false;
  $("device").value = "";
  await closing?.close();
  draw();
}

/** Silence is sent as well, lest time stand still for what is said after it. */
function give(samples, level) {
  $("level").value = isMuted ? 0 : Math.min(1, 3 * level);
  if (interpreter && !interpreter.isFinished) interpreter.push(isMuted ? new Int16Array(samples.length) : samples);
}

async function unplug() {
  if (!sound) return;
  await silence();
  complain(() => word("problem-unplugged"));
}

function halt(halted) {
  isHalted = halted;
  draw();
}

function mute() {
  isMuted = !isMuted;
  draw();
}

function type(submitted) {
  submitted.preventDefault();
  const text = $("text").value.trim();
  if (text) interpreter.type(text);
  $("text").value = "";
}

/** The event is over. */
async function finish() {
  $("console").hidden = true;
  reading?.close();
  follow("finished");
  await silence();
}

function follow(next) {
  followed = next;
  draw();
}

function draw() {
  const isOurs = interpreter !== null;
  const isLeaving = Boolean(interpreter?.isFinished);
  const named = { language: languageName(language()) };
  offerLanguages();
  offerDevices();
  $("into").hidden = $("called").hidden = isOurs;
  $("take").textContent = word(isOurs ? "give-back" : "take-language", named);
  $("take").disabled = isLeaving;
  $("take").classList.toggle("main", !isOurs);
  $("heard").hidden = !sound;
  $("mute").textContent = word(isMuted ? "unmute" : "mute");
  $("mute").classList.toggle("muted", isMuted);
  $("text").disabled = !isOurs || isLeaving;
  $("send").disabled = $("text").disabled || isPaused(); // a line may be written meanwhile, and sent later
  $("text").placeholder = $("text").ariaLabel = word(isOurs ? "type-line" : "type-later", named);
  $("text").lang = language();
  $("from").textContent = source(named);
  $("not-heard").textContent = isRecognised() || isPaused() ? "" : word("not-heard", named);
  drawUnsent();
  drawState();
}

function offerDevices() {
  $("devices").hidden = !isRecognised();
  const known = devices.map(({ deviceId, label }, i) => [deviceId, label || `${word("microphone")} ${i + 1}`]);
  options($("device"), [["", word("no-microphone")], ...(known.length ? known : [[ANY, word("microphone")]])]);
}

/** The operator lets the language rest: what is said or typed here is shown to nobody. */
function isPaused() {
  return provided()?.by === "paused";
}

/** Say who gives the language. */
function source(named) {
  const { by, interpreters = [] } = provided() ?? {};
  const others = interpreters.filter(({ speaker }) => !ours.has(speaker));
  const names = listed(others.map(({ name }) => name || word("an-interpreter")));
  if (isPaused()) return word("from-paused", named);
  if (interpreter) return word(names ? "from-you-and-others" : "from-you", { ...named, names });
  if (by === "booth" && !names) return word("from-you", named); // it is being given back
  return word(`from-${by ?? "nobody"}`, { ...named, names });
}

/** Show the lines that wait for a connection. */
function drawUnsent() {
  const waits = ["connecting", "reconnecting", "offline"].includes(interpreter?.state);
  const lines = waits ? interpreter.lines : [];
  $("unsent").hidden = !lines.length;
  fill($("lines"), lines.map((line, i) => row(`${i} ${line}`, line)));
}

function drawState() {
  const told = interpreter && (interpreter.state || "connecting");
  const heard = isHalted && told === "listening" ? "unplugged" : told;
  const given = isPaused() ? "paused" : "interpreting";
  const shown = heard === "listening" ? given : (heard ?? followed);
  const away = !interpreter && shown === "offline"; // then nothing is kept
  $("state").dataset.state = shown;
  $("state").textContent = word(away ? "state-away" : `state-${shown}`);
}

$("language").addEventListener("change", change);
$("device").addEventListener("change", hear);
$("mute").addEventListener("click", mute);
$("take").addEventListener("click", toggle);
$("line").addEventListener("submit", type);
await prepare();

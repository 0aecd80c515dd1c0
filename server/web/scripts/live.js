/** The page of one speaker: choose the sound and the languages, start, read. */

import { stayAwake } from "./awake.js";
import { copy } from "./clipboard.js";
import { Columns } from "./columns.js";
import { look } from "./look.js";
import { heed } from "./notices.js";
import { authorization, credentials, room } from "./place.js";
import { calm, complain } from "./problem.js";
import { save } from "./record.js";
import { ask } from "./request.js";
import { Sound, microphones, sharesSound, trouble } from "./sound.js";
import { Speaker } from "./speaker.js";
import { Transcript, asCaption } from "./transcript.js";
import { current, languageName, said, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const KEY = "dragoman.session";
let transcript = new Transcript();
let columns = new Columns($("columns"));
let sound = null;
let speaker = null;
let translated = [];
/** The browser gives no sound for the moment. */
let halted = false;
let offer = { recognition: [], translation: [] };
/** What the room says is spoken; "auto": nothing. */
let usual = "auto";

async function prepare() {
  await look($("look"));
  $("translations").hidden = Boolean(room());
  $("called").hidden = !room();
  $("setup").elements.name.value = new URLSearchParams(location.search).get("name") ?? remembered().name ?? "";
  $("tab").hidden = !sharesSound();
  try {
    offer = await (await ask("/v1/languages")).json();
    if (room()) introduce(await (await ask(`/v1/rooms/${room()}`, { headers: authorization() })).json());
  } catch (error) {
    show("closed");
    return complain(() => error.message);
  }
  show("idle");
  fillLanguages();
  document.addEventListener("words", () => {
    fillLanguages();
    show($("state").dataset.state);
  });
  await fillDevices();
  $("setup").hidden = false; // not before, lest what is clicked moves away
  navigator.mediaDevices?.addEventListener?.("devicechange", fillDevices);
}

function introduce({ title, source }) {
  usual = source;
  $("title").className = "title"; // there is room for it on a phone too
  $("title").textContent = document.title = title || room();
}

function fillLanguages() {
  const chosen = remembered();
  const source = $("setup").elements.source;
  const kept = source.value || (usual === "auto" ? chosen.source : usual) || "auto";
  const automatic = usual === "auto" ? word("automatic") : word("as-the-room", { language: languageName(usual) });
  const heard = offer.recognition.map((code) => [languageName(code), code]);
  source.replaceChildren(new Option(automatic, "auto"), ...heard.map(([name, code]) => new Option(name, code)));
  source.value = ["auto", ...offer.recognition].includes(kept) ? kept : "auto";
  const wanted = new Set(targets().length ? targets() : (chosen.targets ?? [current() === "zh" ? "en" : "zh"]));
  $("targets").replaceChildren(...reachable(source.value).map((code) => choice(code, wanted.has(code))));
}

/** The languages that can be translated into from a language, or from any. */
function reachable(source) {
  const pairs = offer.translation.filter((pair) => source === "auto" || pair.source === source);
  return [...new Set(pairs.map((pair) => pair.target))];
}

function choice(code, checked) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", name: "target", value: code, checked });
  label.className = "choice";
  label.append(box, languageName(code));
  return label;
}

function targets() {
  return [...$("targets").querySelectorAll(":checked")].map((box) => box.value);
}

async function fillDevices() {
  const found = await microphones();
  const select = $("setup").elements.device;
  const kept = select.value;
  select.replaceChildren(...found.map((device, i) => new Option(device.label || `${i + 1}`, device.deviceId)));
  if (found.some(({ deviceId }) => deviceId === kept)) select.value = kept;
  $("devices").hidden = found.length < 2 || kind() !== "microphone";
}

function kind() {
  return $("setup").elements.kind.value;
}

async function begin(event) {
  event.preventDefault();
  const { source, device, file, name } = $("setup").elements;
  if (kind() === "file" && !file.files.length) return complain(() => word("problem-file"));
  calm();
  const tried = kind();
  const wanted = { source: source.value, ...(room() ? { name: name.value.trim() } : { targets: targets() }) };
  remember(wanted);
  $("setup").querySelector(".main").disabled = true;
  try {
    show("asking");
    halted = false;
    sound = new Sound(hear, end, halt);
    await sound.open(tried, { device: device.value, file: file.files[0] });
    open(wanted);
    await sound.start();
    stayAwake();
  } catch (error) {
    await sound?.close();
    speaker?.close();
    again();
    complain(() => problem(tried, error));
  } finally {
    $("setup").querySelector(".main").disabled = false;
  }
}

function open(wanted) {
  transcript = new Transcript();
  columns = new Columns($("columns"));
  columns.arrange([...(wanted.source === "auto" ? [] : [wanted.source]), ...(wanted.targets ?? [])]);
  const path = room() ? `/v1/rooms/${room()}/floor` : "/v1/live";
  speaker = new Speaker(path, { ...wanted, encoding: "pcm_s16le", sample_rate: sound.rate, ...credentials() });
  speaker.addEventListener("state", ({ detail }) => show(detail));
  speaker.addEventListener("caption", ({ detail }) => hearBack(transcript.show(detail)));
  speaker.addEventListener("revision", ({ detail }) => columns.revise(transcript.revise(asCaption(detail))));
  speaker.addEventListener("ready", ({ detail }) => follow(detail.targets));
  speaker.addEventListener("translating", ({ detail }) => follow(detail.targets));
  speaker.addEventListener("notice", ({ detail }) => note(detail));
  speaker.addEventListener("room", ({ detail }) => introduce(detail));
  speaker.addEventListener("lost", ({ detail }) => complain(() => word("problem-lost", { seconds: Math.ceil(detail) })));
  speaker.addEventListener("error", ({ detail }) => fail(detail));
  speaker.addEventListener("done", () => stop().then(() => finished()));
  translated = wanted.targets ?? [];
  $("chosen").append($("targets"));
  $("choose").hidden = Boolean(room());
  speaker.open();
  fillDownloads();
  $("setup").hidden = true;
  $("columns").hidden = $("tools").hidden = $("level").hidden = $("stop").hidden = false;
  $("again").hidden = true;
}

/** Show or hide the choice of languages. */
function unfold(open) {
  $("chosen").hidden = !open;
  $("choose").ariaExpanded = String(open);
}

/** Show the languages that are translated into now; what was said in others is kept. */
function follow(targets) {
  if (room() || String(targets) === String(translated)) return;
  const spoken = columns.shown.filter((code) => !translated.includes(code));
  translated = targets;
  columns.arrange([...spoken, ...targets.filter((code) => !spoken.includes(code))]);
  fillDownloads();
}

function note(notice) {
  heed(notice);
  if (notice.code !== "refused") return;
  for (const box of $("targets").querySelectorAll("input")) box.checked = translated.includes(box.value);
}

/** Show a caption; a language that is new can be downloaded too. */
function hearBack(caption) {
  columns.show(caption);
  if ($("download-language").options.length <= columns.languages.length) fillDownloads();
}

function fillDownloads() {
  const select = $("download-language");
  const kept = select.value;
  const named = columns.languages.map((code) => new Option(languageName(code), code));
  select.replaceChildren(select.options[0], ...named);
  select.value = columns.languages.includes(kept) ? kept : "";
}

/** Download what is finished: in one language, or a file for each; and for each session. */
async function download() {
  const format = $("download").value;
  const language = $("download-language").value;
  $("download").value = "";
  const each = language ? [language] : format === "bilingual" ? ["floor"] : columns.languages;
  const sessions = room() ? [""] : speaker.tokens;
  for (const [one, token] of each.flatMap((one) => sessions.map((token) => [one, token]))) {
    await save(format, one, token).catch((error) => complain(() => error.message));
  }
}

function hear(samples, level) {
  speaker?.push(samples);
  $("level").value = Math.min(1, 3 * level);
}

function halt(isHalted) {
  halted = isHalted;
  show(speaker.state);
}

async function end(reason) {
  if (!sound) return;
  if (reason === "unplugged") complain(() => word("problem-unplugged"));
  await stop();
}

async function stop() {
  const closing = sound;
  sound = null;
  halted = false;
  await closing?.close();
  $("level").hidden = $("stop").hidden = true;
  speaker?.finish();
}

async function fail(error) {
  await stop();
  finished("closed");
  complain(() => said(error));
}

function finished(state = "finished") {
  show(state);
  $("again").hidden = false;
  $("choose").hidden = true;
  unfold(false);
}

function again() {
  $("translations").append($("targets"));
  $("setup").hidden = false;
  $("columns").hidden = $("tools").hidden = true;
  show("idle");
  fillDevices(); // their names are known once one has been allowed
}

function show(state) {
  const shown = halted && state === "listening" ? "unplugged" : state;
  $("state").dataset.state = shown;
  $("state").textContent = word(`state-${shown}`);
}

function problem(tried, error) {
  return tried === "tab" && error.name === "NotAllowedError" ? word("problem-unshared") : trouble(error);
}

function text() {
  return columns.languages.map((language) => transcript.committed(language).join("\n")).join("\n\n");
}

function find() {
  const found = columns.find($("search").value.trim());
  $("found").value = $("search").value ? word("found", { count: found.length }) : "";
  found[0]?.startContainer.parentElement.scrollIntoView({ block: "center" });
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function remember(wanted) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...remembered(), ...wanted }));
  } catch {
    // Nothing is remembered where storage is forbidden.
  }
}

$("setup").addEventListener("submit", begin);
$("targets").addEventListener("change", () => {
  if ($("targets").parentElement !== $("chosen")) return;
  calm();
  remember({ targets: targets() });
  speaker.translate(targets());
});
$("setup").elements.source.addEventListener("change", fillLanguages);
$("setup").addEventListener("change", ({ target }) => {
  if (target.name !== "kind") return;
  for (const part of $("setup").querySelectorAll(".more")) part.hidden = part.dataset.for !== kind();
  fillDevices();
});
$("choose").addEventListener("click", () => unfold($("chosen").hidden));
$("stop").addEventListener("click", stop);
$("again").addEventListener("click", again);
$("copy").addEventListener("click", () => copy(text(), $("copy")));
$("download").addEventListener("change", download);
$("search").addEventListener("input", find);
await prepare();

/** A listener's page: one language of a room, on a phone in the third row. */

import { stayAwake } from "./awake.js";
import { copy } from "./clipboard.js";
import { Columns, FLOOR } from "./columns.js";
import { Listener } from "./listener.js";
import { look } from "./look.js";
import { credentials, room } from "./place.js";
import { calm, complain } from "./problem.js";
import { ask } from "./request.js";
import { Voice } from "./voice.js";
import { current, languageName, said, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const KEY = `dragoman.room.${room()}`;
let listener = null;
let columns = null;
let voice = null;
let settings = null;
let state = { speak: [], languages: [] };
/** How the connection is. */
let followed = "connecting";

async function prepare() {
  settings = await look($("look"));
  let offer = null;
  try {
    offer = await (await ask("/v1/languages")).json();
  } catch (error) {
    show("closed");
    return complain(() => error.message);
  }
  const targets = [...new Set(offer.translation.map((pair) => pair.target))];
  const fillLanguages = () => {
    const chosen = $("language").value || remembered() || (targets.includes(current()) ? current() : FLOOR);
    const options = targets.map((code) => new Option(languageName(code), code));
    $("language").replaceChildren(new Option(word("floor"), FLOOR), ...options);
    $("language").value = chosen;
  };
  fillLanguages();
  document.addEventListener("words", () => {
    fillLanguages();
    draw();
  });
  columns = new Columns($("columns"));
  columns.arrange([$("language").value]);
  listener = new Listener(room(), wanted());
  listener.addEventListener("state", ({ detail }) => show(detail === "open" ? "listening" : detail));
  listener.addEventListener("caption", ({ detail }) => columns.show(detail, $("language").value));
  listener.addEventListener("revision", ({ detail }) => columns.revise(detail, $("language").value));
  listener.addEventListener("admitted", calm);
  listener.addEventListener("room", ({ detail }) => introduce(detail));
  listener.addEventListener("speech", ({ detail }) => voice?.say(detail.samples, detail.message.sample_rate));
  listener.addEventListener("ended", () => show("finished"));
  listener.addEventListener("error", ({ detail }) => complain(() => said(detail)));
  listener.open();
  settings.addEventListener("change", () => listener.change(wanted()));
  stayAwake();
}

function wanted() {
  const speech = $("speech").checked;
  return { language: $("language").value, style: settings.get("style"), speech, ...credentials() };
}

function introduce(next) {
  state = next;
  $("title").textContent = document.title = state.title || room();
  if (isPaused()) voice?.catchUp();
  offerVoice();
  draw();
  columns.names.learn(state);
}

function change() {
  if ($("language").value === listener.wanted.language) return;
  remember($("language").value);
  columns.clear();
  columns.arrange([$("language").value]);
  voice?.catchUp();
  offerVoice();
  draw();
  listener.change(wanted());
}

/** Offer to hear what the room speaks, and nothing else. */
function offerVoice() {
  const spoken = state.speak.includes($("language").value);
  $("hear").hidden = !spoken;
  $("voice").hidden = !spoken || !voice;
}

function hear() {
  voice?.close();
  voice = $("speech").checked ? new Voice() : null;
  if (voice) voice.volume = Number($("volume").value);
  offerVoice();
  listener.change(wanted());
}

/** The operator lets the language rest: there is nothing to read or to hear. */
function isPaused() {
  return state.languages.some(({ language, by }) => by === "paused" && language === $("language").value);
}

function show(next) {
  followed = next;
  draw();
}

function draw() {
  const shown = followed === "listening" && isPaused() ? "paused" : followed;
  $("state").dataset.state = shown;
  $("state").textContent = word({ listening: "state-live", offline: "state-away" }[shown] ?? `state-${shown}`);
}

function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(language) {
  try {
    sessionStorage.setItem(KEY, language);
  } catch {
    // Without storage the page begins with the interface's language again.
  }
}

$("language").addEventListener("change", change);
$("speech").addEventListener("change", hear);
$("volume").addEventListener("input", () => voice && (voice.volume = Number($("volume").value)));
$("catch-up").addEventListener("click", () => voice?.catchUp());
$("copy").addEventListener("click", () => {
  const { language } = listener.wanted;
  const texts = language === FLOOR ? listener.transcript.languages.flatMap((l) => listener.transcript.in(l)) : listener.transcript.in(language);
  const ordered = texts.sort((a, b) => a.utterance - b.utterance).map((caption) => caption.committed);
  copy(ordered.join("\n"), $("copy"));
});
await prepare();

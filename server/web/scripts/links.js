/**
 * Links for other people. Each is issued when it is asked for and holds as long as the operator has chosen:
 * a poster is printed the evening before.
 */

import { copy } from "./clipboard.js";
import { authorization, credentials, link, room } from "./place.js";
import { ask } from "./request.js";
import { fill, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const PAGES = {
  "": "for-listeners",
  floor: "for-speakers",
  booth: "for-interpreters",
  screen: "for-the-hall",
  overlay: "for-video",
};
const ROLES = { "": "listener", floor: "speaker", booth: "interpreter", screen: "listener", overlay: "listener" };
/** How long links may hold; the last is the most that the server issues. */
const PERIODS = [[12, "hour"], [2, "day"], [7, "day"], [30, "day"]];
const SECONDS = { hour: 3_600, day: 86_400 };
const USUAL = "172800";
const LOOPBACK = /^(localhost|127\..*|\[::1\])$/;

/** Offer the links of the room's pages; `tell` is told what fails. */
export function offer(tell) {
  $("holding").hidden = !credentials().token;
  offerPeriods();
  document.addEventListener("words", offerPeriods);
  $("links").append(...Object.entries(PAGES).map(([page, name]) => row(page, name, tell)));
  $("poster-copy").addEventListener("click", () => copy($("poster-link").href, $("poster-copy")));
  $("poster-print").addEventListener("click", () => print());
}

function offerPeriods() {
  const chosen = $("holds").value || USUAL;
  $("until").textContent = ""; // it is in the language before
  const named = (count, unit) =>
    new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
  $("holds").replaceChildren(...PERIODS.map(([count, unit]) => new Option(named(count, unit), count * SECONDS[unit])));
  $("holds").value = chosen;
}

function row(page, name, tell) {
  const acts = {
    [name]: ({ address }) => open(address, "_blank", "noreferrer"),
    copy: ({ address }, button) => copy(address, button),
    code: (issued) => exhibit(name, issued),
  };
  const item = document.createElement("li");
  for (const [key, act] of Object.entries(acts)) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.dataset.word = key;
    button.addEventListener("click", () => issue(page).then((issued) => act(issued, button)).catch(tell));
    item.append(button);
  }
  item.firstChild.className = "grow plain";
  fill(item);
  return item;
}

/** Issue a link: its address, and until when it holds, "" where the server needs no token. */
async function issue(page) {
  if (!credentials().token) return { address: link(page), until: "" };
  const answer = await ask(`/v1/rooms/${room()}/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...authorization() },
    body: JSON.stringify({ role: ROLES[page], seconds: Number($("holds").value) }),
  });
  const { token, expires } = await answer.json();
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "short" });
  const until = word("holds-until", { time: format.format(1_000 * expires) });
  $("until").textContent = until; // our own token may end sooner than what was chosen
  return { address: link(page, token), until };
}

/** Show a link large, as a QR code too: to be scanned from this screen, or printed. */
async function exhibit(name, { address, until }) {
  $("poster-title").textContent = document.title;
  $("poster-for").textContent = word(name);
  $("poster-link").textContent = $("poster-link").href = address;
  $("poster-until").textContent = until;
  $("local").hidden = !LOOPBACK.test(location.hostname);
  $("code").alt = word("code-of", { page: word(name) });
  $("code").src = await code(address);
  $("poster").showModal();
}

/** The QR code of a link, as the source of an image. */
async function code(address) {
  const answer = await ask("/web/code.svg", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ link: address }),
  });
  return `data:image/svg+xml,${encodeURIComponent(await answer.text())}`;
}

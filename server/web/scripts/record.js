/** Records taken away as files: asked of the server, and called as it calls them. */

import { authorization, room } from "./place.js";
import { ask } from "./request.js";

/** Save a record; `language` may be "floor", what was spoken; `token` is that of a session outside of rooms. */
export async function save(format, language, token = "") {
  const answer = await record({ format, language }, token);
  const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"));
  const place = URL.createObjectURL(await answer.blob());
  Object.assign(document.createElement("a"), { href: place, download: name }).click();
  URL.revokeObjectURL(place);
}

/** The languages into which the record of the room has translations. */
export async function recorded() {
  const { utterances } = await (await record({ format: "json" })).json();
  return [...new Set(utterances.flatMap(({ translations }) => Object.keys(translations)))];
}

function record(wanted, token = "") {
  const address = room() ? `/v1/rooms/${encodeURIComponent(room())}/record` : "/v1/live/record";
  const headers = { ...authorization(), ...(room() ? {} : { "Dragoman-Session": token }) };
  return ask(`${address}?${new URLSearchParams(wanted)}`, { headers });
}

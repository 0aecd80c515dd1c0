/** Records taken away as files: asked of the server, and called as it calls them. */

import { authorization, room } from "./place.js";
import { ask } from "./request.js";

/** Save a record; `language` may be "floor", what was spoken; `token` is that of a session outside of rooms. */
export async function save(format, language, token = "") {
  const address = room() ? `/v1/rooms/${encodeURIComponent(room())}/record` : "/v1/live/record";
  const headers = { ...authorization(), ...(room() ? {} : { "Dragoman-Session": token }) };
  const answer = await ask(`${address}?${new URLSearchParams({ format, language })}`, { headers });
  const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"));
  const place = URL.createObjectURL(await answer.blob());
  Object.assign(document.createElement("a"), { href: place, download: name }).click();
  URL.revokeObjectURL(place);
}

/** Where a page is: the room in its path, the token in its fragment, links to the room's other pages. */

/** The room's name, or "" on the page of a single speaker. */
export function room() {
  const [, first, name] = location.pathname.split("/");
  return first === "r" ? decodeURIComponent(name) : "";
}

/** The token after `#token=`: it opens a server that asks for one, and never leaves in a request's address. */
export function token() {
  return new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
}

/** What a first message says to be let in. */
export function credentials() {
  return token() ? { token: token() } : {};
}

/** Headers that let a request in. */
export function authorization() {
  return token() ? { Authorization: `Bearer ${token()}` } : {};
}

/** The address of one of the room's pages: "" for listeners, "floor", "booth", "desk", "screen", "overlay". */
export function link(page, secret = "") {
  const path = ["/r", encodeURIComponent(room()), page].filter(Boolean).join("/");
  return `${location.origin}${path}${secret ? `#token=${secret}` : ""}`;
}

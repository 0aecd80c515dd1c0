/** Notices of the server that people are told of. */

import { said } from "./words.js";

/** Those to do something about; of words that were withheld because nobody spoke nothing is said. */
const CONCERNS = new Set(["behind", "unsupported_language", "engine_failed", "refused", "draining", "idle", "too_long", "paused"]);

/** What to tell people because of a notice: "" that it is over, null nothing. */
export function concern(notice) {
  if (notice.code === "caught_up") return "";
  return CONCERNS.has(notice.code) ? said(notice) : null;
}

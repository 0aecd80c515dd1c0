/** Notices of the server that people are told of. */

import { calm, complain } from "./problem.js";
import { said } from "./words.js";

/** Those to do something about; of words that were withheld because nobody spoke nothing is said. */
const CONCERNS = new Set(["behind", "unsupported_language", "engine_failed", "refused", "draining", "idle", "too_long", "paused"]);

/** Tell people of a notice that concerns them, or that it is over. */
export function heed(notice) {
  if (notice.code === "caught_up") calm();
  if (CONCERNS.has(notice.code)) complain(() => said(notice));
}

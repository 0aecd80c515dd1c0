/** Requests to the server: what it refuses is an error that says why. */

import { said } from "./words.js";

/** Ask the server for something; gives its answer, which is what was asked for. */
export async function ask(path, options = {}) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(said(await refusal(answer)));
  return answer;
}

/** What an answer that refuses something says; one that is not the server's own says its number. */
export async function refusal(answer) {
  const { error } = await answer.json().catch(() => ({}));
  return error ?? { code: "", message: `${answer.status} ${answer.statusText}` };
}

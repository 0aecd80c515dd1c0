/** Copy a text, and say on the button that it was done. */

import { word } from "./words.js";

const SAID_MILLISECONDS = 1_500;

export async function copy(text, button) {
  await (navigator.clipboard ? navigator.clipboard.writeText(text) : byHand(text, button));
  button.textContent = word("copied");
  setTimeout(() => (button.textContent = word("copy")), SAID_MILLISECONDS);
}

/** Browsers keep the clipboard from pages that come over plain http, as in a hall's own network. */
function byHand(text, button) {
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
  button.after(area); // behind an open dialog nothing can be selected
  area.select();
  document.execCommand("copy");
  area.remove();
}

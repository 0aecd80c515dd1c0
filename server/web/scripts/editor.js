/** A finished sentence that is edited where it stands: Enter sends, Escape leaves it as it was. */

import { word } from "./words.js";

/**
 * Edit a paragraph. `send` takes the new text and tells whether it went out: if not, the editor stays until it
 * hears "sent". `drop` is told that the sentence is to be left as it is.
 */
export function edit(paragraph, send, drop) {
  const committed = paragraph.querySelector(".committed");
  const editor = document.createElement("textarea");
  editor.className = "editor";
  editor.value = committed.textContent;
  editor.setAttribute("aria-label", word("edit"));
  committed.hidden = true;
  paragraph.append(editor);
  const fit = () => {
    editor.style.height = "auto";
    editor.style.height = `${editor.scrollHeight}px`;
  };
  fit();
  editor.focus();
  let open = true;
  const close = () => {
    if (!open) return;
    open = false; // removing what has the focus blurs it
    const kept = document.activeElement === editor;
    editor.remove();
    committed.hidden = false;
    if (kept) paragraph.focus();
  };
  const leave = () => {
    drop();
    close();
  };
  const submit = () => {
    if (!open) return;
    const text = editor.value.trim();
    if (!text || text === committed.textContent) leave();
    else if (send(text)) close();
    else editor.classList.add("waiting");
  };
  editor.addEventListener("input", () => {
    fit();
    drop(); // what waits is not what is wanted any more
    editor.classList.remove("waiting");
  });
  editor.addEventListener("blur", submit);
  editor.addEventListener("sent", close);
  editor.addEventListener("keydown", (pressed) => {
    if (pressed.key === "Enter" && !pressed.isComposing) {
      pressed.preventDefault(); // where the editor stays, no line is added
      submit();
    }
    if (pressed.key === "Escape") leave();
  });
}

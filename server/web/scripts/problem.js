/** What is wrong, in one place of the page; told anew in another language when one is chosen. */

let told = () => "";
document.addEventListener("words", show);

/** Tell what a function says, now and after each choice of a language. */
export function complain(next) {
  told = next;
  show();
}

/** Nothing is wrong any more. */
export function calm() {
  complain(() => "");
}

function show() {
  const problem = document.getElementById("problem");
  problem.textContent = told();
  problem.hidden = !problem.textContent;
}

/** Lists that are filled anew again and again, with buttons that stay under the pointer meanwhile. */

/** A row of a list; `key` is what it is known by when the list is filled anew. */
export function row(key, text, small, ...buttons) {
  const item = document.createElement("li");
  item.dataset.key = key;
  const name = document.createElement("span");
  const more = document.createElement("small");
  name.textContent = text;
  more.textContent = small ?? "";
  const grow = document.createElement("span");
  grow.className = "grow";
  grow.append(name, document.createElement("br"), more);
  item.append(grow, ...buttons.map(([label, act]) => button(label, act)));
  return item;
}

/** A button; what it does may be replaced as `act`. */
export function button(label, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.act = act;
  element.addEventListener("click", () => element.act());
  return element;
}

/** Fill a list anew. Buttons that were there stay, lest a click or the keyboard fall between two of them. */
export function fill(list, items) {
  const known = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const rows = items.map((item) => (known.has(item.dataset.key) ? renewed(known.get(item.dataset.key), item) : item));
  if (rows.length === list.children.length && rows.every((item, i) => item === list.children[i])) return;
  const focused = document.activeElement;
  list.replaceChildren(...rows);
  if (list.contains(focused)) focused.focus();
}

function renewed(item, newer) {
  item.className = newer.className;
  item.querySelector(".grow").replaceWith(newer.querySelector(".grow"));
  const [buttons, others] = [item, newer].map((each) => each.querySelectorAll("button"));
  buttons.forEach((each, i) => Object.assign(each, { textContent: others[i].textContent, act: others[i].act }));
  return item;
}

/** Fill a select anew where its options are others; what was chosen stays so. */
export function options(select, pairs) {
  const text = JSON.stringify(pairs);
  if (select.dataset.filled === text) return;
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, name]) => new Option(name, value)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
  select.dataset.filled = text;
}

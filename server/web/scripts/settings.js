/** How captions look: kept in this browser, applied as attributes of the document that style.css reads. */

const KEY = "dragoman.settings";
const DEFAULTS = { theme: "system", size: "100", face: "plain", style: "fast" };

export class Settings extends EventTarget {
  #values = { ...DEFAULTS, ...read() };

  constructor() {
    super();
    this.#apply();
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    this.#values[name] = value;
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#values));
    } catch {
      // Without storage the choice holds until the page is closed.
    }
    this.#apply();
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }

  /** Tie every control with `data-setting` to its value. */
  bind(root) {
    for (const control of root.querySelectorAll("[data-setting]")) {
      control.value = this.#values[control.dataset.setting];
      control.addEventListener("change", () => this.set(control.dataset.setting, control.value));
    }
  }

  #apply() {
    const { dataset, style } = document.documentElement;
    dataset.theme = this.#values.theme;
    dataset.face = this.#values.face;
    dataset.style = this.#values.style;
    style.setProperty("--size", `${Number(this.#values.size) / 100}`);
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

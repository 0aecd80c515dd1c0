/** The part of the bar that every page has: how captions look, and the language of the interface. */

import { Settings } from "./settings.js";
import { bind, fill, load } from "./words.js";

const CONTROLS = `
  <button type="button" popovertarget="looks" data-label="look">Aa</button>
  <select id="interface" data-label="interface"></select>
  <div class="looks" id="looks" popover>
    <label><span data-word="theme"></span><select data-setting="theme">
      <option value="system" data-word="theme-system"></option>
      <option value="light" data-word="theme-light"></option>
      <option value="dark" data-word="theme-dark"></option>
      <option value="contrast" data-word="theme-contrast"></option>
    </select></label>
    <label><span data-word="size"></span>
      <input type="range" data-setting="size" min="70" max="260" step="10"></label>
    <label><span data-word="face"></span><select data-setting="face">
      <option value="plain" data-word="face-plain"></option>
      <option value="serif" data-word="face-serif"></option>
      <option value="easy" data-word="face-easy"></option>
    </select></label>
    <label><span data-word="style"></span><select data-setting="style">
      <option value="fast" data-word="style-fast"></option>
      <option value="steady" data-word="style-steady"></option>
      <option value="sentence" data-word="style-sentence"></option>
    </select></label>
  </div>`;

/** Fill `place` with the controls, load the words of the page, and give the settings. */
export async function look(place) {
  const settings = new Settings();
  place.innerHTML = CONTROLS;
  bind(place.querySelector("#interface"), await load());
  fill(place);
  settings.bind(place);
  return settings;
}

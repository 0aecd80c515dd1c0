/** Keep the screen on: browsers let go of it whenever the page is hidden, so it is asked for again. */

let wanted = false;

export function stayAwake() {
  if (!wanted) document.addEventListener("visibilitychange", hold);
  wanted = true;
  hold();
}

function hold() {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
}

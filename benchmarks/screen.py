"""Print how long after it was spoken a word is on the screen: in a real Chromium, with a microphone.

    python -m benchmarks.screen [--samples english,chinese] [--to zh] [--runs 1]

A sample recording, whose words' true times are known from its synthesiser, is played as the microphone of the
live page. An observer in the page notes what stands there, each time after a frame that shows something new.
*First shown* is the first frame in which a word stands in its place, tentative or not; *committed* the first
in which it is committed. Words that recognition never gets right have no lag.

The microphone's clock is tied to the page's in two steps, anew for each sentence. The sentence is looked for
in the sound that the page has sent (normalized cross-correlation), which gives its place there to a sample.
And a place in that sound was heard no later than the page could have sent it: the least, over the blocks
around, of the time of sending less the place of the block's end. So a block of 100 ms counts in full against
the page, and so does everything that follows; what the browser itself holds back of a microphone before
that, some 10 ms, does not.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from playwright.async_api import Page

import embedded
from benchmarks import machine, own_server, scoring
from benchmarks.figures import HEADER, Figure, Goal
from benchmarks.own_server import Models
from streaming.audio import SAMPLE_RATE, Samples
from streaming.decode import decode
from streaming.words import Word
from tests.chromium import begin, browser, finish, microphone, opened, sent, spoken

GOALS = {("first shown", 0.5): Goal(0.7, 0.7), ("committed", 0.5): Goal(1.6, 1.6)}
AROUND = 3.0
"""Seconds on either side of a word from which blocks are taken to tie the clocks."""
ALIKE = 0.9
"""Normalized correlation of a sentence that was heard whole; the browser's own gain costs some 0.02."""

WATCH = """(language) => {
  window.frames = [];
  window.blocks = [];
  let waiting = false;
  const note = () => {
    waiting = false;
    const shown = [...document.querySelectorAll(`.log[lang=${language}] p`)].map((p) => [
      Number(p.dataset.utterance),
      p.querySelector(".committed").textContent,
      p.querySelector(".tentative").textContent,
    ]);
    // A message is delivered after the frame that is now being made.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.frames.push([performance.now() / 1000, shown]);
    port2.postMessage(null);
  };
  const watch = () => {
    if (!waiting) requestAnimationFrame(note);
    waiting = true;
  };
  const columns = document.getElementById("columns");
  new MutationObserver(watch).observe(columns, { childList: true, characterData: true, subtree: true });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const result = send.call(this, data);
    if (data instanceof Int16Array) window.blocks.push([performance.now() / 1000, window.seconds()]);
    return result;
  };
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run of the page gave.

    frames: seconds of the page, and (utterance, committed, tentative) of each utterance then.
    blocks: seconds of the page when a block was sent, and where it ends, in seconds of what was sent.
    """

    frames: list[tuple[float, list[tuple[int, str, str]]]]
    blocks: list[tuple[float, float]]
    sound: Samples
    skipped: int


async def watch(recording: Path, language: str, targets: Sequence[str], port: int) -> Seen:
    """Play a recording to the page, and note what it shows and sends."""
    samples, rate = soundfile.read(recording)
    with tempfile.TemporaryDirectory() as folder:
        heard = microphone(samples, rate, Path(folder) / "microphone.wav")
        async with browser(heard) as context, opened(context, f"http://127.0.0.1:{port}/") as page:
            await page.evaluate(WATCH, language)
            await begin(page, *targets, source=language)
            await page.wait_for_timeout(1000 * len(samples) / rate)
            await spoken(page, len(samples) / rate)
            await finish(page)
            return await _read(page, Path(folder) / "sent.wav")


async def _read(page: Page, path: Path) -> Seen:
    frames, blocks, done = [
        await page.evaluate(f"() => window.{name}") for name in ("frames", "blocks", "done")
    ]
    sound = np.concatenate([chunk.samples for chunk in decode(await sent(page, path))])
    return Seen(frames, blocks, sound, done["statistics"]["skipped"])


def on_the_page(about: Any, recording: Samples, seen: Seen) -> list[Word]:
    """Give the words with the times of the page at which they were spoken; those of sentences that were not
    heard whole, as when a busy machine stalls the microphone, are left out."""
    words: list[Word] = []
    for sentence in about["sentences"]:
        first, last = sentence["start"], sentence["end"]
        place = _place(seen.sound, recording[round(first * SAMPLE_RATE) : round(last * SAMPLE_RATE)])
        if place is None:
            print(f"not heard whole, and left out: {sentence['text']}")
            continue
        shift = place - first
        for word in about["words"]:
            if first <= (word["start"] + word["end"]) / 2 < last:
                spoken = Word(word["text"], word["start"] + shift, word["end"] + shift)
                begun = _clock(seen, spoken.end)
                words.append(replace(spoken, start=spoken.start + begun, end=spoken.end + begun))
    return words


def _place(sound: Samples, sentence: Samples) -> float | None:
    """Find where a sentence begins in what was sent, in seconds."""
    size = 1 << (len(sound) + len(sentence)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(sentence, size))
    products = np.fft.irfft(spectrum, size)[: len(sound) - len(sentence)]
    power = np.cumsum(np.concatenate([[0.0], np.square(sound, dtype=np.float64)]))
    energy = (power[len(sentence) :] - power[: -len(sentence)])[: len(products)]
    alike = products / np.sqrt(np.maximum(energy, 1e-9) * np.square(sentence, dtype=np.float64).sum())
    place = int(alike.argmax())
    return place / SAMPLE_RATE if alike[place] >= ALIKE else None


def _clock(seen: Seen, place: float) -> float:
    """Tell when the page heard the beginning of what it sent, as the blocks around a place have it."""
    return min(time - end for time, end in seen.blocks if abs(end - place) < AROUND)


def shown_lags(truth: Sequence[Word], seen: Seen, language: str) -> list[float]:
    """Tell how long after its end each word stood on the screen first."""
    states: dict[int, list[tuple[float, list[str]]]] = {}
    for time, utterances in seen.frames:
        for number, committed, tentative in utterances:
            units = scoring.normalized(committed + tentative, language)
            states.setdefault(number, []).append((time, units))
    shown = [unit for _, rows in sorted(states.items()) for unit in scoring.first_seen(rows)]
    return scoring.lags(truth, shown, language)


def committed_lags(truth: Sequence[Word], seen: Seen, language: str) -> list[float]:
    """Tell how long after its end each word stood on the screen as committed."""
    before: dict[int, str] = {}
    grown: dict[int, list[tuple[float, str]]] = {}
    for time, utterances in seen.frames:
        for number, committed, _ in utterances:
            grown.setdefault(number, []).append((time, committed[len(before.get(number, "")) :]))
            before[number] = committed
    return scoring.commit_lags(truth, [row for _, rows in sorted(grown.items()) for row in rows], language)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure when words are on the screen of the live page.")
    parser.add_argument("--samples", default="english", help="which, with commas between")
    parser.add_argument(
        "--to", default="", help="target languages, with commas between; none: no translation"
    )
    parser.add_argument("--runs", type=int, default=1, help="of each sample")
    own_server.add_models(parser)
    arguments = parser.parse_args()
    wanted = [path for path in embedded.samples() if path.stem in arguments.samples.split(",")]
    models = Models(arguments.model, tuple(arguments.translators))
    print(f"{models} on {machine.describe()}")
    with own_server.serving(models) as server:
        for recording in [path for path in wanted for _ in range(arguments.runs)]:
            report(recording, arguments.to.split(",") if arguments.to else [], server.port)


def report(recording: Path, targets: Sequence[str], port: int) -> None:
    """Run once, and print its figures."""
    about = json.loads(recording.with_suffix(".json").read_text())
    language = about["language"]
    seen = asyncio.run(watch(recording, language, targets, port))
    samples = np.concatenate([chunk.samples for chunk in decode(recording)])
    truth = on_the_page(about, samples, seen)
    lags = {
        "first shown": shown_lags(truth, seen, language),
        "committed": committed_lags(truth, seen, language),
    }
    into = ", ".join(targets) or "nothing"
    print(f"\n{recording.name} into {into}; {seen.skipped} decision points skipped\n\n{HEADER}")
    for name, found in lags.items():
        for share in (0.5, 0.95):
            value, goal = scoring.quantile(found, share), GOALS.get((name, share))
            print(Figure(f"{name}, p{100 * share:.0f}, s", value, ".2f", len(found), goal).row(), flush=True)


if __name__ == "__main__":
    main()

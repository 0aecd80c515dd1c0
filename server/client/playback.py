"""Playing sound to a server in real time, and showing what comes back."""

import asyncio
import json
import os
import shutil
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol

from server.client import client
from server.client.notices import Notices
from server.client.terminal import GrowingView, LineView, View
from server.interpretation.graph import Interpretation
from server.wire.codec import encode
from server.wire.messages import Error
from server.wire.room_messages import Listen, Revision
from streaming.audio import AudioChunk
from streaming.captions import Caption
from streaming.errors import AudioError, DragomanError, InputError, UnauthorizedError, codes
from streaming.stages import Notice


class Listener(Protocol):
    """Is told every message of a session."""

    def hear(self, arrival: client.Arrival) -> None:
        """Take a message."""

    def close(self) -> None:
        """The session is over."""


def play(
    chunks: Iterator[AudioChunk],
    url: str,
    wanted: Interpretation,
    speed: float,
    listener: Listener,
    packs: Sequence[str] = (),
    key: str = "",
) -> None:
    """Stream sound to a server, `speed` times as fast as it was spoken, and tell what comes back.

    `key` is what lets us in, or a room token.

    Raises:
        AudioError: sound that cannot be read; what was read before is interpreted first.
        InputError: no server answers, or it refuses what was sent.
        DragomanError: the session broke off, or committed text was taken back.
    """
    asyncio.run(_play(chunks, url, wanted, speed, listener, packs, key))


async def _play(
    chunks: Iterator[AudioChunk],
    url: str,
    wanted: Interpretation,
    speed: float,
    listener: Listener,
    packs: Sequence[str],
    key: str,
) -> None:
    sound = _Sound(chunks, next(chunks))
    arrivals = client.stream(
        url,
        sound.chunks(),
        source=wanted.source or "auto",
        targets=wanted.targets,
        speak=wanted.speak,
        speed=speed,
        packs=packs,
        key=key,
    )
    await _hear(arrivals, listener)
    if sound.failure:
        raise sound.failure


def read(url: str, wanted: Listen, listener: Listener) -> None:
    """Read a room until its event ends, and tell what comes.

    Raises:
        InputError: no server answers, or it refuses what was asked.
        DragomanError: the connection broke off, or committed text was taken back.
    """
    asyncio.run(_hear(client.Reading(url, wanted).arrivals(client.PATIENCE_SECONDS), listener))


async def _hear(arrivals: AsyncGenerator[client.Arrival, None], listener: Listener) -> None:
    try:
        async with aclosing(arrivals):
            async for arrival in arrivals:
                listener.hear(arrival)
                if isinstance(arrival.message, Error):
                    raise _refused(arrival.message)
    finally:
        listener.close()


class _Sound:
    """Chunks read apart, so that a slow pipe keeps nothing else waiting; a failure ends them."""

    def __init__(self, chunks: Iterator[AudioChunk], first: AudioChunk) -> None:
        self._chunks = chunks
        self._first = first
        self.failure: AudioError | None = None

    async def chunks(self) -> AsyncIterator[AudioChunk]:
        """Give the chunks."""
        chunk: AudioChunk | None = self._first
        while chunk is not None:
            yield chunk
            chunk = await self._read_apart()

    async def _read_apart(self) -> AudioChunk | None:
        """Read a chunk in a thread that nobody waits for at the end: a pipe may stay silent for ever."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AudioChunk | None] = loop.create_future()

        def give(chunk: AudioChunk | None) -> None:
            if not answer.done():
                answer.set_result(chunk)

        def read() -> None:
            chunk = self._read()
            with suppress(RuntimeError):  # the session ended meanwhile
                loop.call_soon_threadsafe(give, chunk)

        threading.Thread(target=read, daemon=True).start()
        return await answer

    def _read(self) -> AudioChunk | None:
        try:
            return next(self._chunks, None)
        except AudioError as error:
            self.failure = error
            return None


def _refused(error: Error) -> DragomanError:
    kind = InputError if error.code in codes(InputError) else DragomanError
    advice = "; DRAGOMAN_KEY should hold one that is valid" if error.code == UnauthorizedError.code else ""
    return kind(f"{error.message}{advice}")


class JsonListener:
    """Prints every message as a line of JSON with its arrival, for evaluation."""

    def hear(self, arrival: client.Arrival) -> None:
        """Print a message."""
        content = {"arrival": round(arrival.time, 3), **json.loads(encode(arrival.message, arrival.event))}
        print(json.dumps(content, ensure_ascii=False), flush=True)

    def close(self) -> None:
        """Nothing is left to print."""


@dataclass(slots=True)
class CaptionListener:
    """Shows captions as they grow, and at the end how far they were behind the speaker."""

    view: View
    _texts: dict[tuple[int, str], str] = field(default_factory=dict)
    _lags: dict[str, list[float]] = field(default_factory=dict)
    _notices: Notices = field(default_factory=lambda: Notices(_say))

    def hear(self, arrival: client.Arrival) -> None:
        """Show a message."""
        match arrival.message:
            case Caption() as caption:
                self._note_lag(caption, arrival.lag)
                self.view.show(caption, arrival.time)
            case Revision(utterance=utterance, language=language, text=text):
                self.view.show(Caption(utterance, language, text, final=True), arrival.time)
            case Notice() as notice:
                self._notices.hear(notice, arrival.time)

    def close(self) -> None:
        """Say how far captions were behind."""
        self.view.close()
        self._notices.close()
        for language, lags in self._lags.items():
            lags.sort()
            mean, most = sum(lags) / len(lags), lags[round(0.95 * (len(lags) - 1))]
            print(f"lag {language}: newest word shown after {mean:.1f} s on average, {most:.1f} s at 95 %")

    def _note_lag(self, caption: Caption, lag: float | None) -> None:
        """Note how long after it was spoken the newest word is shown, where there is something new."""
        key = (caption.utterance, caption.language)
        if lag is not None and caption.text != self._texts.get(key, ""):
            self._lags.setdefault(caption.language, []).append(lag)
        self._texts[key] = caption.text


def caption_listener(wanted: Interpretation) -> CaptionListener:
    """Build the listener that suits standard output: a terminal, or a file or pipe."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return CaptionListener(LineView(sys.stdout))
    return CaptionListener(GrowingView(sys.stdout, 1 + len(wanted.targets), _columns))


def reading_listener() -> CaptionListener:
    """Build the listener that shows a room: one language."""
    return caption_listener(Interpretation())


def _say(line: str) -> None:
    print(f"dragoman: {line}", file=sys.stderr)


def _columns() -> int:
    return shutil.get_terminal_size().columns

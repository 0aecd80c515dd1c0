"""Messages and uploads that are almost right: seeded, so that whatever they break can be broken again."""

import json
import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

from server.wire.codec import encode
from server.wire.messages import CLIENT, SERVER, ClientMessage, Finish, Start
from server.wire.room_messages import (
    Correct,
    Hand,
    Interpret,
    Listen,
    Mute,
    Operate,
    Pause,
    Term,
    Terms,
    Type,
)
from streaming.audio import to_pcm16
from streaming.scripted import VOCABULARY, speak

Frame = str | bytes
ODD_VALUES: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, 1e308, "", "auto", "en", "zz", "\ud800", "\0"),
    *("é" * 300, "a" * 70_000, [], [[]], ["en", "en"], ["zh"] * 5_000, {}, {"a": {}}, [None], "pcm_f32le"),
)
DOORS: Sequence[str] = ("", "", "", "floor", "listen", "booth", "desk")
"""Doors of rooms; empty: a session of one's own."""
DEEP = 2_000
"""Brackets within brackets."""


class Mutator:
    """Makes conversations and uploads from valid ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._audio = to_pcm16(speak(VOCABULARY[:2]))

    def door(self) -> str:
        """Choose where to begin a conversation."""
        return self._random.choice(DOORS)

    def conversation(self, door: str = "") -> list[Frame]:
        """Give what one client sends: a start, audio, a finish, each perhaps not quite as it should be.

        At the door of a room it is what belongs there.
        """
        start = encode(self._first(door))
        frames: list[Frame] = [start if self.chance(0.6) else self.text(start)]
        for _ in range(self._random.randrange(8)):
            frames.append(self._further(door) if door and self.chance(0.5) else self._frame())
        if self.chance(0.8):
            frames.append(encode(Finish()))
        if self.chance(0.1):
            self._random.shuffle(frames)
        return frames

    def text(self, text: str) -> Frame:
        """Change a message: as JSON, or as the bytes that it is."""
        if self.chance(0.5):
            return self._json(json.loads(text))
        changed = self.data(text.encode())
        try:
            return changed.decode()
        except UnicodeDecodeError:
            return changed

    def data(self, data: bytes, times: int = 3) -> bytes:
        """Change bytes: flip, drop, double, insert, cut off."""
        changed = bytearray(data)
        for _ in range(self._random.randint(1, times)):
            place = self._random.randrange(len(changed) + 1)
            length = self._random.choice((1, 1, 2, 7, 64))
            match self._random.randrange(5):
                case 0 if place < len(changed):
                    changed[place] ^= 1 << self._random.randrange(8)
                case 1:
                    del changed[place : place + length]
                case 2:
                    changed[place:place] = changed[place : place + length]
                case 3:
                    changed[place:place] = self._random.randbytes(length)
                case 4:
                    del changed[place:]
        return bytes(changed)

    def multipart(self, fields: dict[str, str], file: bytes) -> tuple[bytes, str]:
        """Give the body of an upload and its type, both perhaps changed."""
        boundary = "dragoman-fuzz"
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        parts.append(b'name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n' + file)
        head = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
        body = b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        if self.chance(0.05):
            kind = self._random.choice(("multipart/form-data", "text/plain", f"{kind}x", "application/json"))
        return (self.data(body) if self.chance(0.8) else body), kind

    def fields(self, names: Sequence[str]) -> dict[str, str]:
        """Give the fields of a form, some of them strange."""
        chosen = [name for name in names if self.chance(0.6)]
        return {
            name: self._random.choice(("", "en", "json", "srt", "0", "-1", "é" * 50, "{}", "true"))
            for name in chosen
        }

    def body(self) -> bytes:
        """Give what is almost a JSON object."""
        content = {"role": "listener", "name": "a", "seconds": 60, "language": "en"}
        changed = self._json(content)
        return changed.encode("utf-8", "replace") if isinstance(changed, str) else changed

    def _first(self, door: str) -> ClientMessage:
        match door:
            case "listen":
                return self._listen()
            case "booth":
                return Interpret(self._random.choice(("es", "zh")))
            case "desk":
                return Operate(self._random.choice((None, 0, 3)))
        return self._start()

    def _further(self, door: str) -> Frame:
        """Give a message that belongs to a door, half of the time not quite."""
        kinds: dict[str, Sequence[ClientMessage]] = {
            "listen": [self._listen()],
            "booth": [Type("alpha "), Type("", True)],
            "desk": [
                *(Pause("zh"), Pause("zh", False), Correct(0, "alpha"), Mute("s1"), Hand("s1"), Hand("")),
                Terms((Term("alpha", "阿尔法", "zh"),)),
            ],
        }
        text = encode(self._random.choice(kinds.get(door, [self._start()])))
        return text if self.chance(0.5) else self.text(text)

    def _listen(self) -> Listen:
        language, event = self._random.choice(("floor", "es", "zh", "zz")), self._random.choice((None, 0, 2))
        return Listen(language, self._random.choice(("fast", "steady", "sentence")), self.chance(0.2), event)

    def _start(self) -> Start:
        targets = tuple(self._random.sample(("es", "zh"), self._random.randrange(3)))
        return Start(
            self._random.choice(("auto", "en", "en", "fr")),
            targets,
            targets if self.chance(0.2) else (),
            self._random.choice(("pcm_s16le", "pcm_f32le")),
            self._random.choice((8_000, 16_000, 44_100, 48_000)),
        )

    def _frame(self) -> Frame:
        kinds: Sequence[Callable[[], Frame]] = (
            lambda: self._audio[: 2 * self._random.randrange(8_000)],
            lambda: self._audio[: self._random.randrange(8_000)],
            lambda: self.data(self._audio[:3_200]),
            lambda: struct.pack("<4f", *self._random.choices((0.1, 2.0, float("nan"), float("inf")), k=4)),
            lambda: b"",
            lambda: self._random.randbytes(self._random.randrange(2_000)),
            lambda: self.text(encode(self._start())),
            self._other,
        )
        return self._random.choices(kinds, weights=(40, 4, 8, 4, 4, 4, 2, 2))[0]()

    def _other(self) -> Frame:
        """Give a message of the protocol, perhaps one that only a server sends."""
        kind = self._random.choice((*CLIENT, *SERVER))
        return (
            json.dumps({"type": kind, "token": "a.b.c"}) if self.chance(0.5) else self._json({"type": kind})
        )

    def _json(self, content: dict[str, Any]) -> Frame:
        content = dict(content)
        key = self._random.choice(list(content)) if content else "type"
        match self._random.randrange(7):
            case 0:
                content.pop(key, None)
            case 1:
                content[self._random.choice(("", "x", "token", "\0", "a" * 1_000))] = self._odd()
            case 2 | 3:
                content[key] = self._odd()
            case 4:
                return "[" * DEEP + "]" * self._random.choice((0, DEEP))
            case 5:
                return json.dumps(content)[:-1] + f',"{key}":NaN}}'
            case 6:
                return json.dumps(self._odd())
        text = json.dumps(content, ensure_ascii=self.chance(0.5))
        return text if text.isascii() else text.encode("utf-8", "surrogatepass")

    def _odd(self) -> Any:
        return self._random.choice(ODD_VALUES)

    def chance(self, probability: float) -> bool:
        """Say yes so often."""
        return self._random.random() < probability

"""How far a session's decisions are behind its audio, without a clock: everything is in audio time."""

from collections.abc import Callable

from streaming.stages import Notice

BEHIND_SECONDS = 3.0
"""A session that is this far behind says so."""
CAUGHT_UP_SECONDS = 1.0
"""A session that said so says that it is no more."""


class Lag:
    """Audio received but not yet decided upon.

    While the recognizer works, what is decided ends where its window ends; while it does not, nothing
    waits for it, and what is decided is what the detector has heard.
    """

    def __init__(self, say: Callable[[Notice], None], begin: float = 0.0) -> None:
        """`say` is told, once each, that the session is behind and that it has caught up; `begin` is where
        audio begins, in seconds."""
        self._say = say
        self._received = begin
        self._detected = begin
        self._window: float | None = None
        self._behind = False
        self.largest = 0.0
        """Seconds."""

    @property
    def received(self) -> float:
        """Seconds of audio received."""
        return self._received

    @property
    def seconds(self) -> float:
        """Seconds of audio that wait."""
        decided = self._detected if self._window is None else min(self._window, self._detected)
        return max(0.0, self._received - decided)

    def receive(self, end: float) -> None:
        """Audio came, up to a time."""
        self._received = end
        self._tell()

    def detect(self, seconds: float) -> None:
        """The detector has answered for so much more audio."""
        self.largest = max(self.largest, self.seconds)
        self._detected += seconds
        self._tell()

    def ask(self, end: float) -> None:
        """The recognizer works on a window that ends at a time."""
        self._window = end
        self._tell()

    def answer(self) -> None:
        """The recognizer is done with it; whether more waits for it, its next question tells."""
        self.largest = max(self.largest, self.seconds)
        self._window = None

    def _tell(self) -> None:
        if not self._behind and self.seconds > BEHIND_SECONDS:
            self._behind = True
            self._say(Notice("behind", f"captions are {self.seconds:.1f} s behind the audio received"))
        if self._behind and self.seconds < CAUGHT_UP_SECONDS:
            self._behind = False
            self._say(Notice("caught_up", "captions keep up with the audio again"))

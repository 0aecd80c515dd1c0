"""Endpointing: where utterances begin and end.

Speech probabilities come in frames of 32 ms and are asked for in groups of five that lie on a fixed grid
of the session, so that however the audio is cut into chunks, the requests are the same.

| state   | seen                                       | then                                        |
|---------|--------------------------------------------|---------------------------------------------|
| SILENCE | five frames in a row at 0.5 or more        | SPEECH, from 0.3 s before the first of them |
| SPEECH  | below 0.35 for as long as `PATIENCE` says  | SILENCE, end of utterance                   |
| SPEECH  | 30 s, less what another frame would exceed | SPEECH, end of utterance                    |

The silence that ended an utterance also leads into the next one, so that after a short pause some of it is
written twice; what was spoken is not.

A forced end is no silence: the next utterance begins at once, and what had not ended yet is not lost, however
softly it goes on.
"""

from collections import deque
from enum import Enum

import numpy as np

from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk, EndOfUtterance
from streaming.stages import DONE, READ, Action, Ask, Detection, DetectionRequest, Write

FRAME = 512
"""Samples for which the detector gives one probability."""
GROUP = 5 * FRAME
"""Samples of one request, 160 ms."""
BEGIN, END = 0.5, 0.35
"""Probability at which speech begins, and below which it may end: the gap keeps the state from flapping."""
ONSET = 5
"""Frames in a row that are speech. A click or a note is shorter; of the words that people say alone, the
shortest ("stop", "go") have six (538 recordings of AN4)."""
PRE_ROLL = int(0.3 * SAMPLE_RATE)
"""Samples before the first frame of speech that belong to it: soft onsets are heard late. Nine of ten pauses
that end an utterance of LJ001 are shorter than the silence that ends it and this together: where an utterance
began behind the end of the one before, "The ornamentation" was "Burnamentation"."""
PATIENCE = ((0.0, 0.6), (15.0, 0.3), (25.0, 0.1))
"""Seconds of speech so far, and of silence that then end it: the longer, the sooner."""
LONGEST = 30.0
"""Seconds after which an utterance is ended in any case: recognizers hear no more at once."""


class _State(Enum):
    SILENCE = "silence"
    SPEECH = "speech"


class EndpointingStage:
    """Cuts audio into utterances and passes on nothing but speech, as soon as it has been judged."""

    def __init__(self, position: int = 0) -> None:
        """`position` is that of the first sample that will come."""
        self._audio = AudioBuffer(position)
        self._detector: object | None = None
        self._judged = position
        self._state = _State.SILENCE
        self._voiced = 0
        self._silent = 0
        self._begun = position
        self._written = position
        self._silent_since = position
        self._finished = False
        self._out: deque[AudioChunk | EndOfUtterance] = deque()

    def receive(self, item: AudioChunk) -> None:
        """Store a chunk."""
        self._audio.append(item)

    def receive_result(self, result: Detection, cost: float) -> None:
        """Judge the frames of a group."""
        self._detector = result.state
        for probability in result.probabilities:
            if self._judged == self._audio.end:
                break  # what follows was judged of padding
            self._judge(probability, min(self._judged + FRAME, self._audio.end))
        if self._state is _State.SPEECH:
            self._write(self._judged)
        self._audio.cut(self._judged - PRE_ROLL - ONSET * FRAME)

    def finish(self) -> None:
        """No more audio will come."""
        self._finished = True

    def next_action(self) -> Action[DetectionRequest, AudioChunk | EndOfUtterance]:
        """Ask about the next group, write what was found."""
        if self._out:
            return Write(self._out.popleft())
        waiting = self._audio.end - self._judged
        if waiting >= GROUP or (self._finished and waiting > 0):
            return Ask(self._request())
        if not self._finished:
            return READ
        if self._state is _State.SPEECH and self._judged > self._begun:
            self._end(self._judged)
            return self.next_action()
        return DONE

    def _request(self) -> DetectionRequest:
        samples = self._audio.read(self._judged, self._judged + GROUP).samples
        padded = np.pad(samples, (0, GROUP - len(samples)))
        return DetectionRequest(padded, self._detector)

    def _judge(self, probability: float, end: int) -> None:
        """Take one frame, which ends at `end`, into account."""
        self._judged = end
        self._voiced = self._voiced + 1 if probability >= BEGIN else 0
        self._silent = self._silent + 1 if probability < END else 0
        if self._state is _State.SILENCE and self._voiced >= ONSET:
            self._begin(end - self._voiced * FRAME - PRE_ROLL)
        elif self._state is _State.SPEECH and self._is_silent():
            self._end(end)
            self._state = _State.SILENCE
            self._silent_since = end - self._silent * FRAME
        elif self._state is _State.SPEECH and self._is_full():
            self._end(end)

    def _begin(self, position: int) -> None:
        self._state = _State.SPEECH
        self._begun = self._written = max(position, self._silent_since, self._audio.start)

    def _is_silent(self) -> bool:
        spoken = self._judged - self._begun
        silent = self._silent * FRAME
        # A silence that a forced end fell into has the patience of the utterance that it began in.
        since = LONGEST if silent >= spoken else spoken / SAMPLE_RATE
        patience = [silence for least, silence in PATIENCE if since >= least][-1]
        return silent / SAMPLE_RATE >= patience

    def _is_full(self) -> bool:
        return self._judged - self._begun + FRAME > LONGEST * SAMPLE_RATE

    def _end(self, position: int) -> None:
        self._write(position)
        self._begun = position
        self._out.append(EndOfUtterance(position / SAMPLE_RATE))

    def _write(self, end: int) -> None:
        if end > self._written:
            self._out.append(self._audio.read(self._written, end))
            self._written = end

"""Rooms: who speaks, who reads, and what must therefore be translated. Pure: decided here, done elsewhere."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from server.wire.room_messages import FLOOR, InterpreterState, LanguageState, RoomState, SpeakerState, Term
from server.wire.schema import to_plain
from streaming.errors import RoomError

REMEMBERED = 1_000
"""Utterances whose numbers are remembered: an event may last for days."""
PAST = 20
"""Speakers who are named after they have gone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a room is created as."""

    id: str
    title: str = ""
    source: str = "auto"
    """Language spoken unless a speaker says otherwise; ``auto``: detect it."""
    targets: tuple[str, ...] = ()
    """Languages that are translated for the record, whoever listens."""
    speak: tuple[str, ...] = ()
    """Languages that are also spoken, to those who want to hear them."""
    recording: bool = False
    """Keep the floor's audio."""
    retention_days: float | None = None
    """Days after which nothing is left of the room; null: as the server is configured."""
    private: bool = False
    """The session of one speaker, who alone is told."""

    @property
    def written(self) -> bytes:
        """As it is kept in the log."""
        return json.dumps(to_plain(self)).encode()


@dataclass(slots=True)
class _Speakers:
    states: dict[str, SpeakerState] = field(default_factory=dict)
    floor: str = ""
    past: tuple[SpeakerState, ...] = ()


class Room:
    """The state of a room."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.terms: tuple[Term, ...] = ()
        self.ended = False
        self.recorded: tuple[str, ...] = ()
        """Languages in which something was said, or translated."""
        self._speakers = _Speakers()
        self._joined = 0
        self._listeners: Counter[str] = Counter()
        self._booths: dict[str, tuple[str, InterpreterState]] = {}
        """Interpreters, and the language that each provides."""
        self._paused: set[str] = set()
        self._numbers: dict[tuple[str, int], int] = {}
        self._utterances = 0

    # Speakers and the floor

    def seat(self, *, booth: bool = False) -> str:
        """Give somebody who comes, to speak or into a booth, the name that captions bear."""
        self._joined += 1
        return f"{'b' if booth else 's'}{self._joined}"

    def know(self, name: str) -> None:
        """Take note that somebody had a name, perhaps without a word: nobody else is given it."""
        self._joined = max(self._joined, int(name.split(".")[0][1:]))

    def join(self, speaker: str, name: str, voices: tuple[str, ...] = ()) -> None:
        """Let a speaker in; who is alone has the floor. `voices` are the names of several channels."""
        if not self._speakers.states:  # among others an empty floor is what the operator wants
            self._speakers.floor = speaker
        self._speakers.states[speaker] = SpeakerState(speaker, name, channels=voices)

    def part(self, speaker: str) -> None:
        """Let a speaker go; the floor passes to whoever has waited longest."""
        if gone := self._speakers.states.pop(speaker, None):
            self._speakers.past = (*self._speakers.past, gone)[-PAST:]
        if self._speakers.floor == speaker:
            self._speakers.floor = next(iter(self._speakers.states), "")

    def hand(self, speaker: str) -> None:
        """Give the floor to a speaker; to nobody: an empty name."""
        if speaker:
            self._known(speaker)
        self._speakers.floor = speaker

    def mute(self, speaker: str, muted: bool) -> None:
        """Silence a speaker, or not any more."""
        self._speakers.states[speaker] = replace(self._known(speaker), muted=muted)

    def is_heard(self, speaker: str) -> bool:
        """Tell whether what a speaker says is interpreted, or an interpreter passed on."""
        if speaker in self._booths:
            return not self.is_paused(self._booths[speaker][0])
        state = self._speakers.states.get(speaker)
        return state is not None and speaker == self._speakers.floor and not state.muted

    def _known(self, speaker: str) -> SpeakerState:
        if speaker not in self._speakers.states:
            there = ", ".join(self._speakers.states) or "nobody"
            raise RoomError(f"no speaker is called {speaker!r}; there is {there}")
        return self._speakers.states[speaker]

    # Languages

    def listen(self, language: str) -> None:
        """A listener wants a language."""
        if language != FLOOR:
            self._listeners[language] += 1

    def unlisten(self, language: str) -> None:
        """A listener wants it no more."""
        if language != FLOOR:
            self._listeners[language] -= 1

    def enter_booth(self, interpreter: str, language: str, name: str = "") -> None:
        """A person provides a language: the machine is silent."""
        self._booths[interpreter] = (language, InterpreterState(interpreter, name))

    def leave_booth(self, interpreter: str) -> None:
        """A person has gone: when the booth is empty, the machine steps in."""
        del self._booths[interpreter]

    def pause(self, language: str, paused: bool) -> None:
        """Let a language rest, or go on."""
        self._paused.add(language) if paused else self._paused.discard(language)

    def is_paused(self, language: str) -> bool:
        """Tell whether a language rests."""
        return language in self._paused

    @property
    def languages(self) -> tuple[LanguageState, ...]:
        """Languages that are read or recorded, and who provides each."""
        read = {language for language, count in self._listeners.items() if count > 0}
        booths = defaultdict[str, list[InterpreterState]](list)
        for language, interpreter in self._booths.values():
            booths[language].append(interpreter)
        states = []
        for language in dict.fromkeys([*self.plan.targets, *sorted(read | booths.keys() | self._paused)]):
            there = tuple(booths.get(language, ()))
            if self.is_paused(language):
                states.append(LanguageState(language, "paused", there))
            else:
                states.append(LanguageState(language, "booth" if there else "machine", there))
        return tuple(states)

    @property
    def translated(self) -> tuple[str, ...]:
        """Languages that the machine is to provide now."""
        return tuple(state.language for state in self.languages if state.by == "machine")

    # Utterances

    def number(self, line: str, utterance: int) -> int:
        """Number an utterance of a line in the order in which the room hears of it."""
        key = (line, utterance)
        if key not in self._numbers:
            self.remember(line, utterance, self._utterances)
        return self._numbers[key]

    def remember(self, line: str, utterance: int, number: int) -> None:
        """Take the number that the log has for an utterance."""
        self._numbers[line, utterance] = number
        self.know(line)
        self._utterances = max(self._utterances, number + 1)
        if len(self._numbers) > REMEMBERED:
            del self._numbers[next(iter(self._numbers))]

    def record(self, language: str) -> None:
        """Something is written down in a language."""
        if language not in self.recorded:
            self.recorded = (*self.recorded, language)

    # The whole

    @property
    def state(self) -> RoomState:
        """Everything that is said of the room."""
        plan, speakers = self.plan, self._speakers
        return RoomState(
            plan.id,
            plan.title,
            plan.source,
            speakers.floor,
            tuple(speakers.states.values()),
            self.languages,
            self.terms,
            self.ended,
            plan.speak,
            speakers.past,
            self.recorded,
        )

    def recall(self, state: RoomState) -> None:
        """Be as the log says. Listeners and booths are not there: they come again."""
        self._speakers = _Speakers({s.speaker: s for s in state.speakers}, state.floor, state.past)
        for speaker in (*state.speakers, *state.past):
            self.know(speaker.speaker)
        self._paused = {language.language for language in state.languages if language.by == "paused"}
        self.terms, self.ended = state.terms, state.ended

"""Speech: which phrases are spoken, and when they are to be heard."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Update
from streaming.stages import DONE, READ, Ask, SpeechRequest, Write
from streaming.words import Word, units
from tts.speech import SpeechStage, Spoken


def update(
    text: str, time: float = 1.0, *, final: bool = False, number: int = 0, language: str = "es"
) -> Update:
    parts = units(f" {text}" if language == "es" and text else text, language)
    return Update(number, language, tuple(Word(part, time - 1, time) for part in parts), final=final)


def drive(
    stage: SpeechStage, updates: Iterable[Update], seconds_per_character: float = 0.1
) -> tuple[list[SpeechRequest], list[Spoken]]:
    """Feed updates; a scripted synthesizer speaks so many seconds for each character."""
    requests: list[SpeechRequest] = []
    spoken: list[Spoken] = []

    def settle() -> object:
        while True:
            match stage.next_action():
                case Ask(request):
                    requests.append(request)
                    count = round(len(request.text) * seconds_per_character * SAMPLE_RATE)
                    stage.receive_result(AudioChunk(np.full(count, 0.1, np.float32)), 0.0)
                case Write(item):
                    spoken.append(item)
                case signal:
                    return signal

    for item in updates:
        stage.receive(item)
        assert settle() is READ
    stage.finish()
    assert settle() is DONE
    return requests, spoken


@pytest.mark.parametrize(
    ("language", "text", "phrases"),
    [
        ("es", "Buenos días a todos, gracias por venir.", ["Buenos días a todos,", "gracias por venir."]),
        ("es", "Sí, claro que sí. No", ["Sí, claro que sí.", "No"]),
        ("es", "Hola", ["Hola"]),
        ("es", "dijo «hola a todos.» y se fue", ["dijo «hola a todos.»", "y se fue"]),
        ("zh", "你好，大家早上好。谢谢", ["你好，大家早上好。", "谢谢"]),
        ("es", "Hoy viene la Sra. Ruiz al hospital. Adiós", ["Hoy viene la Sra. Ruiz al hospital.", "Adiós"]),
        ("es", "Está en la pág. 5 del libro… o no", ["Está en la pág. 5 del libro…", "o no"]),
        ("zh", "大约是3.5公里。好", ["大约是3.5公里。", "好"]),
        ("es", "...", []),
        ("es", "", []),
    ],
)
def test_phrases_end_where_a_voice_may_pause(language: str, text: str, phrases: list[str]) -> None:
    requests, spoken = drive(SpeechStage(language), [update(text, final=True, language=language)])
    assert [request.text for request in requests] == phrases
    assert [item.text for item in spoken] == phrases


def test_a_phrase_is_spoken_before_its_utterance_ends() -> None:
    requests, _ = drive(SpeechStage("es", "es-419"), [update("uno dos"), update("tres, cuatro")])
    assert requests[0] == SpeechRequest("uno dos tres,", "es", "es-419")


def test_tentative_text_is_not_spoken() -> None:
    words = update("uno dos tres.").committed
    requests, spoken = drive(SpeechStage("es"), [Update(0, "es", (), words)])
    assert requests == [] and spoken == []


def test_utterances_are_not_spoken_together() -> None:
    updates = [update("uno", final=True), update("dos", 2.0, number=1, final=True)]
    _, spoken = drive(SpeechStage("es"), updates)
    assert [(item.utterance, item.language, item.text) for item in spoken] == [
        (0, "es", "uno"),
        (1, "es", "dos"),
    ]


def test_speech_follows_its_words_and_the_speech_before() -> None:
    updates = [
        update("uno dos tres.", 2.0),
        update("cuatro cinco seis.", 2.5),
        update("fin", 9.0, final=True),
    ]
    _, spoken = drive(SpeechStage("es"), updates)
    assert [item.audio.start for item in spoken] == [2.0, 3.3, 9.0]
    assert spoken[0].audio.end == 3.3


def test_silence_for_an_answer_is_passed_over() -> None:
    _, spoken = drive(SpeechStage("es"), [update("uno", final=True)], seconds_per_character=0.0)
    assert spoken == []


texts = st.lists(st.sampled_from(["uno", "dos,", "tres.", "cuatro", "…"]), max_size=6).map(" ".join)


@given(st.lists(st.tuples(texts, st.floats(0, 2), st.booleans()), max_size=20))
def test_all_is_spoken_once_in_order_and_never_over_itself(parts: list[tuple[str, float, bool]]) -> None:
    updates, time = [], 1.0
    for number, (text, pause, final) in enumerate(parts):
        time += pause
        updates.append(update(text, time, number=number, final=final))
    requests, spoken = drive(SpeechStage("es"), updates)
    said = " ".join(request.text for request in requests).split()
    committed = [word.text.strip() for item in updates for word in item.committed]
    assert [word for word in said if word != "…"] == [word for word in committed if word != "…"]
    for before, after in pairwise(spoken):
        assert before.audio.offset + len(before.audio.samples) <= after.audio.offset


@given(st.lists(st.integers(0, 9), max_size=9))
def test_any_grouping_of_words_gives_the_same_phrases(sizes: list[int]) -> None:
    words = update("uno dos, tres cuatro, cinco. seis siete ocho! nueve").committed
    updates, at = [], 0
    for size in sizes:
        updates.append(Update(0, "es", words[at : at + size]))
        at += size
    updates.append(Update(0, "es", words[at:], final=True))
    requests, _ = drive(SpeechStage("es"), updates)
    assert [r.text for r in requests] == ["uno dos, tres cuatro,", "cinco. seis siete ocho!", "nueve"]

"""A smoke run of the benchmark of recognition: a few seconds of everything on the embedded model."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import ctranslate2
import numpy as np
import pytest

import embedded
from asr.history import MOST_WORDS
from asr.presets import PRESETS, Name
from asr.whisper import BEAM, TENTATIVE_BEAM
from benchmarks import hour, noises, recognition, scoring, shapes, silence, talks, trial
from benchmarks.alignment import Aligner
from benchmarks.model_folder import with_card
from benchmarks.shapes import Shape
from streaming.audio import SAMPLE_RATE
from streaming.words import Word, text_of

SECONDS = 8.5
"""Three sentences of the English sample."""
needs_models = pytest.mark.skipif(not embedded.recognizers(), reason="no embedded models in this checkout")
pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def talk() -> talks.Talk:
    """The beginning of the English sample."""
    whole = next(talk for talk in talks.samples() if talk.language == "en")
    sentences = tuple(s for s in whole.sentences if s.end < SECONDS)
    words = tuple(word for word in whole.words if word.end <= sentences[-1].end)
    text = " ".join(sentence.text for sentence in sentences)
    samples = whole.samples[: round(SECONDS * SAMPLE_RATE)]
    return replace(whole, samples=samples, sentences=sentences, words=words, text=text)


@needs_models
@pytest.mark.parametrize("name", ["balanced", "whisper_streaming, our windows"])
def test_a_way_is_tried(talk: talks.Talk, name: str) -> None:
    folder = embedded.recognizers()[0]
    way = next(way for way in trial.ways(folder.name) if way.name == name)
    with trial.engines(folder, way) as engines:
        found = trial.figures(talk, trial.run(talk, way, engines))
    assert found.errors.rate < 1
    assert len(found.lags) > 5
    assert found.cost > 0
    assert recognition.row("talk", name, way.chunk, found, found, 1.0).count("|") == 15


def test_the_table_tells_how_many_notices_people_were_given() -> None:
    errors = scoring.errors(["one"], ["one"])
    figures = trial.Figures(errors, (1.0,), (1.0,), 0, 1, 60.0, 1.0, notices=2)
    head, _ = recognition.HEAD
    names = [name.strip() for name in head.split("|")]
    cells = recognition.row("talk", "balanced", 0.8, figures + figures, figures, 1.0).split("|")
    assert cells[names.index("notices")].strip() == "4"
    # Offline nobody is told anything.
    cells = recognition.row("talk", "offline", None, figures, None, None).split("|")
    assert (len(cells), cells[names.index("notices")].strip()) == (len(names), "")


def timed(found: talks.Talk) -> list[tuple[talks.Sentence, list[Word]]]:
    """The sentences whose words have times, with those words. Of true text too one may have none: processors
    compute 8-bit products differently, and an alignment with an impossible word is not used."""
    words = [word for word in found.words if word.end > word.start]
    parts = [
        (sentence, [word for word in words if sentence.start - 1e-6 <= word.start < sentence.end])
        for sentence in found.sentences
    ]
    return [(sentence, inside) for sentence, inside in parts if inside]


@needs_models
def test_true_text_is_aligned(talk: talks.Talk) -> None:
    found = Aligner(embedded.recognizers()[0]).align(replace(talk, words=()))
    assert text_of(found.words).split() == talk.text.split()
    known, errors = timed(found), list[float]()
    assert len(known) >= 2
    for sentence, words in known:
        assert text_of(words).split() == sentence.text.split()
        truth = [word for word in talk.words if sentence.start <= word.start < sentence.end]
        spoken = [word for word in words if word.text.strip(" .,")]
        errors += [abs(a.end - b.end) for a, b in zip(spoken, truth, strict=True)]
    assert sorted(errors)[len(errors) // 2] < 0.3


@needs_models
def test_an_alignment_that_lost_the_audio_tells_its_text_without_times(talk: talks.Talk) -> None:
    first, *rest = talk.sentences
    sentences = (replace(first, text=" ".join(40 * ["morning"])), *rest)
    found = Aligner(embedded.recognizers()[0]).align(replace(talk, words=(), sentences=sentences))
    assert text_of(found.words).split() == " ".join(sentence.text for sentence in sentences).split()
    known = [sentence for sentence, _ in timed(found)]
    assert known and sentences[0] not in known


@needs_models
def test_sound_without_speech_is_heard_out(tmp_path: Path) -> None:
    folder = embedded.recognizers()[0]
    way = trial.ways(folder.name)[0]
    speech = np.concatenate([talk.samples for talk in talks.samples()])
    with trial.engines(folder, way) as engines:
        sound = silence.sound("room", 3.0, np.random.default_rng(0), speech)
        assert silence.listen(sound, way, engines).committed == []


@pytest.mark.parametrize("kind", noises.KINDS)
def test_sounds_are_made_from_a_seed(kind: str) -> None:
    speech = np.random.default_rng(1).standard_normal(1 << 19).astype(np.float32) / 10
    one, two = (noises.KINDS[kind](2.0, np.random.default_rng(7), speech) for _ in range(2))
    assert one.shape == (2 * SAMPLE_RATE,)
    assert one.dtype == np.float32
    assert np.array_equal(one, two)
    assert 0.001 < np.sqrt(np.mean(one**2)) < 0.3


def sentences(path: Path, text: str) -> None:
    """Write a test set of Tatoeba's that says the same again and again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n" * 12, encoding="utf-8")


def test_who_never_stops_leaves_no_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("espeakng_loader", reason="speech synthesis is an extra")
    pair = tmp_path / "testsets" / "tatoeba" / "eng-cmn_Hans"
    sentences(pair / "tatoeba-test-v2021-08-07.eng", "Is it raining in the city today?")
    sentences(pair / "tatoeba-test-v2021-08-07.cmn_Hans", "今天早上城里下雨吗？")
    (tmp_path / "speech").mkdir()
    (tmp_path / "speech" / "manifest.jsonl").touch()
    monkeypatch.setenv("DRAGOMAN_DATA", str(tmp_path))
    found = talks.named("nonstop", 20.0)
    assert [talk.language for talk in found] == ["en", "zh"]
    for talk in found:
        assert 17.0 < talk.seconds <= 21.0
        blocks = talk.samples[: len(talk.samples) // 3200 * 3200].reshape(-1, 3200)
        assert np.abs(blocks).max(axis=1).min() > 0.01, "a fifth of a second is silent"


def test_who_never_stops_is_left_out_without_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRAGOMAN_DATA", raising=False)
    assert talks.described("nonstop", talks.named("nonstop")).startswith("nonstop: not here")


def test_a_telephone_carries_the_same_words_in_a_narrow_band() -> None:
    plain, narrow = talks.named("samples", 4.0), talks.named("telephone", 4.0)
    assert [(talk.name, talk.text, talk.words) for talk in narrow] == [
        (talk.name, talk.text, talk.words) for talk in plain
    ]
    for talk in narrow:
        power = np.abs(np.fft.rfft(talk.samples)) ** 2
        frequencies = np.fft.rfftfreq(len(talk.samples), 1 / SAMPLE_RATE)
        carried = (frequencies > 250) & (frequencies < 3_500)
        assert power[~carried].sum() < 0.01 * power.sum()


def test_recordings_that_were_cut_short_are_no_reference(tmp_path: Path) -> None:
    path = tmp_path / "LJ001.json"
    assert talks.whole(path) == []
    texts = ("Ask what you can do.", "The chapter was read to its end, but not the recording.")
    rows = [
        {"id": text[:3], "start": 2.0 * i, "end": 2.0 * i + 1.3, "text": text} for i, text in enumerate(texts)
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    assert [sentence.text for sentence in talks.whole(path)] == [texts[0]]


def test_an_hour_has_the_length_that_is_asked() -> None:
    chunks = list(hour.speech(talks.samples(), 70.0))
    assert chunks[-1].end == pytest.approx(70.0)
    assert all(a.offset + len(a.samples) == b.offset for a, b in pairwise(chunks))


def test_recordings_are_read_again_from_the_beginning_of_a_minute() -> None:
    talk = talks.samples()[0]
    again = hour.whole_minutes([talk]) * 60
    heard = np.concatenate([chunk.samples for chunk in hour.speech([talk], again + 1.0)])
    assert talk.seconds <= again < talk.seconds + 60
    assert np.array_equal(heard[again * SAMPLE_RATE :], talk.samples[:SAMPLE_RATE])
    assert not heard[len(talk.samples) : again * SAMPLE_RATE].any()


@needs_models
def test_an_hour_names_its_recordings_and_gives_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DRAGOMAN_DATA", raising=False)
    folder = embedded.recognizers()[0]
    hour.report(folder, trial.ways(folder.name)[0], 1)
    printed = capsys.readouterr().out
    assert "1 minutes of english (" in printed
    assert "(LJ001, LJ003 not here)" in printed
    assert "verdict: not known, too few minutes: core-s/s; lag p50, s; memory, MB" in printed


def test_a_shape_of_random_weights_costs_what_it_costs(tmp_path: Path) -> None:
    shape = Shape(64, 2, 1, 2)
    shapes.write(tmp_path, shape)
    model = ctranslate2.models.Whisper(str(tmp_path), compute_type="int8", intra_threads=1)
    row = shapes.row("toy", model, shape, 1)
    assert row.startswith("| toy | ")
    assert {line.count("|") for line in (row, *shapes.HEAD)} == {15}


class Asked:
    """A model that notes what it is asked to generate, and says as many tokens."""

    def __init__(self) -> None:
        self.prompts: list[tuple[list[int], int, int]] = []

    def generate(
        self,
        states: object,
        prompts: list[list[int]],
        *,
        beam_size: int,
        num_hypotheses: int,
        max_length: int,
    ) -> list[SimpleNamespace]:
        (prompt,) = prompts
        self.prompts.append((prompt, beam_size, num_hypotheses))
        before = prompt.index(shapes.PLAIN) + 1
        # As CTranslate2 caps it, where nothing ends the text.
        count = min(max_length // 2, max_length - (before - 1))
        return [SimpleNamespace(sequences_ids=[[0] * count])]

    def encode(self, features: object) -> None:
        return None

    def align(self, *asked: object) -> None:
        return None


def test_a_chunk_is_priced_with_all_the_words_that_may_stand() -> None:
    """48 words of English are 64 tokens; 12 were priced once."""
    asked = Asked()
    for beam in (1, BEAM):
        shapes.look(asked, Shape(64, 2, 1, 2), 4.0, beam)
    assert [beams for _, *beams in asked.prompts] == [[1, 1], [5, 5]]
    for prompt, *_ in asked.prompts:
        assert len(prompt) - prompt.index(shapes.PLAIN) - 1 == MOST_WORDS * 4 // 3 == 64


@pytest.mark.parametrize(
    ("family", "searched"), [("whisper", {TENTATIVE_BEAM, BEAM}), ("whisper-large-v3", {BEAM})]
)
def test_a_chunk_is_priced_with_the_search_of_its_family(family: str, searched: set[int]) -> None:
    asked = Asked()
    shapes.row("toy", asked, Shape(64, 2, 1, 2, family=family), 1)
    assert {beam for _, beam, _ in asked.prompts} == {1} | searched


@pytest.mark.parametrize("preset", PRESETS)
def test_streams_per_core_follow_the_presets_steps(preset: Name, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "least", lambda work, runs: 0.1)
    cells = [cell.strip() for cell in shapes.row("toy", Asked(), Shape(64, 2, 1, 2), 1).split("|")]
    names = [cell.strip() for cell in shapes.HEAD[0].split("|")]
    column = names.index(f"streams/core, {preset}")
    assert float(cells[column]) == pytest.approx(PRESETS[preset].step / 0.1)


@needs_models
def test_another_card_keeps_the_weights(tmp_path: Path) -> None:
    folder = embedded.recognizers()[0]
    changed = with_card(folder, tmp_path / "model", window_floor=30.0)
    assert (changed / "model.bin").samefile(folder / "model.bin")
    assert '"window_floor": 30.0' in (changed / "dragoman.json").read_text(encoding="utf-8")
    assert '"window_floor": 4.0' in (folder / "dragoman.json").read_text(encoding="utf-8")

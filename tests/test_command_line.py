"""The command line: what it prints, and one line and status 2 for every fault of the caller."""

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

import embedded
from mt.router import Router
from mt.tiers import Tiers
from server import commands, given
from server.__main__ import main
from server.commands import languages
from server.config import Config
from server.interpretation import installed, models
from server.interpretation.engines import Engines
from server.recordings.folder import default_folder
from server.recordings.jobstore import JobStore
from streaming.audio import SAMPLE_RATE
from streaming.decode import decode
from streaming.errors import LanguageError
from streaming.scripted import ScriptedDetector, ScriptedRecognizer, ScriptedTranslator, speak
from streaming.stages import Translation, TranslationRequest
from tests.test_jobs import job

HOUSE = Path(__file__).parent.parent
SAID = ["alpha", "bravo", "charlie", "", "delta", "echo"]


class CountingTranslator:
    """Serves three pairs, and notes the sizes of the batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    @property
    def pairs(self) -> set[tuple[str, str]]:
        return {("en", "es"), ("en", "zh"), ("fr", "en")}

    def pieces(self, text: str) -> int:
        return len(text.split())

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.batches.append(len(requests))
        return ScriptedTranslator().translate(requests)


@pytest.fixture
def translator(monkeypatch: pytest.MonkeyPatch) -> CountingTranslator:
    """Put scripted engines where the models would be loaded."""
    translator = CountingTranslator()

    def engines(config: Config, say: Callable[[str], None]) -> Engines:
        return Engines(ScriptedDetector(), ScriptedRecognizer(), Router([translator]))

    monkeypatch.setattr(models, "load_engines", engines)
    monkeypatch.setattr(models, "load_tiers", lambda config, say, wanted: Tiers(Router([translator])))
    return translator


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "said.flac", speak(SAID), SAMPLE_RATE)
    return tmp_path / "said.flac"


def type_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))


def dragoman(*arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(command, cwd=HOUSE, input=given, capture_output=True, timeout=60, check=False)


def one_line(error: str | bytes) -> str:
    text = error.decode() if isinstance(error, bytes) else error
    assert text.startswith("dragoman: ") and text.count("\n") == 1 and text.endswith("\n"), text
    return text


def test_help_imports_nothing_heavy() -> None:
    heavy = ["faster_whisper", "ctranslate2", "onnxruntime", "fastapi", "av", "numpy", "huggingface_hub"]
    program = f"import sys, server.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=HOUSE, capture_output=True, check=True)
    assert done.stdout == b"[]\n"


@pytest.mark.parametrize(
    ("command", "named"),
    [("interpret", "by name or path;"), ("translate", "by name or path;"), ("stream", "has, by its name;")],
)
def test_help_says_how_a_pack_is_named(capsys: pytest.CaptureFixture[str], command: str, named: str) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert named in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["sing"], "sing"),
        (["interpret"], "FILE"),
        (["interpret", "a.wav", "--format", "docx"], "docx"),
        (["interpret", "a.wav", "--to", "klingon!"], "klingon!"),
        (["interpret", "a.wav", "--mode", "fast"], "fast"),
        (["interpret", "a.wav", "--from", "en,zh"], "one language"),
        (["interpret", "a.wav", "--from", "en", "--to", "zh,en"], "both en"),
        (["interpret", "a.wav", "b.wav", "--format", "srt"], "--output"),
        (["interpret", "a.wav", "--to", "zh,es", "--format", "vtt"], "--output"),
        (["interpret", "x/a.wav", "y/a.mp3", "--output", "."], "same name"),
        (["interpret", "-", "stdin.wav", "--output", "."], "called stdin"),
        (["interpret", "a.wav", "--output", "/dev/null/there"], "/dev/null/there"),
        (["interpret", "a.wav", "--config", "missing.toml"], "missing.toml"),
        (["translate", "--to", "zh"], "--from"),
        (["stream", "a.wav", "--speed", "-1"], "0 … 100"),
        (["stream", "missing.wav", "--to", "zh"], "missing.wav: no such file"),
        (["models", "download"], "NAME"),
        (["serve", "--port", "eighty"], "eighty"),
        (["serve", "--port", "70000"], "70000"),
        (["serve", "--prot", "80"], "--prot 80, did you mean --port? (see dragoman serve --help)"),
        (["serve", "--hosts=::1"], "did you mean --host? (see dragoman serve --help)"),
        (["interpret", "a.wav", "--quietly"], "--quietly (see dragoman interpret --help)"),
        (["keys", "add", "Ann", "--rol", "admin", "--rom", "x"], "(see dragoman keys add --help)"),
    ],
)
def test_a_fault_of_the_caller_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(arguments) == 2
    assert says in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(("to", "told"), [((), False), (("--to", "zh"), True)])
def test_languages_that_a_room_does_not_take_are_told(
    recording: Path, capsys: pytest.CaptureFixture[str], to: tuple[str, ...], told: bool
) -> None:
    url = "http://127.0.0.1:9/v1/rooms/hall/floor"
    assert main(["stream", str(recording), *to, "--url", url]) == 2
    assert ("--to changes nothing" in capsys.readouterr().err) is told


def test_a_process_ends_with_status_2_and_no_traceback(tmp_path: Path) -> None:
    done = dragoman("stream", str(tmp_path), "--to", "zh")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "directory" in one_line(done.stderr)


def test_where_no_server_answers_one_line_says_so(recording: Path) -> None:
    done = dragoman("stream", str(recording), "--to", "zh", "--url", "ws://127.0.0.1:9/v1/live")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "ws://127.0.0.1:9/v1/live" in one_line(done.stderr)


@pytest.mark.parametrize(("given", "says"), [(b"", "no sound"), (b"a", "odd number")])
def test_standard_input_must_hold_sound(given: bytes, says: str) -> None:
    done = dragoman("stream", "-", "--url", "ws://127.0.0.1:9/v1/live", given=given)
    assert done.returncode == 2
    assert says in one_line(done.stderr)


@pytest.mark.parametrize("mode", [[], ["--mode", "live"]], ids=["accurate", "live"])
def test_interpret_prints_utterances(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str], mode: list[str]
) -> None:
    assert main(["interpret", str(recording), "--from", "en", "--to", "es,zh", *mode]) == 0
    printed = capsys.readouterr()
    assert [line.split("] ")[-1].strip() for line in printed.out.splitlines()][:2] == [
        "en: alpha bravo charlie",
        "es: ahpla ovarb eilrahc",
    ]
    assert printed.out.count("\n") == 6
    assert printed.err == ""


def test_interpret_prints_a_json_document_for_each_recording(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interpret", str(recording), str(recording), "--to", "es", "--format", "json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == second
    assert first["language"] == "en"
    assert first["duration"] == pytest.approx(len(speak(SAID)) / SAMPLE_RATE, abs=0.001)
    assert [u["translations"] for u in first["utterances"]] == [
        {"es": "ahpla ovarb eilrahc"},
        {"es": "atled ohce"},
    ]


def test_interpret_prints_subtitles_of_the_target(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interpret", str(recording), "--to", "es", "--format", "vtt"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("WEBVTT\n") and "ahpla ovarb eilrahc" in printed and "alpha" not in printed


@pytest.mark.parametrize("targets", ["es,", ",es", "es,es-MX", "es,ES"])
def test_one_target_needs_no_folder_however_often_it_is_named(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str], targets: str
) -> None:
    assert main(["interpret", str(recording), "--to", targets, "--format", "text"]) == 0
    assert capsys.readouterr().out == "ahpla ovarb eilrahc\natled ohce\n"


@pytest.mark.parametrize("form", ["flac", "mov"])
def test_interpret_reads_a_recording_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, translator: CountingTranslator, tmp_path: Path, form: str
) -> None:
    """Also one whose container says at its end what is in it."""
    with av.open(tmp_path / "said", "w", format=form) as container:
        stream = container.add_stream("flac" if form == "flac" else "pcm_s16le", SAMPLE_RATE, layout="mono")
        pcm = (speak(SAID) * 32767).astype(np.int16)[np.newaxis]
        frame = av.AudioFrame.from_ndarray(pcm, "s16", "mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    type_in(monkeypatch, (tmp_path / "said").read_bytes())
    out = tmp_path / "out"
    assert main(["interpret", "-", "--to", "es", "--format", "text", "--output", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["stdin.en.txt", "stdin.es.txt"]
    assert (out / "stdin.en.txt").read_text(encoding="utf-8") == "alpha bravo charlie\ndelta echo\n"


@pytest.mark.parametrize(("given", "says"), [(b"", "is empty"), (b"no sound", "not audio")])
def test_what_comes_by_standard_input_is_called_so(
    monkeypatch: pytest.MonkeyPatch,
    translator: CountingTranslator,
    capsys: pytest.CaptureFixture[str],
    given: bytes,
    says: str,
) -> None:
    type_in(monkeypatch, given)
    assert main(["interpret", "-"]) == 2
    error = one_line(capsys.readouterr().err)
    assert error.startswith("dragoman: standard input: ") and says in error


def test_interpret_writes_a_file_for_each_language(
    recording: Path, translator: CountingTranslator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    arguments = ["interpret", str(recording), "--to", "es,zh", "--format", "srt", "--output", str(out)]
    assert main(arguments) == 0
    assert sorted(path.name for path in out.iterdir()) == ["said.en.srt", "said.es.srt", "said.zh.srt"]
    assert "alpha bravo charlie" in (out / "said.en.srt").read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_a_language_is_the_same_however_its_code_is_written() -> None:
    assert languages("zh-CN, zho,ZH_hans,zh-TW,eng , yue") == ("zh", "en", "yue")
    for wrong in ("klingon", "z", "zh-", "zh CN", "K\u212a"):
        with pytest.raises(LanguageError, match="language code"):
            languages(wrong)


def test_a_recording_that_cannot_be_read_does_not_stop_the_others(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interpret", str(recording.with_name("missing.wav")), str(recording)]) == 2
    printed = capsys.readouterr()
    assert "no such file" in one_line(printed.err)
    assert "alpha bravo charlie" in printed.out


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.wav", "no such file"),
        ("folder", "directory"),
        ("text.wav", "not audio"),
        ("a" * 300, "no such file"),
    ],
)
def test_recordings_that_cannot_be_read_are_told_before_models_are_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    loaded: list[Config] = []
    monkeypatch.setattr(models, "load_engines", lambda config, say: loaded.append(config))
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.wav").write_text("no sound")
    assert main(["interpret", str(tmp_path / name), "--to", "zh"]) == 2
    assert says in one_line(capsys.readouterr().err)
    assert not loaded


@pytest.mark.parametrize(
    "command",
    [
        ["translate", "--from", "en", "--to", "zh", "--pack"],
        ["packs", "check"],
        ["interpret", str(embedded.samples()[0]), "--model"],
        ["models", "convert"],
    ],
)
def test_a_name_that_no_file_can_have_is_nobodys_traceback(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "x" * 300]) == 2
    assert "no file or model has a name of 300 letters" in one_line(capsys.readouterr().err)


def test_a_pipe_is_not_opened_to_look_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(given, "duration", looked.append)
    os.mkfifo(tmp_path / "pipe")
    given.look(tmp_path / "pipe")
    assert not looked


def test_results_that_cannot_be_written_do_not_stop_the_others(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other, out = tmp_path / "other.flac", tmp_path / "out"
    other.write_bytes(recording.read_bytes())
    (out / "said.en.srt").mkdir(parents=True)
    assert main(["interpret", str(recording), str(other), "--format", "srt", "--output", str(out)]) == 2
    assert f"{out / 'said.en.srt'}: it cannot be written (" in one_line(capsys.readouterr().err)
    assert "alpha bravo charlie" in (out / "other.en.srt").read_text(encoding="utf-8")


def test_a_pair_that_no_model_serves_is_refused_before_the_work_begins(
    recording: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interpret", str(recording), "--from", "en", "--to", "fr"]) == 2
    printed = capsys.readouterr()
    assert "en→zh" in one_line(printed.err)
    assert printed.out == ""


@pytest.mark.parametrize("form", [[], ["--format", "srt"]])
def test_a_target_that_nothing_reaches_is_refused_before_anybody_is_heard(
    recording: Path,
    translator: CountingTranslator,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    form: list[str],
) -> None:
    out = tmp_path / "subtitles"
    assert main(["interpret", str(recording), "--to", "xx", *form, "--output", str(out)]) == 2
    assert "nothing can be translated into 'xx', only into en, es, zh" in one_line(capsys.readouterr().err)
    assert not any(out.iterdir())


def test_a_pair_through_english_is_used_and_said(
    monkeypatch: pytest.MonkeyPatch, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, b"abc\n")
    assert main(["translate", "--from", "fr", "--to", "es"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "abc\n"  # reversed twice
    assert "through en" in one_line(printed.err)


def test_a_recording_of_silence_says_nothing(
    tmp_path: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(3 * SAMPLE_RATE), SAMPLE_RATE)
    assert main(["interpret", str(tmp_path / "silence.wav"), "--to", "zh"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("file", [[], ["-"]], ids=["none", "-"])
def test_translate_gives_a_line_for_a_line(
    monkeypatch: pytest.MonkeyPatch,
    translator: CountingTranslator,
    capsys: pytest.CaptureFixture[str],
    file: list[str],
) -> None:
    type_in(monkeypatch, "abc def\n\n  \nhé\r\nlast".encode())
    assert main(["translate", *file, "--from", "en", "--to", "es,"]) == 0
    assert capsys.readouterr().out == "cba fed\n\n\néh\ntsal\n"


def test_the_mark_that_windows_puts_before_a_text_is_not_translated(
    monkeypatch: pytest.MonkeyPatch, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "abc\ndef\n".encode("utf-8-sig"))
    assert main(["translate", "--from", "en", "--to", "es"]) == 0
    assert capsys.readouterr().out == "cba\nfed\n"


def test_translate_keeps_order_over_batches_of_bounded_size(
    tmp_path: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str]
) -> None:
    # Backwards, a number would be another one, and be put right.
    letters = str.maketrans("0123456789", "abcdefghij")
    lines = [f"line {i}".translate(letters) if i % 7 else "" for i in range(1000)]
    (tmp_path / "text").write_text("\n".join(lines) + "\n")
    assert main(["translate", "--from", "en", "--to", "es", str(tmp_path / "text")]) == 0
    expected = [" ".join(word[::-1] for word in line.split()) for line in lines]
    assert capsys.readouterr().out.splitlines() == expected
    assert max(translator.batches) <= commands.BATCH
    assert len(translator.batches) > 3


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["--from", "en", "--to", "fr"], b"x\n", "en→zh"),
        (["--from", "en", "--to", "es"], b"fine\n\xff\xfe\n", "line 2"),
        (["--from", "en", "--to", "es", "missing.txt"], b"", "missing.txt"),
        (["--from", "en", "--to", "es", "."], b"", "."),
    ],
)
def test_translate_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    translator: CountingTranslator,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    given: bytes,
    says: str,
) -> None:
    type_in(monkeypatch, given)
    assert main(["translate", *arguments]) == 2
    assert says in one_line(capsys.readouterr().err)


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    program = (
        "import sys; from server import __main__ as m; from server.interpretation import models;"
        "from streaming.scripted import ScriptedTranslator as T; from mt.router import Router;"
        "from mt.tiers import Tiers; T.pairs = {('en', 'es')};"
        "models.load_tiers = lambda *a: Tiers(Router([T()]));"
        "sys.exit(m.main(['translate', '--from', 'en', '--to', 'es']))"
    )
    command = [sys.executable, "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=HOUSE, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write(b"word\n" * 10)
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_interruption_ends_with_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installed, "installed", interrupted)
    assert main(["models"]) == 130


needs_models = [
    pytest.mark.models,
    pytest.mark.skipif(
        not (embedded.recognizers() and embedded.translators() and embedded.samples()),
        reason="no embedded models in this checkout",
    ),
]


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first ten seconds of the English sample."""
    english = next(path for path in embedded.samples() if "english" in path.stem)
    path = tmp_path_factory.mktemp("samples") / "beginning.wav"
    chunks = [chunk.samples for chunk in islice(decode(english), 100)]
    soundfile.write(path, np.concatenate(chunks), SAMPLE_RATE)
    return path


def chinese(text: str) -> int:
    return sum("\u4e00" <= character <= "\u9fff" for character in text)


class TestEmbedded:
    pytestmark = needs_models

    def test_interprets_a_sample(self, beginning: Path) -> None:
        arguments = ["interpret", str(beginning), "--from", "en", "--to", "zh", "--model", "embedded"]
        done = dragoman(*arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["duration"] == pytest.approx(10, abs=0.01)
        words = [word for utterance in found["utterances"] for word in utterance["words"]]
        assert len(words) > 8
        assert all(0 <= word["start"] <= word["end"] <= 10.01 for word in words)
        assert chinese("".join(utterance["translations"]["zh"] for utterance in found["utterances"])) > 8

    def test_translates_lines(self) -> None:
        given = b"Good morning.\n\nThe train leaves at nine.\n"
        done = dragoman("translate", "--from", "en", "--to", "zh", given=given)
        assert done.returncode == 0, done.stderr
        first, empty, last = done.stdout.decode().splitlines()
        assert chinese(first) and not empty and chinese(last)

    def test_lists_themselves(self) -> None:
        done = dragoman("models")
        assert done.returncode == 0, done.stderr
        for path in embedded.recognizers() + embedded.translators():
            assert path.name in done.stdout.decode()

    def test_show_themselves(self) -> None:
        """The first command of the README, without its pacing, beside what the user has of his own."""
        own = default_folder()
        with closing(JobStore(own / "jobs.sqlite3")) as store:
            store.add(job("own"), most=9)
        done = subprocess.run(
            [sys.executable, "-m", "server", "demo", "--speed", "0"],
            cwd=HOUSE,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed = done.stdout.decode()
        english, _, other = printed.partition("chinese.flac")
        assert chinese(english) > 50 and "zh" in english
        assert " en  " in other and chinese(other) > 50
        with closing(JobStore(own / "jobs.sqlite3")) as store:
            assert store.get("own") == job("own")
            store.delete("own")


def test_a_busy_port_is_one_line_and_status_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = dragoman("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, b"")
    assert str(port) in one_line(done.stderr)


def test_a_pack_of_one_term_is_listed_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.toml").write_text('[[terms]]\nen = "alpha"\nes = "primero"\n')
    config = tmp_path / "configuration"
    config.write_text(f"[packs]\nfolder = {json.dumps(str(tmp_path))}\n")
    assert main(["packs", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines()[0].split("\t")[:2] == ["one", "1 term"]


def test_packs_are_listed_checked_and_used(
    tmp_path: Path, translator: CountingTranslator, capsys: pytest.CaptureFixture[str], recording: Path
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad.toml"
    good.mkdir()
    (good / "pack.toml").write_text('glossary = "t.csv"\n[replacements.en]\ndelta = "Delta"\n')
    long = tmp_path / "long.toml"
    long.write_text(f"[prompt]\nen = '{'word ' * 100}'\n")
    (good / "t.csv").write_text("en,es\nalpha,primero\n")
    bad.write_text("one = 1\ntwo = 2\n")
    assert main(["packs"]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == [
        "conference",
        "medicine",
        "software",
    ]
    assert main(["packs", "check", str(good), str(bad), str(tmp_path / "none")]) == 2
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{good}: good: 1 term, 0 names: in order"
    assert out[1].startswith(f"{bad}:1: unknown key 'one'; a pack has")
    assert out[2].startswith(f"{bad}:2: unknown key 'two'; a pack has")
    assert out[3].startswith(f"{tmp_path / 'none'}: a pack's folder or TOML file was expected")
    one = tmp_path / "one.toml"
    one.write_text('do_not_translate = ["Ray"]\n')
    assert main(["packs", "check", str(one)]) == 0
    assert capsys.readouterr().out == f"{one}: one: 0 terms, 1 name: in order\n"
    assert main(["packs", "check", str(long)]) == 0
    assert "prompt.en: longer than about 36 words" in capsys.readouterr().out
    (tmp_path / "text").write_text("one alpha\nanother\n")
    text = str(tmp_path / "text")
    assert main(["translate", "--from", "en", "--to", "es", "--pack", str(good), text]) == 0
    translated = capsys.readouterr().out.splitlines()
    assert "primero" in translated[0] and translated[1] == "rehtona"
    assert main(["interpret", "--from", "en", "--to", "es", "--pack", str(good), str(recording)]) == 0
    shown = capsys.readouterr().out
    assert "Delta echo" in shown and "primero" in shown.lower()
    assert main(["translate", "--from", "en", "--to", "es", "--pack", "none", text]) == 2
    assert "there is no domain pack 'none'" in one_line(capsys.readouterr().err)

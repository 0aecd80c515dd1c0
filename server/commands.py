"""What the commands of the command line do; heavy imports wait until the command that needs them runs."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streaming.errors import InputError, LanguageError

if TYPE_CHECKING:
    from tqdm import tqdm

    from mt.router import Router
    from server.config import Config
    from server.interpretation.engines import Engines
    from server.interpretation.graph import Interpretation
    from server.interpretation.packs import Packs
    from server.records.record import UtteranceRecord

BATCH = 256
"""Lines that are translated together."""


def say(message: str) -> None:
    """Tell the person at the terminal something; standard output stays clean."""
    print(f"dragoman: {message}", file=sys.stderr, flush=True)


def serve(arguments: Namespace) -> None:
    """Run the server until it is told to stop."""
    from server import app

    app.serve(
        configured(
            arguments,
            server={"host": arguments.host, "port": arguments.port},
            recognition={"model": arguments.model},
            events={"path": arguments.log},
        )
    )


def interpret(arguments: Namespace) -> int:
    """Interpret recordings; one that cannot be read, or whose results cannot be written, stops no others."""
    from server import given
    from server.interpretation import models, packs

    wanted = _wanted(arguments)
    _check_names(arguments, wanted)
    config = configured(arguments, recognition={"model": arguments.model})
    wanted = replace(wanted, packs=_packs(arguments, config))
    there = [path for path in arguments.files if _is_there(path)]
    if not there:
        return 2
    engines = models.load_engines(packs.preferring(config, wanted.packs), say)
    _check_pairs(wanted, engines)
    workers = models.workers(config)
    status = 0 if len(there) == len(arguments.files) else 2
    for path in there:
        try:
            with given.recording(path) as file:
                _interpret_one(file, wanted, engines, workers, arguments)
        except InputError as error:
            say(str(error))
            status = 2
    return status


def _is_there(path: Path) -> bool:
    """Look whether a recording can be opened, before models are loaded for it; if not, say why."""
    from server import given

    try:
        given.look(path)
    except InputError as error:
        say(str(error))
        return False
    return True


def translate(arguments: Namespace) -> None:
    """Translate lines in batches: an empty line stays one, order is kept, memory is bounded."""
    from mt.faithful import FaithfulTranslator
    from mt.tiers import Tier
    from server import given
    from server.interpretation import models, packs
    from streaming.stages import TranslationRequest

    source, target = one_language(arguments.source), one_language(arguments.target)
    with given.lines(arguments.file) as lines:
        config = configured(arguments)
        chosen = _packs(arguments, config)
        tiers = models.load_tiers(packs.preferring(config, chosen), say, (Tier.LARGE,))
        _say_route(tiers.medium, source, target)
        translator = FaithfulTranslator(tiers)
        while batch := list(islice(lines, BATCH)):
            requests = [
                TranslationRequest(
                    line, "", source, target, True, terms=chosen.glossary.terms(line, source, target)
                )
                for line in batch
                if line
            ]
            answers = iter(translator.translate(requests) if requests else ())
            for line in batch:
                print(" ".join(next(answers).text.split()) if line else "")
            sys.stdout.flush()


def list_models(arguments: Namespace) -> None:
    """List what is installed, and, where translators of several sizes are configured, their tiers."""
    from server.interpretation.installed import configured_tiers, installed

    tiers = configured_tiers(configured(arguments))
    found = installed(tiers)
    heads = ("KIND", "NAME", "FAMILY", "LICENCE", "SERVES", "WHERE", "TIER")
    rows = [
        (m.kind, m.name, m.family, m.licence, m.serves, str(m.path), tiers.get(m.path.resolve(), ""))
        for m in found
    ]
    show_table([row if tiers else row[:-1] for row in (heads, *rows)])


def show_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of as many cells each, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def stream(arguments: Namespace) -> None:
    """Play a recording to a server and show what comes back."""
    from server import given
    from server.client import address, playback, voices

    wanted = _wanted(arguments)
    listener: playback.Listener = (
        playback.JsonListener() if arguments.format == "jsonl" else playback.caption_listener(wanted)
    )
    url = address.to_speak(arguments.url)
    if wanted.targets and "/v1/rooms/" in url:
        say("in a room the room and its listeners choose the languages: --to changes nothing there")
    if arguments.speak:
        wanted = replace(wanted, speak=wanted.targets)
        listener = voices.VoiceFiles(arguments.speak, listener)
    playback.play(
        *(given.chunks(arguments.file), url, wanted, arguments.speed, listener),
        packs=arguments.packs,
        key=_key(),
    )


def listen(arguments: Namespace) -> None:
    """Read a room and show what is said there."""
    from server.client import address, playback
    from server.wire.room_messages import Listen

    language = arguments.language if arguments.language == "floor" else one_language(arguments.language)
    listener: playback.Listener = (
        playback.JsonListener() if arguments.format == "jsonl" else playback.reading_listener()
    )
    url = address.to_listen(arguments.url, arguments.room)
    playback.read(url, Listen(language, arguments.style, token=_key()), listener)


def _key() -> str:
    """Take the key from the environment: arguments are for everybody on the machine to see."""
    return os.environ.get("DRAGOMAN_KEY", "")


def demo(arguments: Namespace) -> None:
    """Show the whole on the sample recordings."""
    from server import demo

    demo.run(arguments.speed)


def languages(written: str) -> tuple[str, ...]:
    """Read ``zh,es`` as language codes, each once; ``zh-CN`` is ``zh``.

    Raises:
        LanguageError: something that is no language code.
    """
    from mt.languages import is_code, normalized

    found = [code.strip() for code in written.split(",") if code.strip()]
    if wrong := next((code for code in found if not is_code(code)), None):
        raise LanguageError(f"a language code such as en or zh was expected, {wrong!r} came")
    return tuple(dict.fromkeys(map(normalized, found)))


def _wanted(arguments: Namespace) -> "Interpretation":
    from server.interpretation.graph import Interpretation

    targets = languages(arguments.targets)
    if arguments.source == "auto":
        return Interpretation(None, targets)
    source = one_language(arguments.source)
    if source in targets:
        raise LanguageError(f"source and target are both {source}")
    return Interpretation(source, targets)


def one_language(written: str) -> str:
    """Read a single language code.

    Raises:
        LanguageError: none, several, or something that is no language code.
    """
    match languages(written):
        case (code,):
            return code
    raise LanguageError(f"one language was expected, {written!r} came")


def configured(arguments: Namespace, **overrides: Mapping[str, object]) -> "Config":
    from server import config

    return config.load(arguments.config, **overrides)


def _packs(arguments: Namespace, config: "Config") -> "Packs":
    """Take the packs that the command line names, by name or path, or those of the configuration."""
    from server.interpretation import packs

    shelf = packs.shelf(config.packs.folder, config.packs.use, paths=True)
    chosen = shelf.take(arguments.packs)
    for conflict in chosen.conflicts:
        say(str(conflict))
    return chosen


def _check_pairs(wanted: "Interpretation", engines: "Engines") -> None:
    """See that models serve what is wanted; where the source is still to be detected, that some pair reaches
    each target."""
    from server.interpretation.languages import Languages

    for route in Languages(engines).routes(wanted):
        _say_via(wanted.source, route.target, route.via)


def _say_route(router: "Router", source: str, target: str) -> None:
    _say_via(source, target, router.route(source, target).via)


def _say_via(source: str | None, target: str, via: str | None) -> None:
    if via:
        say(f"{source} → {target} goes through {via}")


def _check_names(arguments: Namespace, wanted: "Interpretation") -> None:
    """See before the work begins that every result has a place of its own."""
    from server import given
    from server.records import forms

    stems = [given.name(path) for path in arguments.files]
    if arguments.output is None:
        if arguments.format not in forms.OF_ALL_LANGUAGES and (len(stems) > 1 or len(wanted.targets) > 1):
            raise InputError(f"{arguments.format} for several recordings or languages needs --output DIR")
        return
    if twice := next((stem for stem in stems if stems.count(stem) > 1), None):
        raise InputError(f"two recordings are called {twice}: their results would have the same name")
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{arguments.output}: results cannot be written there ({error.strerror})") from error


def _interpret_one(
    path: Path, wanted: "Interpretation", engines: "Engines", workers: int, arguments: Namespace
) -> None:
    from server.client.notices import Notices
    from server.recordings import files
    from server.records import forms

    def show(utterance: "UtteranceRecord") -> None:
        if arguments.format == "bilingual" and arguments.output is None:
            bar.clear()
            sys.stdout.write(forms.bilingual(utterance))
            sys.stdout.flush()

    with _progress(path) as bar:
        notices = Notices(lambda line: bar.write(f"dragoman: {path.name}: {line}", file=sys.stderr))
        record = files.interpret(
            path,
            wanted,
            engines,
            on_progress=lambda seconds: bar.update(seconds - bar.n),
            on_utterance=show,
            on_notice=notices.hear,
            approach=files.Approach(arguments.mode),
            workers=workers,
        )
        notices.close()
    if arguments.output is not None:
        for ending, content in forms.files(record, wanted.targets, arguments.format):
            _write(arguments.output / f"{path.stem}{ending}", content)
    elif arguments.format != "bilingual":
        (*_, (_, content)) = forms.files(record, wanted.targets, arguments.format)
        sys.stdout.write(content)
        sys.stdout.flush()


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: it cannot be written ({error.strerror})") from error


def _progress(path: Path) -> "tqdm[Any]":
    from tqdm import tqdm

    from streaming.decode import duration

    seconds = duration(path)
    layout = "{desc}: {percentage:3.0f} % |{bar}| {n:.0f} of {total:.0f} s, {remaining} left"
    return tqdm(
        total=seconds,
        desc=path.name,
        unit="s",
        leave=False,
        disable=not sys.stderr.isatty(),
        bar_format=layout if seconds else None,
    )

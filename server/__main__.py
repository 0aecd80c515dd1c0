"""The command line: ``dragoman serve | interpret | stream | listen | translate | …``."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from server import administration, commands, version
from streaming import memory
from streaming.errors import DragomanError, InputError

_SERVER = "ws://127.0.0.1:8765"
_FLOOR = f"{_SERVER}/v1/rooms/ROOM/floor"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 2 where what was given cannot be used."""
    # Engines have threads of their own, a core each; NumPy's would only fight them for the cores. It reads
    # this when it is first imported, which happens inside the commands.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    memory.keep()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # whatever the locale, a character is no reason to stop
    try:
        parsed = _parser().parse_args(arguments)
        return int(parsed.run(parsed) or 0)
    except InputError as error:
        return _failed(error, 2)
    except DragomanError as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Nobody reads on (as `| head`): leave quietly, and do not let the last flush complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return _failed(InputError(f"no file or model has a name of {len(str(error.filename))} letters"), 2)


def _failed(error: DragomanError, status: int) -> int:
    print(f"dragoman: {error}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # Each command judges its own arguments: argparse leaves that to the program, whose help lists none.
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            close = get_close_matches(rest[0].partition("=")[0], list(self._option_string_actions), 1)
            meant = f", did you mean {close[0]}?" if close else ""
            self.error(f"unrecognized arguments: {' '.join(rest)}{meant}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="dragoman", description="Speech translation and simultaneous interpretation.")
    parser.add_argument("--version", action="version", version=f"dragoman {version.installed()}")
    command = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_serve, _interpret, _stream, _listen, _translate, _models, _packs, _keys, _config, _demo):
        add(command)
    return parser


def _serve(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("serve", help="run the server")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8765)")
    parser.add_argument(
        "--log", metavar="FILE", help="file of the event log, or memory: keep none (one in the user's folder)"
    )
    _engines(parser)
    parser.set_defaults(run=commands.serve)


def _interpret(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("interpret", help="interpret recordings, as fast as the machine allows")
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="anything that FFmpeg reads; -: from standard input, called stdin",
    )
    _languages(parser)
    parser.add_argument(
        "--mode",
        choices=["accurate", "live"],
        default="accurate",
        help="whole utterances and sentences, or exactly what live would have committed (accurate)",
    )
    forms = ["bilingual", "text", "json", "srt", "vtt", "ttml"]
    parser.add_argument("--format", choices=forms, default="bilingual", help="what is written (bilingual)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write a file there for each")
    _terms(parser)
    _engines(parser)
    parser.set_defaults(run=commands.interpret)


def _stream(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser(
        "stream", help="play a recording to a server and show its captions; DRAGOMAN_KEY lets it in"
    )
    parser.add_argument("file", metavar="FILE", help="a recording; -: raw s16le, 16 kHz, from standard input")
    _languages(parser)
    parser.add_argument("--url", default=_SERVER, help=f"the server ({_SERVER}); in a room: {_FLOOR}")
    parser.add_argument("--speed", type=_speed, default=1.0, help="times real time (1); 0: no pacing")
    _form(parser)
    _terms(parser, "a domain pack that the server has, by its name")
    parser.add_argument("--speak", type=Path, metavar="DIR", help="write the spoken translations there")
    parser.set_defaults(run=commands.stream)


def _listen(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("listen", help="show the captions of a room; DRAGOMAN_KEY lets it in")
    parser.add_argument("room", metavar="ROOM", help="its id")
    parser.add_argument("--language", default="floor", help="language to read; floor: what is spoken (floor)")
    parser.add_argument(
        "--style",
        choices=["fast", "steady", "sentence"],
        default="fast",
        help="with tentative text, committed text as it comes, or whole sentences (fast)",
    )
    parser.add_argument("--url", default=_SERVER, help=f"the server ({_SERVER})")
    _form(parser)
    parser.set_defaults(run=commands.listen)


def _translate(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("translate", help="translate text, one sentence per line")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="UTF-8 text; - or none: standard input"
    )
    parser.add_argument(
        "--from", dest="source", required=True, metavar="LANGUAGE", help="of the text, e.g. en"
    )
    parser.add_argument("--to", dest="target", required=True, metavar="LANGUAGE", help="e.g. zh")
    _terms(parser)
    _configuration(parser)
    parser.set_defaults(run=commands.translate)


def _models(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("models", help="list the installed models, or get more")
    _configuration(parser)
    parser.set_defaults(run=commands.list_models)
    action = parser.add_subparsers(metavar="ACTION")
    download = action.add_parser("download", help="fetch a model")
    download.add_argument(
        "name", metavar="NAME", help="small … large-v3, opus-mt-en-zh, or a repository of the hub"
    )
    download.set_defaults(run=administration.download_model)
    convert = action.add_parser("convert", help="convert a Hugging Face checkpoint (needs the extra convert)")
    convert.add_argument(
        "name", metavar="FOLDER-OR-NAME", help="OPUS-MT, M2M100, NLLB-200, MADLAD-400, T5 or Whisper"
    )
    convert.add_argument("--output", metavar="NAME", help="name of the model (as the checkpoint)")
    convert.add_argument(
        "--quantization",
        choices=["int8", "int8_float16", "int16", "float16", "float32"],
        default="int8",
        help="of the weights (int8)",
    )
    convert.set_defaults(run=administration.convert_model)


def _packs(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("packs", help="list the installed domain packs, or check some")
    _configuration(parser)
    parser.set_defaults(run=administration.list_packs)
    action = parser.add_subparsers(metavar="ACTION")
    check = action.add_parser("check", help="say what is wrong with them, line by line")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a pack's folder or TOML file")
    check.set_defaults(run=administration.check_packs)


def _keys(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("keys", help="make, list or revoke the keys that let clients in")
    action = parser.add_subparsers(metavar="ACTION", required=True)
    add = action.add_parser("add", help="make a key; it is shown once")
    add.add_argument("name", metavar="NAME", help="whom it is for")
    add.add_argument(
        "--role", required=True, help="admin, operator, interpreter, speaker, listener or monitor"
    )
    add.add_argument("--room", help="the only room it is for (all)")
    add.set_defaults(run=administration.add_key)
    shown = action.add_parser("list", help="list whose keys there are; keys themselves are never shown again")
    shown.set_defaults(run=administration.list_keys)
    revoke = action.add_parser("revoke", help="revoke a key, at once")
    revoke.add_argument("id", metavar="ID", help="as 'keys list' shows it")
    revoke.set_defaults(run=administration.revoke_key)
    for each in (add, shown, revoke):
        _configuration(each)


def _config(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("config", help="check a configuration, or show every setting")
    action = parser.add_subparsers(metavar="ACTION", required=True)
    check = action.add_parser("check", help="say what is wrong with a configuration")
    check.add_argument("file", type=Path, metavar="FILE", help="configuration file (TOML)")
    check.set_defaults(run=administration.check_config)
    shown = action.add_parser("show", help="write every setting, its default and what it means, as TOML")
    shown.set_defaults(run=administration.show_config)


def _demo(command: "argparse._SubParsersAction[_Parser]") -> None:
    parser = command.add_parser("demo", help="interpret the sample recordings live, with a server of its own")
    parser.add_argument("--speed", type=_speed, default=1.0, help="times real time (1); 0: no pacing")
    parser.set_defaults(run=commands.demo)


def _form(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=["text", "jsonl"],
        default="text",
        help="captions as they grow, or every message of the server, one per line (text)",
    )


def _languages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="source", default="auto", metavar="LANGUAGE", help="language spoken (auto)"
    )
    parser.add_argument(
        "--to", dest="targets", default="", metavar="LANGUAGES", help="to translate into, e.g. zh,es"
    )


def _terms(parser: argparse.ArgumentParser, pack: str = "a domain pack, by name or path") -> None:
    parser.add_argument(
        "--pack",
        dest="packs",
        action="append",
        default=[],
        metavar="NAME",
        help=f"{pack}; again for more, the first has precedence",
    )


def _engines(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", help="recognizer: tiny … large-v3-turbo, a folder, or auto")
    _configuration(parser)


def _configuration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file (TOML)")


def _speed(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"0 … 100 was expected, {written!r} came")
    return value


if __name__ == "__main__":
    sys.exit(main())

"""What the commands of whoever runs a server do: its keys, configuration, domain packs, further models."""

import re
import time
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from server.commands import configured, say, show_table
from streaming.errors import ConfigError, InputError, PackError

if TYPE_CHECKING:
    from server.access.keys import KeyFile


def add_key(arguments: Namespace) -> None:
    """Make a key and show it, this once."""
    from server.access.auth import ROOM, Role, new_key

    if arguments.role not in list(Role):
        raise InputError(f"one of the roles {', '.join(Role)} was expected, {arguments.role!r} came")
    if arguments.room is not None and not re.fullmatch(ROOM, arguments.room):
        raise InputError(f"a room is called by 1 … 64 small letters, digits and -; {arguments.room!r} came")
    file = _key_file(arguments)
    text, key = new_key(arguments.name, Role(arguments.role), arguments.room, time.time())
    first = file.read() is None
    file.add(key)
    print(text, flush=True)
    say(f"key {key.id} for {key.name} ({key.role}) is kept in {file.path} as a hash: it is not shown again")
    if first:
        say("from now on nobody enters without a key or a room token")


def list_keys(arguments: Namespace) -> None:
    """List the keys, oldest first."""
    rows = [("ID", "NAME", "ROLE", "ROOM", "MADE")]
    for key in (_key_file(arguments).read() or {}).values():
        made = datetime.fromtimestamp(key.created, UTC).isoformat(timespec="seconds")
        rows.append((key.id, key.name, key.role.value, key.room or "all", made))
    show_table(rows)


def revoke_key(arguments: Namespace) -> None:
    """Make a key worthless."""
    key = _key_file(arguments).revoke(arguments.id)
    say(f"key {key.id} of {key.name} opens nothing any more")


def check_config(arguments: Namespace) -> None:
    """Say what is wrong with a configuration, or that nothing is.

    Raises:
        ConfigError: something is.
    """
    from mt.tiers import Tier
    from server import app, config
    from server.interpretation import models, packs
    from server.recordings import archive

    found = config.load(arguments.file)
    try:
        always = packs.shelf(found.packs.folder, found.packs.use).take()
        chosen = packs.preferring(found, always)
        models.check_recognizer(chosen.recognition.model)
        for tier in Tier:
            models.tier_folders(chosen, tier)
        archive.root_of(found.recordings)
        app.tls_context(found.server)
    except InputError as error:
        raise ConfigError(f"{arguments.file}: {error}") from error
    say(f"{arguments.file}: all keys are known, and their values possible")


def show_config(arguments: Namespace) -> None:
    """Write all that can be configured."""
    from server import reference

    print(reference.toml(), end="")


def _key_file(arguments: Namespace) -> "KeyFile":
    from server import config
    from server.access import keys

    return keys.KeyFile(keys.folder(config.load(arguments.config).access.folder))


def list_packs(arguments: Namespace) -> None:
    """List the domain packs that are here; one that is not as it should be says so."""
    from server.interpretation import pack, packs

    for name, path in packs.shelf(configured(arguments).packs.folder).listed().items():
        try:
            found = pack.read(path)
        except PackError as error:
            print(f"{name}\t{str(error).splitlines()[0]}")
            continue
        terms = _counted(len(found.entries), "term")
        print(f"{name}\t{terms}\t{','.join(found.languages)}\t{found.title}\t{path}")


def check_packs(arguments: Namespace) -> int:
    """Check domain packs, each alone and then all together."""
    from server.interpretation import pack, packs

    good, status = [], 0
    for path in arguments.files:
        try:
            main = packs.main_file(path)
            if main is None:
                raise PackError(f"{path}: a pack's folder or TOML file was expected, there is none")
            found = pack.read(main)
        except PackError as error:
            print(error)
            status = 2
            continue
        good.append(found)
        terms, names = _counted(len(found.entries), "term"), _counted(len(found.verbatim), "name")
        print(f"{path}: {found.name}: {terms}, {names}: in order")
        for language in packs.Packs([found]).long_prompts:
            most = packs.MOST_PROMPT
            print(f"{path}: prompt.{language}: longer than about {most} words, its beginning may be left out")
    for conflict in packs.Packs(good).conflicts:
        print(conflict)
    return status


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def download_model(arguments: Namespace) -> None:
    """Fetch a model and say where it lies."""
    from server.interpretation import models

    print(models.download(arguments.name, say))


def convert_model(arguments: Namespace) -> None:
    """Convert a checkpoint and say where the model lies."""
    from server.interpretation import conversion, models

    asked = (arguments.name, arguments.output, arguments.quantization)
    print(conversion.convert(*asked, models.folder(), say))

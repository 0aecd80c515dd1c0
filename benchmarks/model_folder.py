"""A recogniser's folder with another card: the same weights, told to use other windows."""

import json
from pathlib import Path


def with_card(folder: Path, to: Path, **changes: float) -> Path:
    """Make a folder of links to a model's files, its `dragoman.json` changed; gives the new folder."""
    to.mkdir(parents=True)
    for path in folder.resolve().iterdir():
        if path.is_file() and path.name != "dragoman.json":
            (to / path.name).symlink_to(path)
    card = folder / "dragoman.json"
    about = json.loads(card.read_text(encoding="utf-8")) if card.exists() else {}
    (to / "dragoman.json").write_text(json.dumps({**about, **changes}), encoding="utf-8")
    return to

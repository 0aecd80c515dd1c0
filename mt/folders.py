"""Folders of translators: what they hold, and what they say of themselves; weights are not read here.

| family        | known by                                   | language coding                         |
|---------------|--------------------------------------------|-----------------------------------------|
| opus-mt       | `source.spm` and `target.spm`              | one pair, or `>>xxx<<` before the source |
| m2m100        | `__en__` in the vocabulary                 | `__en__` before source and target       |
| nllb          | `eng_Latn` in the vocabulary               | `eng_Latn` before source and target     |
| madlad        | `<2en>` in the vocabulary                  | `<2en>` before the source: the target   |
| t5            | its card, which conversion writes          | an instruction in words before the source |
| argos         | `metadata.json` with `from_code`           | one pair                                |
| sentencepiece | one SentencePiece model, a pair in the name | one pair                                |

A `dragoman.json` (`name`, `family`, `licence`, `pairs`) in the folder wins over everything guessed. Four
of its keys only a model's maker can know, so they are never guessed: `attention`, the attention that the
conversion stored aligns; `beam`, how wide a search pays; `context`, the model was trained with the sentence
before; `instructions`, what tells a T5 the pair, as `{"en-de": "translate English to German:"}`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile, ZipFile

from mt.languages import FLORES, known, normalized
from streaming.errors import ModelError

Pairs: TypeAlias = frozenset[tuple[str, str]]

FAMILIES = ("opus-mt", "m2m100", "nllb", "madlad", "t5", "argos", "sentencepiece")
CARD = "dragoman.json"
BEAM = 2
"""Of a finished sentence. What is committed of drafts that are narrower than that is often not what the whole
sentence would have been: with the embedded translator greedy ones cost 4 % of BLEU, whatever the policy."""
NOT_COMMERCIAL = "(no commercial use)"
"""In the licence of weights that may not be used for it."""
_WIDEST = 16
_ARGOS = "metadata.json"
_LICENCES = {
    "opus-mt": "CC-BY-4.0",
    "m2m100": "MIT",
    # Not for commercial use: whoever lists the models is told.
    "nllb": f"CC-BY-NC-4.0 {NOT_COMMERCIAL}",
    "madlad": "Apache-2.0",
}
_PAIR = re.compile(r"(?:^|(?<=[-_]))(?=([a-z]{2,3})[-_]([a-z]{2,3})(?:$|[-_.]))", re.IGNORECASE)
_OPUS_NAME = re.compile(r"opus-mt-(?:tc-)?(?:big-|base-|tiny-)?([a-z]{2,3})-([a-z]{2,})", re.IGNORECASE)
_OPUS_TOKEN = re.compile(r"^>>(\w+)<<$")
_M2M_TOKEN = re.compile(r"^__([a-z]{2,3})__$")
_MADLAD_TOKEN = re.compile(r"^<2([a-z]{2,3})(_[A-Z][a-z]{3})?>$")
_FLORES_TOKEN = re.compile(r"^[a-z]{3}_[A-Z][a-z]{3}$")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a translator is."""

    name: str
    family: str
    """One of `FAMILIES`."""
    licence: str
    """Of the weights; ``unknown`` where the folder does not say."""
    pairs: Pairs
    """Source and target languages, normalized."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A translator on disk, ready to be loaded."""

    info: ModelInfo
    weights: Path
    """Folder in CTranslate2's format."""
    source_pieces: Path
    """SentencePiece model of the source."""
    target_pieces: Path
    """SentencePiece model of the target; often the same."""
    languages: dict[str, str]
    """Language → the model's own token for it; empty where the model knows one pair only."""
    ends_source: bool
    """Whether `</s>` must be appended to the source."""
    language_last: bool = False
    """Whether the source's language token stands after `</s>` (older NLLB tokenizers)."""
    attention: bool = False
    """Whether the attention that the conversion stored tells which source a token translates."""
    beam: int = BEAM
    """Hypotheses that a finished sentence's search keeps; small models gain by more."""
    context: bool = False
    """Whether the sentence before helps."""
    instructions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Pair → words before the source that ask for it; empty where tokens do."""


def describe(path: Path) -> ModelInfo:
    """Tell what a folder or `.argosmodel` file holds, without reading weights.

    Raises:
        ModelError: it is not a translator; the message says what is missing.
    """
    if path.is_file():
        return _argos_info(path.stem, _packed_metadata(path))
    return read(path).info


def read(folder: Path) -> ModelFolder:
    """Find the parts of a translator's folder.

    Raises:
        ModelError: it is not a translator; the message says what is missing.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: a translator's folder was expected, there is none")
    card = read_json(folder / CARD) if (folder / CARD).exists() else {}
    metadata = read_json(folder / _ARGOS) if (folder / _ARGOS).exists() else {}
    if "from_code" in metadata:
        return _with_card(_argos(folder, metadata), card)
    _need(folder / "model.bin", "CTranslate2 model")
    return arranged(folder, _vocabulary(folder), card)


def arranged(folder: Path, vocabulary: list[str], card: dict[str, Any]) -> ModelFolder:
    """Find the parts of a translator of these tokens, whether its weights are there yet or not.

    Raises:
        ModelError: a part is missing, or nothing says which languages it translates.
    """
    found = _opus if (folder / "source.spm").exists() else _shared
    return _with_card(found(folder, vocabulary, card), card)


def _argos(folder: Path, metadata: dict[str, Any]) -> ModelFolder:
    _need(folder / "model" / "model.bin", "CTranslate2 model")
    pieces = folder / "sentencepiece.model"
    _need(pieces, "SentencePiece model of an Argos package")
    info = _argos_info(folder.name, metadata)
    token = metadata.get("target_prefix") or ""
    languages = {target: token for _, target in info.pairs} if token else {}
    return ModelFolder(info, folder / "model", pieces, pieces, languages, False)


def _argos_info(name: str, metadata: dict[str, Any]) -> ModelInfo:
    pair = (normalized(str(metadata["from_code"])), normalized(str(metadata["to_code"])))
    return ModelInfo(name, "argos", str(metadata.get("licence", "unknown")), frozenset([pair]))


def _opus(folder: Path, vocabulary: list[str], card: dict[str, Any]) -> ModelFolder:
    _need(folder / "target.spm", "SentencePiece model of the target")
    matches = [match for token in vocabulary if (match := _OPUS_TOKEN.match(token))]
    # Several scripts of one language: the first in the vocabulary's order would be chance, Hans is meant.
    matches.sort(key=lambda match: "Hans" not in match[1])
    languages: dict[str, str] = {}
    for match in matches:
        languages.setdefault(normalized(match[1]), match[0])
    pairs = _opus_pairs(folder, languages) if "pairs" not in card else frozenset[tuple[str, str]]()
    info = _info(folder, "opus-mt", pairs)
    source, target = folder / "source.spm", folder / "target.spm"
    return ModelFolder(info, folder, source, target, languages, _ends_source(folder))


def _opus_pairs(folder: Path, languages: dict[str, str]) -> Pairs:
    match = next((found for name in _names(folder) if (found := _OPUS_NAME.search(name))), None)
    if not match:
        return _named_pair(folder)
    source = normalized(match[1])
    if languages:
        return frozenset((source, target) for target in languages if target != source)
    return frozenset([(source, normalized(match[2]))])


def _shared(folder: Path, vocabulary: list[str], card: dict[str, Any]) -> ModelFolder:
    pieces = sorted((*folder.glob("*.spm"), *folder.glob("*.model")))
    if len(pieces) != 1:
        found = ", ".join(path.name for path in pieces) or "none"
        raise ModelError(f"{folder}: one SentencePiece model was expected (*.model or *.spm), found {found}")
    family = card.get("family") or _family(vocabulary)
    if family not in FAMILIES:
        raise ModelError(f"{folder / CARD}: family must be one of {', '.join(FAMILIES)}, not {family!r}")
    languages = _tokens(family, vocabulary)
    instructions = _instructions(card)
    if instructions:
        pairs = frozenset(instructions)
    elif languages:
        pairs = frozenset((a, b) for a in languages for b in languages if a != b)
    else:
        pairs = _named_pair(folder) if "pairs" not in card else frozenset()
    info = _info(folder, family, pairs)
    ends = family != "sentencepiece" and _ends_source(folder)
    last = _language_last(folder)
    return ModelFolder(
        *(info, folder, pieces[0], pieces[0], languages, ends, last), instructions=instructions
    )


def _instructions(card: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Read what asks a T5 for a pair."""
    written = card.get("instructions", {})
    if not isinstance(written, dict) or not all(isinstance(text, str) for text in written.values()):
        raise ModelError(f'{CARD}: instructions must be written {{"en-de": "…"}}, not {written!r}')
    return {_pair(pair.split("-")): text for pair, text in written.items()}


def _family(vocabulary: list[str]) -> str:
    if "__en__" in vocabulary:
        return "m2m100"
    if "eng_Latn" in vocabulary:
        return "nllb"
    return "madlad" if "<2en>" in vocabulary else "sentencepiece"


def _tokens(family: str, vocabulary: list[str]) -> dict[str, str]:
    if family == "m2m100":
        return {normalized(m[1]): m[0] for token in vocabulary if (m := _M2M_TOKEN.match(token))}
    if family == "nllb":
        tokens = [token for token in vocabulary if _FLORES_TOKEN.match(token)]
        # Of a language in two scripts (zho_Hans, zho_Hant) the one in the table is meant.
        tokens.sort(key=lambda token: token in FLORES.values())
        return {normalized(token): token for token in tokens}
    if family == "madlad":
        found = [m for token in vocabulary if (m := _MADLAD_TOKEN.match(token)) and known(m[1])]
        # A language in its usual script is written without one.
        found.sort(key=lambda match: match[2] is None)
        return {normalized(match[1]): match[0] for match in found}
    return {}


def _language_last(folder: Path) -> bool:
    path = folder / "tokenizer_config.json"
    return bool(path.exists() and read_json(path).get("legacy_behaviour"))


def _ends_source(folder: Path) -> bool:
    """Whether the end must be written by us: converters from Marian's own format let CTranslate2 do it."""
    path = folder / "config.json"
    return not (path.exists() and read_json(path).get("add_source_eos"))


def _info(folder: Path, family: str, pairs: Pairs) -> ModelInfo:
    return ModelInfo(folder.name, family, _LICENCES.get(family, "unknown"), pairs)


def _with_card(found: ModelFolder, card: dict[str, Any]) -> ModelFolder:
    info = found.info
    pairs = frozenset(map(_pair, card.get("pairs", ()))) or info.pairs
    spoken = {code for pair in pairs for code in pair}
    if info.family in ("m2m100", "nllb") and (unknown := spoken - found.languages.keys()):
        raise ModelError(f"{found.weights}: no language token for {', '.join(sorted(unknown))}")
    name, licence = card.get("name", info.name), card.get("licence", info.licence)
    return replace(
        found,
        info=ModelInfo(str(name), info.family, str(licence), pairs),
        attention=_flag(card, "attention"),
        beam=_beam(card),
        context=_flag(card, "context"),
    )


def _flag(card: dict[str, Any], key: str) -> bool:
    value = card.get(key, False)
    if not isinstance(value, bool):
        raise ModelError(f"{CARD}: {key} must be true or false, not {value!r}")
    return value


def _beam(card: dict[str, Any]) -> int:
    value = card.get("beam", BEAM)
    if type(value) is not int or not 1 <= value <= _WIDEST:
        raise ModelError(f"{CARD}: beam must be a whole number from 1 to {_WIDEST}, not {value!r}")
    return value


def _pair(entry: object) -> tuple[str, str]:
    match entry:
        case [str(source), str(target)]:
            return normalized(source), normalized(target)
        case _:
            raise ModelError(f'{CARD}: pairs must be written [["en", "zh"], …], not {entry!r}')


def _named_pair(folder: Path) -> Pairs:
    for name in _names(folder):
        # The last one counts: in mt-en-zh the first pair would be Maltese and English.
        for source, target in reversed(_PAIR.findall(name)):
            if known(source) and known(target):
                return frozenset([(normalized(source), normalized(target))])
    raise ModelError(
        f"{folder}: nothing says which languages it translates; name the folder like opus-mt-en-zh, "
        f'or put a {CARD} with {{"pairs": [["en", "zh"]]}} into it'
    )


def _names(folder: Path) -> list[str]:
    """List the names that may say the pair: the folder's, and its repository's in the hub's cache."""
    parts = folder.absolute().parts
    return [folder.name, *(part for part in parts[-3:-1] if part.startswith("models--"))]


def _vocabulary(folder: Path) -> list[str]:
    for name in ("shared_vocabulary", "source_vocabulary"):
        if (path := folder / f"{name}.json").exists():
            return [str(token) for token in read_json(path)]
        if (path := folder / f"{name}.txt").exists():
            return path.read_text(encoding="utf-8").splitlines()
    raise ModelError(f"{folder}: no vocabulary (shared_vocabulary.json or source_vocabulary.json)")


def _need(path: Path, what: str) -> None:
    if not path.exists():
        raise ModelError(f"{path.parent}: no {what} ({path.name})")


def read_json(path: Path) -> Any:
    """Read a file of JSON.

    Raises:
        ModelError: it is not readable as such.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not readable as JSON ({error})") from error


def _packed_metadata(package: Path) -> dict[str, Any]:
    try:
        with ZipFile(package) as archive:
            name = next(name for name in archive.namelist() if name.endswith(_ARGOS))
            found: dict[str, Any] = json.loads(archive.read(name))
            if "from_code" in found and "to_code" in found:
                return found
    except (OSError, BadZipFile, StopIteration, ValueError) as error:
        raise ModelError(f"{package}: not an Argos package, it has no {_ARGOS}") from error
    raise ModelError(f"{package}: its {_ARGOS} does not name from_code and to_code")

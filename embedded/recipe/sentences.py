"""Sentences for the synthesiser to speak: what the recogniser learns to write.

English comes from Tatoeba (CC BY 2.0 FR), Chinese from Tatoeba and, for technical wording, from short plain
rows of the Microsoft (CC BY 4.0) and Python (CC0) documentation. Sentences of the public test sets and of the
sample recordings are never among them, and a hash of the text decides which of the rest are held out, so that
the split stays the same whatever is added later.

    python -m embedded.recipe.sentences
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import os
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import opencc

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
HELD_OUT = 0.02
"""Share of the sentences kept for measuring."""

SAMPLES = Path(__file__).parent.parent / "samples"
# Only the marks that a listener can be expected to hear; Whisper's decoders suppress the others anyway.
ENGLISH = re.compile(r"[A-Z][A-Za-z0-9 ,'.?!-]*[.?!]")
CHINESE = re.compile(r"[一-鿿0-9A-Za-z ，。？！、-]*[一-鿿0-9A-Za-z][。？！]?")
CODE = re.compile(r"[a-z][A-Z]|[A-Za-z]-|[0-9][A-Za-z]|[A-Za-z][0-9]|[A-Z]{3}")
SIMPLIFY = opencc.OpenCC("t2s")
TO_CHINESE_MARKS = str.maketrans({",": "，", "?": "？", "!": "！", ";": "；", ":": "："})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to be spoken.

    text: cased and punctuated, as the recogniser shall write it.
    language: of the text.
    held_out: True for sentences that are only measured with.
    """

    text: str
    language: Language
    held_out: bool


def recipe_folder() -> Path:
    """Where recipes keep data and checkpoints between runs."""
    return Path.home() / ".cache" / "dragoman" / "recipe"


def data_folder() -> Path:
    """The data folder named by DRAGOMAN_DATA; `bitext/`, `speech/` and `testsets/` lie in it."""
    return Path(os.environ.get("DRAGOMAN_DATA", "data"))


def key(text: str) -> str:
    """What two spellings of the same sentence share: letters, digits and hanzi in lower case."""
    return re.sub(r"\W+", "", SIMPLIFY.convert(text).lower() if re.search("[一-鿿]", text) else text.lower())


def columns(path: Path) -> Iterator[list[str]]:
    """Rows of a compressed tab-separated file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def measured_with(data: Path) -> list[Path]:
    """The files of the test sets.

    Raises: FileNotFoundError where there are none: their sentences would be learnt, and nobody would know.
    """
    found = [path for path in (data / "testsets").rglob("*") if path.is_file()]
    if not found:
        raise FileNotFoundError(
            f"no test sets in {data / 'testsets'}: DRAGOMAN_DATA must name their folder's parent"
        )
    return found


def forbidden(data: Path) -> set[str]:
    """Keys of every sentence that must not be learnt: test sets and sample recordings.

    Raises: FileNotFoundError where there are no test sets.
    """
    keys: set[str] = set()
    files = [path for path in measured_with(data) if path.suffix not in {".md", ".json"}]
    for path in [*files, *SAMPLES.glob("*.txt")]:
        for line in path.read_text(encoding="utf-8", errors="ignore").splitlines():
            keys.update(key(column) for column in line.split("\t"))
    manifest = data / "speech" / "manifest.jsonl"
    if manifest.exists():
        keys.update(
            key(json.loads(line).get("text") or "") for line in manifest.read_text("utf-8").splitlines()
        )
    return keys


def plain_english(text: str) -> str | None:
    """The sentence in plain marks, or None where it is not one that can be spoken and written back."""
    text = re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'")).strip()
    fits = (
        ENGLISH.fullmatch(text) and 1 <= len(text.split()) <= 18 and not CODE.search(text.replace("-", " "))
    )
    return text if fits and not re.search(r"[.?!] |[.]{2}|--| -|- |\b[A-Z]\.", text) else None


def plain_chinese(text: str) -> str | None:
    """The sentence simplified and in Chinese marks, or None where it is not plain."""
    text = SIMPLIFY.convert(text.strip()).translate(TO_CHINESE_MARKS)
    text = re.sub(r"(?<=[一-鿿])\.$", "。", text)
    text = re.sub(r"\s*([，。？！、])\s*", r"\1", text)
    hanzi = len(re.findall("[一-鿿]", text))
    latin = re.findall("[A-Za-z]+", text)
    fits = CHINESE.fullmatch(text) and 2 <= hanzi <= 30 and len(latin) <= 2 and all(len(w) > 2 for w in latin)
    return text if fits and not CODE.search(text) and not re.search("[。？！].", text) else None


def english_texts(data: Path) -> Iterator[str]:
    """Every plain English sentence there is."""
    for name in ("cmn", "spa", "deu", "fra"):
        for row in columns(data / "bitext" / f"tatoeba.en-{name}.tsv.xz"):
            if text := plain_english(row[0]):
                yield text


def chinese_texts(data: Path, technical: int) -> Iterator[str]:
    """Plain Chinese sentences: all of the everyday ones and some technical ones."""
    for row in columns(data / "bitext" / "tatoeba.en-cmn.tsv.xz"):
        if text := plain_chinese(row[1]):
            yield text
    found = []
    for name in ("msdocs", "python-docs"):
        for row in columns(data / "bitext" / f"{name}.en-zh.tsv.xz"):
            human = len(row) < 3 or row[2] != "MT"
            if human and row[1].rstrip().endswith("。") and (text := plain_chinese(row[1])):
                found.append(text)
    yield from random.Random(1).sample(found, min(technical, len(found)))


def distinct(texts: Iterable[str], language: Language, never: set[str]) -> list[Sentence]:
    """Each text once, without the forbidden ones, with its side of the split."""
    chosen: dict[str, Sentence] = {}
    for text in texts:
        name = key(text)
        if name and name not in never and name not in chosen:
            digest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
            chosen[name] = Sentence(text, language, digest < HELD_OUT)
    return list(chosen.values())


def read(path: Path) -> list[Sentence]:
    """The sentences written by `main`, in their shuffled order."""
    with path.open(encoding="utf-8") as lines:
        return [Sentence(**json.loads(line)) for line in lines]


def main() -> None:
    """Write `sentences.jsonl` into the working folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--technical", type=int, default=12_000, help="Chinese documentation sentences")
    arguments = parser.parse_args()
    data = data_folder()
    never = forbidden(data)
    chosen = distinct(english_texts(data), "en", never)
    chosen += distinct(chinese_texts(data, arguments.technical), "zh", never)
    random.Random(0).shuffle(chosen)
    arguments.work.mkdir(parents=True, exist_ok=True)
    with (arguments.work / "sentences.jsonl").open("w", encoding="utf-8") as out:
        for sentence in chosen:
            out.write(json.dumps(asdict(sentence), ensure_ascii=False) + "\n")
    for language in LANGUAGES:
        some = [s for s in chosen if s.language == language]
        print(f"{language}: {len(some)} sentences, {sum(s.held_out for s in some)} of them held out")


if __name__ == "__main__":
    main()

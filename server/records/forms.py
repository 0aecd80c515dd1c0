"""Records in the forms in which people take them away: text, JSON and subtitles.

| form        | what it is                                                     | one for          |
|-------------|----------------------------------------------------------------|------------------|
| `text`      | the text alone, a line an utterance                            | each language    |
| `bilingual` | each utterance with its time, and its translations below it    | all languages    |
| `json`      | words with times, translations                                 | all languages    |
| `srt`       | SubRip                                                         | each language    |
| `vtt`       | WebVTT, word-timed on request                                  | each language    |
| `ttml`      | TTML 2, text profile of IMSC 1                                 | each language    |
"""

import json
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, get_args

from server.records.cues import cues
from server.records.record import Record, UtteranceRecord
from server.records.subtitles import clock, srt, ttml, vtt
from streaming.words import Word

Form: TypeAlias = Literal["text", "bilingual", "json", "srt", "vtt", "ttml"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
OF_ALL_LANGUAGES: Final = frozenset({"bilingual", "json"})
"""Forms that hold every language at once."""
MEDIA_TYPES: Final[dict[Form, str]] = {
    "text": "text/plain; charset=utf-8",
    "bilingual": "text/plain; charset=utf-8",
    "json": "application/json",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "ttml": "application/ttml+xml; charset=utf-8",
}
_ENDINGS = {"text": "txt", "bilingual": "txt"}
_UNKNOWN = "und"


def ending(form: Form) -> str:
    """Give how the names of files in a form end, without the point."""
    return _ENDINGS.get(form, form)


def write(record: Record, form: Form, language: str | None = None, *, words: bool = False) -> str:
    """Write a record in a form; `language` of `None`: what was spoken. `words`: word-timed WebVTT."""
    match form:
        case "text":
            return text(record, language)
        case "bilingual":
            return "".join(map(bilingual, record.utterances))
        case "json":
            return document(record)
        case "srt":
            return srt(cues(record, language))
        case "vtt":
            return vtt(cues(record, language), words=words)
        case "ttml":
            return ttml(cues(record, language), language or record.language or _UNKNOWN)


def files(record: Record, targets: Sequence[str], form: Form) -> list[tuple[str, str]]:
    """Write a record in a form: the ending of each file's name, and what is in it.

    A form of one language is one file for each, what was spoken first.
    """
    end = ending(form)
    if form in OF_ALL_LANGUAGES:
        return [(f".{end}", write(record, form))]
    spoken = (f".{record.language or _UNKNOWN}.{end}", write(record, form))
    return [spoken, *((f".{target}.{end}", write(record, form, target)) for target in targets)]


def text(record: Record, language: str | None = None) -> str:
    """Write what was said, or its translation, a line an utterance."""
    lines = (shown(utterance, language) for utterance in record.utterances)
    return "".join(f"{line}\n" for line in lines if line)


def shown(utterance: UtteranceRecord, language: str | None) -> str:
    """Give an utterance in a language; `None`: as it was spoken."""
    if language is None:
        return "" if utterance.booth else utterance.text
    if language == utterance.language:
        return utterance.text
    return utterance.translations.get(language, "")


def bilingual(utterance: UtteranceRecord) -> str:
    """Write an utterance with its time, its speaker's name and its translations, a line each, indented."""
    head = f"[{clock(utterance.start, '.', 1)} - {clock(utterance.end, '.', 1)}]"
    by = f" {utterance.name}," if utterance.name else ""
    rows = [f"{head}{by} {utterance.language}: {utterance.text}"]
    rows += [f"{' ' * len(head)} {target}: {said}" for target, said in utterance.translations.items() if said]
    return "\n".join(rows) + "\n"


def document(record: Record) -> str:
    """Write a record as a JSON document of one line."""
    content = {
        "language": record.language,
        "duration": round(record.duration, 3),
        "utterances": [
            {
                "language": utterance.language,
                "start": round(utterance.start, 3),
                "end": round(utterance.end, 3),
                "text": utterance.text,
                "words": [_word(word) for word in utterance.words],
                "translations": dict(utterance.translations),
                **_said_by(utterance),
            }
            for utterance in record.utterances
        ],
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def _said_by(utterance: UtteranceRecord) -> dict[str, str | bool]:
    speaker = {"speaker": utterance.name or utterance.speaker} if utterance.speaker else {}
    return {**speaker, **({"booth": True} if utterance.booth else {})}


def _word(word: Word) -> dict[str, str | float]:
    return {
        "text": word.text.strip(),
        "start": round(word.start, 3),
        "end": round(word.end, 3),
        "probability": round(word.probability, 3),
    }

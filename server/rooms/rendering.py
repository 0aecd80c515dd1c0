"""Translating an utterance that is finished already, with the very stage that translates it live."""

from collections.abc import Awaitable, Callable

from mt.glossary import Glossary
from mt.terminology import TerminologyStage
from mt.translation import TranslationStage
from streaming.captions import Update
from streaming.stages import Ask, Translation, TranslationRequest, Write
from streaming.words import Word, units


async def render(
    update: Update,
    target: str,
    ask: Callable[[TranslationRequest], Awaitable[Translation]],
    glossary: Glossary,
) -> tuple[Word, ...]:
    """Translate a final update that holds a whole utterance, in the terms of a glossary."""
    stage = TerminologyStage(TranslationStage(target), target, glossary)
    stage.receive(update)
    words: list[Word] = []
    while True:
        match stage.next_action():
            case Ask(request):
                stage.receive_result(await ask(request), 0.0)
            case Write(item):
                words += item.committed
            case _:
                return tuple(words)


def evenly(text: str, language: str, start: float, end: float) -> tuple[Word, ...]:
    """Make words of a text, each as long as the others: of corrected words nobody knows the times."""
    found = units(text, language)
    step = (end - start) / max(1, len(found))
    return tuple(Word(unit, start + i * step, start + (i + 1) * step) for i, unit in enumerate(found))

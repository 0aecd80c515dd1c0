"""Packs belong to a floor: what is said there is translated anew in its terms, whoever comes and goes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from mt.router import Router
from server.config import PacksConfig
from server.rooms.eventlog import EventLog
from server.wire.messages import Error, Finish, Ready, Start
from server.wire.room_messages import Correct, Interpret, Operate, Revision
from streaming.scripted import speak
from tests.served import Translators, engines
from tests.test_conference import Client, house

PACK = """
languages = ["en", "es"]
[[terms]]
en = "alpha"
es = "{}"
"""


class Obeying(Translators):
    """Translates terms as it is told."""

    def translate(self, requests: Any) -> Any:
        answers = super().translate(requests)
        for i, request in enumerate(requests):
            for term in request.terms:
                text = answers[i].text.replace(term.source[::-1], term.targets[0])
                answers[i] = replace(answers[i], text=text)
        return answers


def options(folder: Path) -> dict[str, Any]:
    for name, term in (("first", "PRIMERA"), ("second", "SEGUNDA")):
        (folder / f"{name}.toml").write_text(PACK.format(term))
    own = engines(translator=Router([Obeying()]))
    return {"own": own, "packs": PacksConfig(folder=str(folder)), "log": EventLog(folder / "events.db")}


async def corrected(desk: Client, utterance: int, text: str) -> str:
    """Correct an utterance, and give what becomes of its translation."""
    before = len(desk.of(Revision))
    await desk.say(Correct(utterance, text))
    await desk.until(lambda: len(desk.of(Revision)) == before + 2)
    (revision,) = [r for r in desk.of(Revision)[before:] if r.language == "es"]
    return str(revision.text)


async def test_whoever_comes_and_a_restart_leave_the_terms_of_an_utterance_alone(tmp_path: Path) -> None:
    async with house(**options(tmp_path)) as here:
        await here.open(targets=["es"])
        desk = await here.enter("desk", Operate())
        first = await here.speaker(Start(packs=("first",)))
        await first.play(speak(["alpha", ""]))
        await desk.until(lambda: desk.finished("es") == ["PRIMERA"])
        booth = await here.enter("booth", Interpret("zh"))
        await booth.until(lambda: booth.of(Ready))
        assert await corrected(desk, 0, "alpha bravo") == "PRIMERA ovarb"
        await first.say(Finish())
        await first.end()
        second = await here.speaker(Start(packs=("second",)))
        await second.play(speak(["alpha", ""]))
        await desk.until(lambda: desk.finished("es")[-1] == "SEGUNDA")
        refused = await here.enter("floor", Start(packs=("nowhere",)))
        await refused.end()
        assert refused.of(Error)[0].code == "bad_pack"
        assert await corrected(desk, 0, "alpha charlie") == "PRIMERA eilrahc"
        assert await corrected(desk, 1, "alpha charlie") == "SEGUNDA eilrahc"
    async with house(**options(tmp_path)) as here:
        desk = await here.enter("desk", Operate(event=10_000))
        assert await corrected(desk, 0, "alpha delta") == "PRIMERA atled"
        assert await corrected(desk, 1, "alpha delta") == "SEGUNDA atled"

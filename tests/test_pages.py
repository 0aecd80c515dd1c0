"""The pages as files: what is served, what is not, and what the browser is told to keep out."""

import json
import re

import httpx2
import pytest

from server.http.pages import WEB
from tests.served import serving

WORDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (WEB / "words").glob("*.json")}


@pytest.mark.parametrize("path", ["/", "/web/style.css", "/web/scripts/live.js", "/web/words/zh.json"])
async def test_files_come_with_a_policy_that_lets_nothing_in_from_elsewhere(path: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        answer = await http.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"ws://{served.address}" in policy


async def test_a_forged_host_does_not_get_into_the_policy() -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        answer = await http.get("/", headers={"Host": "x; script-src *"})
    assert "script-src *" not in answer.headers.get("content-security-policy", "")


@pytest.mark.parametrize(
    "path",
    ["/web/../pages.py", "/web/%2e%2e/pages.py", "/web/scripts", "/web/nothing.js", "/web//etc/passwd"],
)
async def test_nothing_else_is_served(path: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/r/hall/booth", "/r/hall/desk/more", "/desk", "/web/nothing.html"])
async def test_who_comes_to_a_page_that_is_not_there_reads_which_there_are(path: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        browser = await http.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert browser.status_code == 404 and browser.headers["content-type"].startswith("text/plain")
        assert "/r/ROOM/desk" in browser.text and "booth" in browser.text
        program = await http.get(path)
        assert (program.status_code, program.json()["error"]["code"]) == (404, "bad_input")


async def test_a_link_is_drawn_as_a_code_and_never_stands_in_an_address() -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        drawn = await http.post("/web/code.svg", json={"link": "http://hall.example/r/hall#token=secret"})
        assert drawn.status_code == 200 and drawn.headers["content-type"] == "image/svg+xml"
        assert b"<svg" in drawn.content and drawn.headers["cache-control"] == "no-store"
        other = await http.post("/web/code.svg", json={"link": "http://hall.example/r/hall#token=other"})
        assert other.content != drawn.content
        for wrong in ({}, {"link": ""}, {"link": "x" * 1_001}):
            assert (await http.post("/web/code.svg", json=wrong)).status_code == 422
    for script in (WEB / "scripts").glob("*.js"):
        assert not re.search(r"[?&](?:token|link)=", script.read_text(encoding="utf-8")), script.name


async def test_the_languages_of_the_interface_are_the_files_there_are() -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        assert (await http.get("/web/words.json")).json() == {
            code: words["name"] for code, words in WORDS.items()
        }


def test_every_interface_language_has_every_phrase() -> None:
    used = set(
        re.findall(r'data-(?:word|label|hint)="([^"]+)"', "".join(p.read_text() for p in WEB.glob("*.html")))
    )
    used |= set(
        re.findall(r'\bword\("([^"]+)"', "".join(p.read_text() for p in (WEB / "scripts").glob("*.js")))
    )
    for code, words in WORDS.items():
        assert used - words.keys() == set(), code
        assert words.keys() - {"html-lang"} == WORDS["en"].keys(), code


def test_nothing_outside_is_referred_to() -> None:
    for path in [*WEB.glob("*.html"), *WEB.glob("*.css"), *(WEB / "scripts").glob("*.js")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"""["'(](?:https?:)?//""", text), path.name

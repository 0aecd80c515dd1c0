"""The pages as files: what is served, what is not, and what the browser is told to keep out."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from server.http import pages
from server.http.pages import WEB
from tests.served import serving, until

WORDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (WEB / "words").glob("*.json")}

PROTOCOL = WEB.parent / "PROTOCOL.md"
CODES = set(re.findall(r"^\| `(\w+)` \| 1\d{3} \|", PROTOCOL.read_text(encoding="utf-8"), re.M))
"""Of the errors that end a connection."""


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
    [
        *["/web/../pages.py", "/web/%2e%2e/pages.py", "/web/scripts", "/web/nothing.js", "/web//etc/passwd"],
        *["/web/%00.html", f"/web/{'x' * 300}.html", f"/web/{'x/' * 2_500}y.html"],
    ],
)
async def test_nothing_else_is_served(path: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        assert (await http.get(path)).status_code == 404


def test_pages_are_found_where_the_program_is_reached_through_a_link(tmp_path: Path) -> None:
    house = Path(__file__).resolve().parent.parent
    (tmp_path / "house").symlink_to(house)
    program = "from server.http import pages; print(pages.__file__); print(pages._found('live.html'))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "house")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    module, page = done.stdout.splitlines()
    assert module == str(tmp_path / "house" / "server" / "http" / "pages.py")
    assert page == str(house / "server" / "web" / "live.html")


@pytest.mark.parametrize("path", ["/r/hall/loft", "/r/hall/desk/more", "/desk", "/web/nothing.html"])
async def test_who_comes_to_a_page_that_is_not_there_reads_which_there_are(path: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        browser = await http.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert browser.status_code == 404 and browser.headers["content-type"].startswith("text/plain")
        assert "/r/ROOM/desk" in browser.text and "booth" in browser.text
        program = await http.get(path)
        assert program.status_code == 404
        assert program.json()["error"] == {
            "code": "bad_input",
            "message": f"there is nothing at '{path}'; GET /openapi.json lists what there is",
        }


async def test_a_link_is_drawn_as_a_code_and_never_stands_in_an_address() -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        drawn = await http.post("/web/code.svg", json={"link": "http://hall.example/r/hall#token=secret"})
        assert drawn.status_code == 200 and drawn.headers["content-type"] == "image/svg+xml"
        assert b"<svg" in drawn.content and drawn.headers["cache-control"] == "no-store"
        other = await http.post("/web/code.svg", json={"link": "http://hall.example/r/hall#token=other"})
        assert other.content != drawn.content
        longest = await http.post("/web/code.svg", json={"link": "é" * 500})
        assert longest.status_code == 200 and b"<svg" in longest.content
    for script in (WEB / "scripts").glob("*.js"):
        assert not re.search(r"[?&](?:token|link)=", script.read_text(encoding="utf-8")), script.name


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{}", "this field was expected"),
        ('{"link": ""}', "1 … 1000 bytes were expected, 0 came"),
        ('{"link": "%s"}' % ("x" * 1_001), "1 … 1000 bytes were expected, 1001 came"),
        ('{"link": "%s"}' % ("😀" * 1_000), "1 … 1000 bytes were expected, 4000 came"),
        ('{"link": "\\ud800"}', "surrogates not allowed"),
    ],
)
async def test_what_is_no_link_of_a_code_is_told(body: str, told: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        json_body = {"Content-Type": "application/json"}
        answer = await http.post("/web/code.svg", content=body.encode(), headers=json_body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "bad_input" and "link" in error["message"] and told in error["message"]


async def test_codes_are_drawn_one_by_one_beside_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    started, finished, together = threading.Event(), threading.Event(), threading.Barrier(2)

    def slow(link: str) -> bytes:
        started.set()
        with suppress(threading.BrokenBarrierError):
            together.wait(0.2)
            return b"two at the same time"
        assert finished.wait(5)
        return link.encode()

    monkeypatch.setattr(pages, "qr_code", slow)
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        drawn = [asyncio.create_task(http.post("/web/code.svg", json={"link": link})) for link in "abc"]
        await until(started.is_set)
        assert (await http.get("/healthz")).status_code == 200
        assert not any(task.done() for task in drawn)
        finished.set()
        assert [(await task).text for task in drawn] == ["a", "b", "c"]


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
    (listed,) = re.findall(r"CONCERNS = new Set\(\[(.*?)\]\)", (WEB / "scripts" / "notices.js").read_text())
    concerns = set(re.findall(r'"(\w+)"', listed))
    assert "refused" in concerns
    for code, words in WORDS.items():
        assert used - words.keys() == set(), code
        assert {f"said-{each}" for each in concerns | CODES} - words.keys() == set(), code
        assert words.keys() - {"html-lang"} == WORDS["en"].keys(), code


@pytest.mark.parametrize("code", sorted(WORDS.keys() - {"en"}))
def test_only_english_words_quote_the_server_which_speaks_english(code: str) -> None:
    quoting = {name for name, text in WORDS[code].items() if name.startswith("said-") and "{message}" in text}
    assert quoting == set()
    assert {"internal", "protocol", "overloaded"} < CODES


def test_nothing_outside_is_referred_to() -> None:
    for path in [*WEB.glob("*.html"), *WEB.glob("*.css"), *(WEB / "scripts").glob("*.js")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"""["'(](?:https?:)?//""", text), path.name

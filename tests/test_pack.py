"""Packs on disk: what they may hold, and everything that is wrong with them, line by line."""

from pathlib import Path

import numpy as np
import pytest

import embedded
from asr.presets import PUNCTUATED
from server import config
from server.interpretation import models
from server.interpretation.graph import Interpretation, hearing
from server.interpretation.manner import Manner
from server.interpretation.pack import MAIN, MOST_PROBLEMS, read
from server.interpretation.packs import MOST_PROMPT, Packs, Shelf, preferring, shelf
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.errors import PackError
from streaming.stages import Ask, Term, Window

GOOD = """
name = "shop"
title = "The shop"
languages = ["en", "zh"]
do_not_translate = ["ACME", "cafe\u0301"]
glossary = ["terms.csv"]
[[terms]]
en = "till|tills"
zh = "收银台"
[hot_words]
en = ["ACME", "till"]
zh-CN = ["收银台"]
[replacements.en]
"ack me" = "ACME"
[prompt]
en = "At the shop."
[models]
recognition = "small"
translation = ["opus-mt-en-zh"]
"""
CSV = "en,zh-Hans,note\nshelf|shelves,货架,\nprice,价格,what it costs\n"


def write(folder: Path, toml: str = GOOD, csv: str | None = CSV) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if csv is not None:
        (folder / "terms.csv").write_text(csv, encoding="utf-8")
    (folder / MAIN).write_text(toml, encoding="utf-8")
    return folder / MAIN


def problems(path: Path) -> list[str]:
    with pytest.raises(PackError) as raised:
        read(path)
    assert raised.value.code == "bad_pack"
    return [line.replace(f"{path.parent}/", "") for line in str(raised.value).splitlines()]


def test_a_pack_holds_all_that_it_may(tmp_path: Path) -> None:
    pack = read(write(tmp_path))
    assert (pack.name, pack.title, pack.languages) == ("shop", "The shop", ("en", "zh"))
    assert [dict(entry.forms) for entry in pack.entries] == [
        {"en": ("till", "tills"), "zh": ("收银台",)},
        {"en": ("shelf", "shelves"), "zh": ("货架",)},
        {"en": ("price",), "zh": ("价格",)},
    ]
    assert [entry.place.rpartition("/")[2] for entry in pack.entries] == [
        "pack.toml:7",
        "terms.csv:2",
        "terms.csv:3",
    ]
    assert pack.verbatim == ("ACME", "café")
    assert pack.hot_words == {"en": ("ACME", "till"), "zh": ("收银台",)}
    assert pack.replacements == {"en": {"ack me": "ACME"}}
    assert pack.prompt == {"en": "At the shop."}
    assert (pack.recognizer, pack.translators) == ("small", ("opus-mt-en-zh",))
    assert pack.files == (tmp_path / MAIN, tmp_path / "terms.csv")


def test_a_pack_may_be_one_file_and_almost_empty(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text("")
    pack = read(path)
    assert pack.name == "tiny" and pack.entries == () and not Packs([pack]).glossary
    path.write_text('glossary = "terms.tsv"\n')
    (tmp_path / "terms.tsv").write_text("en\tes\n\nshelf, high\testante\n", encoding="utf-8-sig")
    (entry,) = read(path).entries
    assert dict(entry.forms) == {"en": ("shelf, high",), "es": ("estante",)}
    assert entry.place.endswith("terms.tsv:3")


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("name = 'a b'", ["pack.toml:1: name: lower-case letters, digits, - and _ were expected, got 'a b'"]),
        ("\nnam = 'x'", ["pack.toml:2: unknown key 'nam'; a pack has name, title, languages"]),
        ("name = 5", ["pack.toml:1: name: a string was expected, got 5"]),
        ("name =\n", ["pack.toml:1: this is not TOML"]),
        ("languages = ['xx', 'en']", ["pack.toml:1: languages: a language code was expected, got 'xx'"]),
        ("languages = 'en'", ["pack.toml:1: languages: a list of strings was expected, got 'en'"]),
        (
            "[hot_words]\nen = ['a',\n '', 3]",
            ["pack.toml:2: hot_words.en: a word", "pack.toml:3: hot_words.en: a word"],
        ),
        ("[replacements]\nen = 'x'", ["pack.toml:2: replacements.en: a table was expected, got 'x'"]),
        ("[prompt]\nen = 1", ["pack.toml:2: prompt.en: a string was expected, got 1"]),
        ("[models]\nspeech = 'x'", ["pack.toml:2: models: unknown key 'speech'; allowed: recognition"]),
        ("terms = 3", ["pack.toml:1: terms: tables [[terms]] were expected"]),
        (
            "[[terms]]\nen = 'a'\n[[terms]]\nen = 1\nzh='x'\n",
            [
                "pack.toml:1: a term in two languages was expected, got en alone: 'a'",
                "pack.toml:3: en: a string was expected, got 1",
                "pack.toml:3: a term in two languages was expected, got zh alone: 'x'",
            ],
        ),
        ("glossary = '../other.csv'", ["pack.toml:1: glossary: a file beside the pack was expected"]),
        ("glossary = 'none.csv'", ["none.csv:1: it cannot be read (No such file or directory)"]),
        ("do_not_translate = ['a\u200bb']", ["pack.toml:1: visible characters were expected, got U+200B"]),
    ],
)
def test_what_is_wrong_with_the_toml(tmp_path: Path, toml: str, expected: list[str]) -> None:
    found = problems(write(tmp_path, toml))
    assert len(found) == len(expected)
    for line, beginning in zip(found, expected, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("csv", "expected"),
    [
        ("", ["terms.csv:1: a first row of language codes was expected, the file is empty"]),
        ("en\n", ["terms.csv:1: columns of two languages were expected, got en"]),
        (
            "en,english,en,zh\n",
            [
                "terms.csv:1: a language code or 'note' was expected as column, got 'english'",
                "terms.csv:1: the column en was there already",
            ],
        ),
        (
            "en,zh\na,甲\nb\nc,丙,d\n,\n,丁\n",
            [
                "terms.csv:3: 2 columns were expected (en, zh), got 1",
                "terms.csv:4: 2 columns were expected (en, zh), got 3",
                "terms.csv:6: a term in two languages was expected, got zh alone: '丁'",
            ],
        ),
        (
            "en,zh\ncell,细胞\nfine,好\nCell|x,单元\n",
            [
                "terms.csv:4: 'Cell' is '单元' in zh here, and '细胞' at DIR/terms.csv:2",
            ],
        ),
        (
            "en,zh\na\u200bb,甲\nc\x07,乙\n\ufefff,丙\n",
            [
                "terms.csv:2: visible characters were expected, got U+200B (ZERO WIDTH SPACE)",
                "terms.csv:3: visible characters were expected, got U+0007 (a control character)",
                "terms.csv:4: visible characters were expected, got U+FEFF (ZERO WIDTH NO-BREAK SPACE)",
            ],
        ),
        (f"en,zh\n{'x' * 201},甲\n", ["terms.csv:2: en: at most 200 characters were expected"]),
        (
            'en,zh\n"a,甲\n',
            [
                "terms.csv:3: a term in two languages",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_glossary(tmp_path: Path, csv: str, expected: list[str]) -> None:
    found = problems(write(tmp_path, "glossary = 'terms.csv'", csv))
    if csv.startswith('en,zh\n"'):
        assert len(found) == 1 and found[0].startswith("terms.csv:")
        return
    assert len(found) == len(expected)
    for line, beginning in zip(found, expected, strict=True):
        assert line.startswith(beginning.replace("DIR/", "")), line


def test_text_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "glossary = 'terms.csv'")
    (tmp_path / "terms.csv").write_bytes(b"en,zh\na,\xe7\x94\xb2\nb,\xff\n")
    assert problems(path) == ["terms.csv:3: UTF-8 was expected, got the byte 0xff"]


def test_problems_are_told_all_at_once_and_bounded(tmp_path: Path) -> None:
    rows = "".join(f"word{i}\n" for i in range(MOST_PROBLEMS + 7))
    found = problems(write(tmp_path, "glossary = 'terms.csv'", "en,zh\n" + rows))
    assert len(found) == MOST_PROBLEMS + 1 and found[-1] == "and 7 more problems"


def test_emoji_and_right_to_left_and_combining_letters_are_words(tmp_path: Path) -> None:
    csv = "en,ar\nrocket|👩‍🚀,صاروخ\ncafe\u0301,مقهى\n"
    glossary = Packs([read(write(tmp_path, "glossary = 'terms.csv'", csv))]).glossary
    assert glossary.terms("👩‍🚀 in the café", "en", "ar") == (
        Term("👩‍🚀", ("صاروخ",)),
        Term("café", ("مقهى",)),
    )
    assert glossary.terms("صاروخ", "ar", "en") == (Term("صاروخ", ("rocket", "👩‍🚀")),)


def test_a_huge_glossary_is_read_and_found_in(tmp_path: Path) -> None:
    rows = "".join(f"term {i} of {i * 7 % 1000}|terms {i},术语{i}\n" for i in range(20_000))
    path = write(tmp_path, "glossary = 'terms.csv'", "en,zh\n" + rows)
    glossary = Packs([read(path)]).glossary
    (term,) = glossary.terms("see terms 17777 there", "en", "zh")
    assert term.targets == ("术语17777",)


def test_the_packs_that_come_with_the_project_are_in_order() -> None:
    own = Shelf((embedded.packs(),))
    assert list(own.listed()) == ["conference", "medicine", "software"]
    packs = own.take(list(own.listed()))
    assert packs.conflicts == ()
    for language in ("en", "zh", "es", "de"):
        assert all(language in entry.forms for entry in packs.glossary.entries)
    assert packs.hot_words("zh") and packs.hot_words(None) and packs.prompt("en") and not packs.prompt(None)


def test_a_prompt_is_no_hot_word(tmp_path: Path) -> None:
    path = write(tmp_path, "[hot_words]\nen = ['till']\n[prompt]\nen = 'At the shop.'\nzh = '在商店。'")
    packs = Packs([read(path)])
    assert packs.all_hot_words == {"en": ("till",)}
    assert packs.prompts == {"en": "At the shop.", "zh": "在商店。"}
    window = first_window(packs, "en")
    assert (window.hot_words, window.preface) == (("till",), "At the shop.")


@pytest.mark.parametrize(
    ("prompt", "family", "language", "preface"),
    [
        ("", "whisper", "zh", PUNCTUATED["zh"]),
        ("", "whisper-large-v3", "zh", PUNCTUATED["zh"]),
        ("", "asr-en-zh", "zh", ""),
        ("", "whisper", "en", ""),
        ("zh = '在商店。'", "whisper", "zh", "在商店。"),
        ("en = 'At the shop.'", "whisper", "zh", PUNCTUATED["zh"]),
    ],
)
def test_a_prompt_takes_the_place_of_the_familys(
    tmp_path: Path, prompt: str, family: str, language: str, preface: str
) -> None:
    packs = Packs([read(write(tmp_path, f"[prompt]\n{prompt}"))])
    assert first_window(packs, language, family).preface == preface


def first_window(packs: Packs, language: str, family: str = "whisper") -> Window:
    """What a session with these packs asks first."""
    stage = hearing(Interpretation(language, packs=packs), Manner(family))
    stage.receive(AudioChunk(np.zeros(SAMPLE_RATE, np.float32), 0))
    action = stage.next_action()
    assert isinstance(action, Ask)
    return action.request


@pytest.mark.parametrize(("count", "long"), [(MOST_PROMPT, ()), (MOST_PROMPT + 1, ("en", "zh"))])
def test_a_long_prompt_is_known(tmp_path: Path, count: int, long: tuple[str, ...]) -> None:
    path = write(tmp_path, f"[prompt]\nen = '{'shop ' * count}'\nzh = '{'店' * count}'")
    assert Packs([read(path)]).long_prompts == long


def test_several_packs_are_joined_in_order_and_say_where_they_differ(tmp_path: Path) -> None:
    write(tmp_path / "biology", 'name = "biology"\nglossary = "terms.csv"', "en,zh\ncell,细胞\n")
    prison = 'glossary = "terms.csv"\n[replacements.en]\nsell = "cell"\n[models]\nrecognition = "base"\n'
    write(tmp_path / "prison", prison, "en,zh\nguard,看守\ncell,牢房\n")
    both = Shelf((tmp_path,))
    packs = both.take(["prison", "biology", "prison"])
    assert packs.names == ("prison", "biology")
    assert packs.glossary.terms("cell", "en", "zh")[0].targets == ("牢房",)
    assert packs.recognizer == "base" and packs.translators == ()
    (conflict,) = packs.conflicts
    assert str(conflict) == (
        f"{tmp_path}/biology/terms.csv:2: 'cell' (en→zh) is '细胞' here and '牢房' at "
        f"{tmp_path}/prison/terms.csv:3, which comes first and is used"
    )
    assert both.take(["biology", "prison"]).glossary.terms("cell", "en", "zh")[0].targets == ("细胞",)


def test_a_pack_that_has_changed_is_read_again_and_others_are_not(tmp_path: Path) -> None:
    write(tmp_path / "shop")
    here = Shelf((tmp_path,), default=("shop",))
    before = here.take()
    assert here.take(["shop"]) is before
    write(tmp_path / "shop", csv=CSV + "door,门,\n")
    after = here.take()
    assert after is not before and after.glossary.terms("door", "en", "zh")
    assert not before.glossary.terms("door", "en", "zh")
    write(tmp_path / "shop", csv="en\n")
    with pytest.raises(PackError, match=r"terms\.csv:1"):
        here.take()
    write(tmp_path / "shop")
    assert here.take().glossary.terms("price", "en", "zh")


def test_a_pack_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    write(tmp_path / "shop")
    with pytest.raises(PackError, match="there is no domain pack 'other'; there is shop"):
        Shelf((tmp_path,)).take(["other"])
    with pytest.raises(PackError, match="there is no domain pack"):
        Shelf((tmp_path / "nowhere",)).take([str(tmp_path / "shop")])


def test_a_path_is_a_name_on_the_command_line_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "shop")
    for name in (str(tmp_path / "shop"), str(path)):
        assert shelf(paths=True).take([name]).names == ("shop",)
    with pytest.raises(PackError):
        shelf().take([str(path)])


def test_packs_choose_the_models_that_are_left_open(tmp_path: Path) -> None:
    packs = Packs([read(write(tmp_path))])
    chosen = preferring(config.load(), packs)
    assert (chosen.recognition.model, chosen.translation.models) == ("small", ("opus-mt-en-zh", "auto"))
    named = config.load(recognition={"model": "base"}, translation={"models": ["embedded"]})
    assert preferring(named, packs) == named
    assert preferring(config.load(), Packs()) == config.load()


def test_all_other_translators_come_after_those_that_are_named() -> None:
    everything = models.translator_folders("auto", lambda message: None)
    inside = embedded.translators()
    others = [path for path in everything if path not in inside]
    assert models.translator_folders(["embedded", "auto"], lambda message: None) == [*inside, *others]

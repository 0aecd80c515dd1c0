"""Fields of a form: what fits, and by name what does not."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from starlette.datastructures import FormData

from server.http import fields
from server.http.faults import ParameterFault

ALLOWED = ("accurate", "live")


def test_what_is_not_there_is_empty() -> None:
    assert fields.text({}, "prompt") == ""
    assert fields.one_of({}, "mode", ALLOWED) == ""
    assert fields.number({}, "temperature", 2) == 0
    assert fields.language({}, "language") is None
    assert fields.languages({}, "targets") == ()


def test_what_fits_is_read() -> None:
    form = {
        "mode": " LIVE ",
        "temperature": "0.5",
        "language": "zh-CN",
        "targets": "es, zho,,es",
        "auto": "auto",
    }
    assert fields.one_of(form, "mode", ALLOWED) == "live"
    assert fields.number(form, "temperature", 2) == 0.5
    assert fields.language(form, "language") == "zh"
    assert fields.languages(form, "targets") == ("es", "zh")
    assert fields.language(form, "auto") is None


@pytest.mark.parametrize(
    "form",
    [
        {"targets": ["es", "zh-CN,de", "es"]},
        FormData([("targets", "es,zh"), ("mode", "live"), ("targets", "de"), ("targets", "")]),
    ],
)
def test_several_languages_come_in_a_list_or_a_field_each(form: Mapping[str, Any]) -> None:
    assert fields.languages(form, "targets") == ("es", "zh", "de")


@pytest.mark.parametrize("name", ["targets[]", "target_language", "", "\ud800", "x" * 1000])
def test_a_field_that_is_not_known_is_told(name: str) -> None:
    fields.check_names({"targets": "es"}, ("language", "targets"))
    with pytest.raises(ParameterFault) as told:
        fields.check_names({"targets": "es", name: "zh"}, ("language", "targets"))
    assert str(told.value) == f"{told.value.param}: there is no such field, only language, targets"
    assert len(str(told.value).encode()) < 200


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.text, 7),
        (fields.text, "x" * 101),
        (fields.text, "\ud800"),
        (lambda form, name: fields.one_of(form, name, ALLOWED), "fast"),
        (lambda form, name: fields.number(form, name, 2), "warm"),
        (lambda form, name: fields.number(form, name, 2), "nan"),
        (lambda form, name: fields.number(form, name, 2), "-1"),
        (fields.language, "english!"),
        (fields.language, "x"),
        (fields.language, "中文"),
        (fields.languages, "es,klingon!"),
        (fields.languages, ["es", "klingon!"]),
        (fields.languages, ["es", 7]),
        (fields.languages, {"es": "zh"}),
    ],
)
def test_what_does_not_fit_is_named(read: Callable[[Mapping[str, Any], str], object], value: object) -> None:
    with pytest.raises(ParameterFault) as told:
        read({"field": value}, "field")
    assert told.value.param == "field" and str(told.value).startswith("field: ")

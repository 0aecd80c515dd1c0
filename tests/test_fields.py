"""Fields of a form: what fits, and by name what does not."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

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
    ],
)
def test_what_does_not_fit_is_named(read: Callable[[Mapping[str, Any], str], object], value: object) -> None:
    with pytest.raises(ParameterFault) as told:
        read({"field": value}, "field")
    assert told.value.param == "field" and str(told.value).startswith("field: ")

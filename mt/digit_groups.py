"""Digit groups: strings of digits that two languages part differently: 13800 is 138-00."""

from collections.abc import Iterator, Sequence

from mt.quantities import EITHER, Number

_LEAST = 3
"""Digits that make a string."""
_MOST = 12
"""Groups of one string."""
_GAP = 3
"""Characters between the groups of one string, at most: `) `, a comma and a space."""


def parted_otherwise(numbers: Sequence[Number], others: Sequence[Number]) -> set[Number]:
    """Find the numbers of a text whose digits, one after the other, are a string of the other text.

    Two numbers beside each other may be a range as well (100-200), and are none where one of them
    is said digit by digit or begins with a zero.
    """
    known: dict[str, bool] = {}
    for string, group in _strings(others):
        known[string] = known.get(string, False) or _certain(group)
    return {
        number
        for string, group in _strings(numbers)
        if string in known and (known[string] or _certain(group))
        for number in group
    }


def _certain(group: Sequence[Number]) -> bool:
    return len(group) > 2 or any(number.name for number in group)


def _strings(numbers: Sequence[Number]) -> Iterator[tuple[str, Sequence[Number]]]:
    for first in range(len(numbers)):
        string = ""
        for last in range(first, min(first + _MOST, len(numbers))):
            digits = _digits(numbers[last])
            if not digits or (last > first and numbers[last].start - numbers[last - 1].end > _GAP):
                break
            string += digits
            if len(string) >= _LEAST:
                yield string, numbers[first : last + 1]


def _digits(number: Number) -> str:
    """Write a number that may be a group of digits; anything else as nothing."""
    value = number.value[0] if number.kind in ("", EITHER) and number.value else None
    if number.name.isdecimal():
        return number.name
    whole = value is not None and value == value.to_integral_value()
    return f"{value:f}" if whole and not number.name else ""

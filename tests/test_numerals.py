"""The values of numbers, however they are written."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.terms import chinese_words
from mt.chinese_numerals import chinese_approximations, chinese_numerals
from mt.figures import Numeral, digit_value, in_figures
from mt.numerals import numerals


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "twenty-three thousand four hundred and five", ["23405"]),
        ("en", "3.5 million, 1,234.5 and 12 thousand", ["3500000", "1234.5", "12000"]),
        ("en", "in nineteen ninety-eight", ["1998"]),
        ("en", "a hundred and two or two hundred", ["102", "200"]),
        ("en", "three point one four million", ["3140000"]),
        ("en", "one million two hundred thousand", ["1200000"]),
        ("en", "1 million 200 thousand", ["1200000"]),
        ("en", "hundreds of thousands, and, a point", []),
        ("en", "the twenty-first", ["21"]),
        ("en", "five 6 seven", ["5", "6", "7"]),
        ("zh", "三千五百万和3500万", ["35000000", "35000000"]),
        ("zh", "1亿2000万，二〇二四年，两百五", ["120000000", "2024", "250"]),
        ("zh", "三点五，三点五十分", ["3.5", "3", "50"]),
        ("zh", "一百零五，三万五，三万零五，2万亿", ["105", "35000", "30005", "2000000000000"]),
        ("zh", "十二亿三千万，十个", ["1230000000", "10"]),
        ("zh", "万一，千万不要，十分好，百姓", []),
        ("zh", "1,234,567", ["1234567"]),
        ("es", "treinta y cinco, doscientos mil, mil doscientos", ["35", "200000", "1200"]),
        ("es", "3,5 millones, un millón, 1.234,5 y 12.345", ["3500000", "1000000", "1234.5", "12345"]),
        ("de", "dreiundzwanzig, zweitausenddreihundert, einhundertfünf", ["23", "2300", "105"]),
        ("de", "eine Million, 3,5 Millionen, 12.345, 1,5", ["1000000", "3500000", "12345", "1.5"]),
        ("de", "Hundert Hunde, Millionen, Verwundung, und", ["100"]),
        ("fr", "12 000 et vingt", ["12", "0"]),
        ("en", "²³ ½ １２", ["12"]),
        ("en", "ten and twenty, twelve and thirteen, twenty and five", ["10", "20", "12", "13", "20", "5"]),
        ("en", "five hundred and six hundred", ["500", "600"]),
        ("en", "one thousand and two thousand", ["1000", "2000"]),
        ("en", "two thousand one hundred and five thousand", ["2100", "5000"]),
        ("en", "one hundred and twenty thousand, one hundred and two thousand", ["120000", "102000"]),
        ("en", "two thousand and five, two million and three hundred thousand", ["2005", "2300000"]),
        (
            "en",
            "one hundred and. two, two hundred and 5, the hundred and first",
            ["100", "2", "200", "5", "101"],
        ),
        ("en", "ten thirty, nineteen thirty, twenty twenty-six", ["10", "30", "1930", "2026"]),
        (
            "en",
            "half a million, two and a half million, a million and a half",
            ["500000", "2500000", "1500000"],
        ),
        ("en", "three and a half hours, three hours and a half, the third and a half", ["3.5", "3.5", "3"]),
        ("en", "one point five, one. Point two", ["1.5", "1", "2"]),
        ("en", "a, million, half, a million", ["1000000"]),
        ("en", "5 million and six hundred thousand, 5 hundred and six", ["5600000", "500", "6"]),
        ("en", "fourth, fortieth, thirdly, the fourth of twenty", ["4", "40", "3", "4", "20"]),
        ("es", "entre diez y veinte, treinta y cuarenta, dos y tres", ["10", "20", "30", "40", "2", "3"]),
        ("es", "ciento treinta y dos, treinta y un días, cuarenta y dos mil, un", ["132", "31", "42000"]),
        ("es", "primer, segundas, tercera, décimo, vigésimo primero", ["1", "2", "3", "10", "21"]),
        ("es", "mil millones, dos mil quinientos millones, mil", ["1000000000", "2500000000", "1000"]),
        ("es", "medio millón, dos millones y medio, tres horas y media", ["500000", "2500000", "3.5"]),
        (
            "de",
            "erste, zweiten, dritter, viertes, fünftem, sechste, siebten",
            ["1", "2", "3", "4", "5", "6", "7"],
        ),
        ("de", "achter, zwölften, neunzehnte, zwanzigster, hundertste", ["8", "12", "19", "20", "100"]),
        ("de", "einundzwanzigsten, drittens, Drittel, hunderte", ["21", "3"]),
        ("de", "zwei tausend, 12 Tausend, dreitausend zweihundert", ["2000", "12000", "3200"]),
        ("de", "dreimal, einmal, zehnmal, neunziger", ["3", "10", "90"]),
        (
            "de",
            "vierjähriges, dreistündige, zehnstöckigem, fünftägig, vielfach, einfach",
            ["4", "3", "10", "5"],
        ),
        ("de", "zweieinhalbstündigen, achtköpfiger, hundertjährige, sechsstellig", ["2.5", "8", "100", "6"]),
        ("de", "dreieinhalb, anderthalb Millionen, eine halbe Million", ["3.5", "1500000", "500000"]),
        ("de", "tausend" * 50, []),
        ("zh", "三个半小时，三年半，三百多万，300多万", ["3.5", "3.5", "3000000", "3000000"]),
        ("zh", "三米半，三块半", ["3.5", "3.5"]),
        ("zh", "十分钟，十分好，胡说八道", ["10"]),
        ("zh", "八点十分来，每一点十分好，差十分六点，差十分大", ["8", "10", "1", "10", "6"]),
        ("zh", "五一节，三八节，六一", []),
        ("es", "10 000 euros, 12 345, 3 20", ["10000", "12345", "3", "20"]),
        ("en", "10 000 people, 12 345 people", ["10000", "12", "345"]),
        ("zh", "三天半夜里，第三个半小时", ["3", "3"]),
        ("es", "cien y cinco, veinte y cinco", ["100", "5", "20", "5"]),
        ("en", "the twentieth five", ["20", "5"]),
        ("de", "zweitausend dreitausend", ["2000", "3000"]),
    ],
)
def test_values_are_exact(language: str, text: str, expected: list[str]) -> None:
    assert [n.value for n in numerals(text, language)] == [Decimal(value) for value in expected]


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("1,234", "en", "1234"),
        ("1.234", "en", "1.234"),
        ("1.234", "de", "1234"),
        ("1,5", "es", "1.5"),
        ("1,5", "en", "1.5"),
        ("1.234.567", "en", "1234567"),
        ("1,234,567", "es", "1234567"),
        ("1,234.5", "de", "1234.5"),
        ("1.2.3", "en", "1.23"),
    ],
)
def test_separators_are_those_of_the_language(written: str, language: str, value: str) -> None:
    assert digit_value(written, language) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "exact", "either"),
    [
        ("两三个", [], [2, 3]),
        ("三四天", [], [3, 4]),
        ("三五个", [], [3, 5]),
        ("一两个", [], [1, 2]),
        ("三两个", [], [2, 3]),
        ("十五六岁", [], [15, 16]),
        ("二三十", [], [20, 30]),
        ("三四百", [], [300, 400]),
        ("七八千", [], [7000, 8000]),
        ("一二十", [], [10, 20]),
        ("三百五六十", [], [350, 360]),
        ("两三万", [], [20000, 30000]),
        ("几十个，数百，十几个", [], []),
        ("九十九，十五", [99, 15], []),
        ("二〇二六，一二三四五，九八", [2026, 12345, 98], []),
        ("三三两两", [], []),
    ],
)
def test_neighbouring_signs_leave_a_choice(text: str, exact: list[int], either: list[int]) -> None:
    assert [n.value for n in numerals(text, "zh")] == exact
    assert {value for _, _, values in chinese_approximations(text) for value in values} >= set(either)
    assert bool(list(chinese_approximations(text))) == bool(either)


@pytest.mark.parametrize(
    ("language", "text", "vague"),
    [
        ("en", "hundred", True),
        ("en", "a hundred", False),
        ("es", "mil", True),
        ("es", "dos mil", False),
        ("es", "cuarto", True),
        ("es", "cuarta", False),
        ("de", "tausend", True),
        ("de", "eintausend", False),
        ("de", "achten", True),
        ("de", "vierjähriges", True),
        ("de", "viermal", False),
    ],
)
def test_a_word_that_alone_says_no_number_is_vague(language: str, text: str, vague: bool) -> None:
    (numeral,) = numerals(text, language)
    assert numeral.vague == vague


def test_ordinals_go_together_and_stay_ordinals() -> None:
    found = numerals("vigésimo primero, dos, tercera cuarta", "es")
    assert [int(n.value) for n in found] == [21, 2, 3, 4]
    assert [n.ordinal for n in found] == [True, False, True, True]


@given(st.integers(1, 999), st.sampled_from(["one", "ten", "ninety-nine", "three hundred", "four thousand"]))
def test_two_numbers_beside_each_other_are_two(value: int, other: str) -> None:
    """A number in digits never takes in one in words, whatever joins them."""
    assert [n.start for n in numerals(f"{value} and {other}", "en")] == [0, len(f"{value} and ")]


@given(st.integers(0, 10**12))
def test_chinese_words_are_read_back(value: int) -> None:
    (numeral,) = numerals(chinese_words(value), "zh") or (None,)
    assert numeral is not None and numeral.value == value


@given(st.text(max_size=30), st.sampled_from(["en", "zh", "es", "de", "ja"]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    found = numerals(text, language)
    assert all(0 <= n.start < n.end <= len(text) for n in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.text("三 fifthtwo20第的", max_size=20), st.sampled_from(["en", "zh", "es", "de"]))
def test_text_in_figures_tells_where_it_comes_from(text: str, language: str) -> None:
    written, origin = in_figures(text, numerals(text, language), language)
    assert len(origin) == len(written) + 1 and origin == sorted(origin) and origin[-1] == len(text)


def test_figures_stand_where_the_words_stood() -> None:
    text = "am dritten Mai um drei"
    written, origin = in_figures(text, numerals(text, "de"), "de")
    assert written == "am 3. Mai um 3"
    assert origin[written.index("3")] == text.index("dritten")
    assert origin[written.index(" Mai")] == text.index(" Mai")
    assert in_figures("x", [Numeral(0, 1, Decimal("0.5"), False)], "en") == ("x", [0, 1])


def test_noughts_behind_a_scale_are_no_part_of_the_number() -> None:
    """A translator that was told 7.3万 goes on with the noughts that it would have written."""
    assert [n.value for n in chinese_numerals("有7.3万0000人。")] == [73_000, 0]
    assert [n.value for n in chinese_numerals("有1亿2000万和1万0500人。")] == [120_000_000, 10_500]

"""Numbers as they are said at conferences and in business: a right translation lacks none and adds none."""

import pytest

from mt.numbers import invented, missing, numbers

RIGHT = [
    # Of the two numbers of a range one has the unit, or the scale, for both.
    ("en", "zh", "It rose 60 to 70%.", "上涨了60%到70%。"),
    ("en", "de", "Between 700 and 1,200 °C.", "Zwischen 700 °C und 1200 °C."),
    ("en", "es", "Between 3 and 4 percent.", "Entre el 3 y el 4 por ciento."),
    ("en", "es", "A 33–43% drop.", "Una caída del 33 al 43 %."),
    ("en", "zh", "Seen in 10~20% of them.", "其中10%~20%有。"),
    ("en", "zh", "5 to 10 million people.", "500万到1000万人。"),
    ("en", "zh", "Five to ten million dollars.", "五百万到一千万美元。"),
    ("en", "zh", "$5-10 million.", "500万到1000万美元。"),
    ("en", "zh", "$5–10M.", "500万至1000万美元。"),
    ("en", "es", "$5-10 each.", "De 5 a 10 dólares cada uno."),
    ("en", "de", "One to two hundred thousand cars.", "100.000 bis 200.000 Autos."),
    ("zh", "en", "三到五百万元。", "3 to 5 million yuan."),
    ("zh", "en", "百分之五到十。", "5% to 10%."),
    ("zh", "de", "五到二十万人。", "50.000 bis 200.000 Menschen."),
    ("de", "en", "3 bis 4 Prozent.", "3% to 4%."),
    # Chinese figures with spaces around them.
    ("zh", "en", "有 10 万人，共 1 亿 2000 万。", "There are 100,000, 120 million in all."),
    ("zh", "en", "2019 年 12 月", "December 2019"),
    ("zh", "en", "20 世纪 30 年代", "the 1930s"),
    ("zh", "en", "价值 226 万美元", "worth $2.26 million"),
    ("en", "zh", "Over one million people.", "超过百万人。"),
    ("zh", "en", "三个亿的投资。", "An investment of 300 million."),
    ("zh", "en", "一百来万。", "About a million."),
    ("zh", "en", "十四五规划。", "The 14th Five-Year Plan."),
    # Dates and times.
    ("en", "es", "10 March 2020", "10\u00a0de\u00a0marzo\u00a0de\u00a02020"),
    ("de", "en", "Es war am 03.11.2010.", "It was on November 3, 2010."),
    ("de", "en", "Wir kommen am 8.9. wieder.", "We come again on September 8."),
    ("zh", "en", "2010/11/3", "November 3, 2010"),
    ("en", "de", "Product 2 may fail.", "Produkt 2 kann ausfallen."),
    ("en", "zh", "It is nine o'clock.", "现在21点。"),
    ("en", "zh", "I go to bed at 10.30.", "我十点半睡觉。"),
    ("en", "es", "Interest is at 3.50.", "El interés está en 3,50."),
    ("en", "zh", "It's seven fifteen p.m.", "现在晚上7点15分。"),
    ("en", "es", "The nineteen eighties.", "Los años ochenta."),
    # Units and currencies.
    ("en", "es", "Life has a 100 percent mortality rate.", "La tasa de mortalidad es del cien por cien."),
    ("en", "es", "He owes me thirty bucks.", "Me debe treinta dólares."),
    ("en", "es", "Water freezes at 0° C.", "El agua se congela a 0°C."),
    ("en", "zh", "It is 72 degrees Fahrenheit.", "现在华氏72度。"),
    ("en", "de", "Tom lost 70 lbs.", "Tom hat 70 Pfund abgenommen."),
    ("en", "zh", "HK$500.", "500港币。"),
    ("en", "de", "A$500.", "500 australische Dollar."),
    # Fractions and multiples.
    ("en", "es", "You'll need 1/3 cup.", "Necesitarás un tercio de taza."),
    ("en", "de", "About 2/3 of them.", "Etwa zwei Drittel von ihnen."),
    ("en", "zh", "About 2/3 of them.", "其中约三分之二。"),
    ("en", "es", "Half of it, 1/2.", "La mitad."),
    ("en", "zh", "Sales tripled.", "销售额是以前的三倍。"),
    ("es", "zh", "Las ventas se cuadruplicaron.", "销售额是以前的四倍。"),
    ("de", "zh", "Der Umsatz hat sich verdreifacht.", "收入是以前的三倍。"),
    # What looks like a number.
    ("de", "en", "Gib acht, dass du nicht fällst!", "Take care not to fall!"),
    ("de", "en", "Nimm dich in acht.", "Watch out."),
]
WRONG = [
    ("en", "zh", "It rose 60 to 70%.", "上涨了50%到70%。"),
    ("en", "zh", "5 to 10 million people.", "50万到1000万人。"),
    ("en", "zh", "$5-10 million.", "5亿到1000万美元。"),
    ("zh", "en", "三到五百万元。", "2 to 5 million yuan."),
    ("zh", "en", "有 10 万人。", "There are 10 people."),
    ("en", "zh", "HK$500.", "500美元。"),
    ("en", "es", "You'll need 1/3 cup.", "Necesitarás una taza."),
    ("de", "en", "Es war am 03.11.2010.", "It was on March 11, 2010."),
    ("de", "en", "In acht Tagen.", "In a few days."),
    ("en", "de", "2 double rooms.", "Doppelzimmer."),
    ("en", "de", "Chapters 3 and 5%.", "Kapitel 4 und 5 %."),
]


@pytest.mark.parametrize(("source", "target", "said", "right"), RIGHT)
def test_a_right_translation_lacks_no_number(source: str, target: str, said: str, right: str) -> None:
    for a, b, text, answer in ((source, target, said, right), (target, source, right, said)):
        assert missing(numbers(text, a), numbers(answer, b)) == []
        assert invented(numbers(text, a), numbers(answer, b)) == []


@pytest.mark.parametrize(("source", "target", "said", "wrong"), WRONG)
def test_a_wrong_translation_lacks_a_number(source: str, target: str, said: str, wrong: str) -> None:
    assert missing(numbers(said, source), numbers(wrong, target))


def test_a_number_stands_where_it_stood_before_spaces_were_left_out() -> None:
    text = "共 10 万人，3 月 5 日"
    assert [text[n.start : n.end] for n in numbers(text, "zh")] == ["10 万", "3 月 5 日"]

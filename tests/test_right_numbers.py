"""Translations whose numbers are right come out as they are, however the numbers are worded."""

from collections.abc import Sequence

import pytest

from mt.faithful import FaithfulTranslator
from streaming.stages import Translation, TranslationRequest


class Says:
    """Answers with one text, and counts how often it is asked."""

    def __init__(self, text: str) -> None:
        self.text, self.calls = text, 0

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.calls += 1
        return [Translation(self.text, score=-1.0) for _ in requests]


BOTH_WAYS = [
    # Wordings: nouns that say a number.
    ("en", "es", "I slept half an hour.", "Dormí treinta minutos."),
    ("en", "zh", "Wait half an hour.", "等三十分钟。"),
    ("en", "de", "We waited half an hour.", "Wir warteten dreißig Minuten."),
    ("en", "zh", "Wait a quarter of an hour.", "等十五分钟。"),
    ("en", "de", "Wait a quarter of an hour.", "Warte fünfzehn Minuten."),
    ("en", "zh", "Wait three quarters of an hour.", "等四十五分钟。"),
    ("zh", "en", "请等一刻钟。", "Please wait fifteen minutes."),
    ("zh", "en", "请等一刻钟。", "Please wait a quarter of an hour."),
    ("zh", "de", "请等三刻钟。", "Bitte warten Sie eine Dreiviertelstunde."),
    ("en", "zh", "It started two decades ago.", "它始于二十年前。"),
    ("en", "de", "It started two decades ago.", "Es begann vor zwanzig Jahren."),
    ("en", "zh", "For three decades he worked here.", "三十年来他一直在这里工作。"),
    ("en", "zh", "That was half a century ago.", "那是五十年前。"),
    ("es", "de", "Hace dos siglos.", "Vor 200 Jahren."),
    ("en", "de", "I will be back in two weeks.", "Ich bin in vierzehn Tagen zurück."),
    ("es", "en", "Vuelvo en quince días.", "I'll be back in two weeks."),
    ("en", "de", "I will be back in a fortnight.", "Ich bin in vierzehn Tagen zurück."),
    ("en", "zh", "I will be back in a fortnight.", "我十四天后回来。"),
    ("en", "de", "It takes a week.", "Es dauert acht Tage."),
    ("en", "zh", "I bought two dozen eggs.", "我买了二十四个鸡蛋。"),
    ("en", "zh", "We sold three dozen tickets.", "我们卖了三十六张票。"),
    ("en", "de", "We sold three dozen tickets.", "Wir haben drei Dutzend Karten verkauft."),
    ("es", "en", "Compré una docena de huevos.", "I bought 12 eggs."),
    ("es", "en", "Vino un centenar de personas.", "A hundred people came."),
    ("es", "en", "Vino una veintena de personas.", "Twenty people came."),
    ("es", "en", "Vino un millar de personas.", "A thousand people came."),
    ("zh", "en", "八成的人同意。", "80 percent of the people agree."),
    ("zh", "en", "八成的人同意。", "Eighty percent of the people agree."),
    ("zh", "en", "今天打八折。", "Everything is 20% off today."),
    ("zh", "en", "今天打八五折。", "Everything is 15% off today."),
    ("zh", "en", "利润涨了一倍。", "Profits rose by 100 percent."),
    ("zh", "en", "我百分百同意。", "I agree one hundred percent."),
    ("zh", "en", "只有千分之三。", "It is only 0.3%."),
    ("en", "es", "50% of them left.", "La mitad se fue."),
    ("en", "zh", "Louis XIV was the king of France.", "路易十四是法国国王。"),
    ("zh", "es", "路易十四是法国国王。", "Luis XIV era el rey de Francia."),
    ("en", "de", "Read chapter IV.", "Lies Kapitel 4."),
    ("en", "zh", "Read chapter XXIV.", "读第二十四章。"),
    # Thousands parted by spaces.
    ("en", "es", "There were 12,345 people.", "Había 12 345 personas."),
    ("en", "zh", "There were 10,000 people.", "有10 000人。"),
    ("en", "de", "There were 10,000 people.", "Es waren 10 000 Menschen."),
    # Scales that are abbreviated behind digits.
    ("en", "zh", "It costs $5K.", "它要5000美元。"),
    ("en", "zh", "It costs $5K.", "它要$5K。"),
    ("en", "zh", "There were 10k people.", "有一万人。"),
    ("en", "zh", "He is 10K short.", "他差一万。"),
    ("en", "es", "We ran 10K.", "Corrimos 10 kilómetros."),
    ("en", "zh", "It costs $3M.", "它要300万美元。"),
    ("en", "es", "It costs $3.5m.", "Cuesta 3,5 millones de dólares."),
    ("en", "es", "It costs $3 million.", "Cuesta 3 M$."),
    ("en", "de", "It costs $3bn.", "Es kostet 3 Milliarden Dollar."),
    ("en", "de", "It costs £4 bn.", "Es kostet 4 Mrd. Pfund Sterling."),
    ("de", "en", "Es kostet 2 Mio. Euro.", "It costs 2 million euros."),
    ("de", "en", "Es kostet 3 Mrd. Euro.", "It costs 3 billion euros."),
    ("de", "zh", "Es waren 2,5 Mio.", "有250万。"),
    ("de", "es", "Das sind 20 Tsd. Euro.", "Son 20.000 euros."),
    ("es", "en", "Son 4 mill. de euros.", "That's 4 million euros."),
    ("zh", "en", "月薪20K。", "The monthly pay is 20,000."),
    # Times of day.
    ("en", "zh", "The bus comes at 8:10.", "公交车八点十分来。"),
    ("en", "zh", "It is ten past five.", "现在五点十分。"),
    ("zh", "en", "会议五点十分开始。", "The meeting starts at 5:10."),
    ("zh", "en", "会议一点十分开始。", "The meeting starts at 1:10."),
    ("zh", "en", "这一点十分重要。", "This point is very important."),
    ("zh", "en", "三点十分重要。", "Three points are very important."),
    ("en", "de", "It is twenty past seven.", "Es ist zwanzig nach sieben."),
    ("en", "de", "The train leaves at ten past eight.", "Der Zug fährt um zehn nach acht."),
    ("en", "zh", "It's twenty-five to seven.", "现在六点三十五分。"),
    ("zh", "en", "现在差十分六点。", "It is ten to six."),
    ("zh", "en", "现在差五分八点。", "It's 7:55."),
    ("zh", "en", "现在差一刻九点。", "It's a quarter to nine."),
    ("zh", "en", "现在六点差十分。", "It is 5:50."),
    ("zh", "en", "现在六点过五分。", "It is five past six."),
    ("de", "en", "Es ist fünf vor zwölf.", "It is 11:55."),
    ("de", "en", "Es ist fünf vor zwölf.", "It is five to twelve."),
    ("de", "zh", "Es ist zehn nach acht.", "现在八点十分。"),
    ("en", "de", "It is 8:25.", "Es ist fünf vor halb neun."),
    ("en", "de", "It is 8:35.", "Es ist fünf nach halb neun."),
    ("de", "en", "Es ist drei viertel vier.", "It is a quarter to four."),
    ("de", "en", "Es ist dreiviertel vier.", "It is 3:45."),
    ("en", "es", "It is ten to five.", "Son las cinco menos diez."),
    ("en", "es", "It's five past six.", "Son las seis y cinco."),
    ("en", "es", "At five to seven.", "A las siete menos cinco."),
    ("en", "es", "It's twenty to seven.", "Son las siete menos veinte."),
    ("en", "es", "We meet at 5:30 p.m.", "Nos vemos a las 5.30 de la tarde."),
    # What looks like one and is none.
    ("en", "zh", "The score is 10 to 5.", "比分是10比5。"),
    ("en", "de", "It is five to ten kilometers.", "Es sind fünf bis zehn Kilometer."),
    ("de", "en", "Er kam als fünf nach zehn anderen.", "He came fifth after 10 others."),
    # Amounts in two parts.
    ("zh", "en", "我身高一米八。", "I am 1.8 meters tall."),
    ("zh", "de", "我身高一米八五。", "Ich bin 1,85 Meter groß."),
    ("zh", "en", "我身高一米零五。", "I am 1.05 meters tall."),
    ("zh", "en", "这条鱼长三米五。", "This fish is 3.5 meters long."),
    ("zh", "en", "这条鱼长三米半。", "This fish is 3.5 meters long."),
    ("zh", "en", "这个苹果三块五。", "This apple is 3.5 yuan."),
    ("zh", "en", "这个苹果三块五毛钱。", "This apple is 3.50 yuan."),
    ("zh", "es", "这个苹果3元5角。", "Esta manzana cuesta 3,5 yuanes."),
    ("zh", "en", "苹果三块五个。", "Apples are 3 yuan for five."),
    ("en", "es", "It costs three dollars and fifty cents.", "Cuesta 3,50 dólares."),
    ("en", "zh", "It costs three dollars and fifty cents.", "它的价格是3.5美元。"),
    ("en", "zh", "It costs three dollars and fifty cents.", "它要三美元五十美分。"),
    ("en", "de", "It costs three euros and fifty cents.", "Es kostet 3,50 Euro."),
    ("en", "de", "It costs three euros fifty.", "Es kostet drei Euro fünfzig."),
    ("de", "en", "Es kostet drei Euro fünfzig.", "It costs 3.50 euros."),
    ("de", "en", "Es kostet 3 Euro 5 Cent.", "It costs €3.05."),
    ("es", "en", "Cuesta tres euros con cincuenta.", "It costs 3.50 euros."),
    ("de", "en", "Für drei Euro kamen fünfzig Leute.", "For three euros fifty people came."),
    # Adjectives with a number in them.
    ("en", "de", "She is a four-year-old girl.", "Sie ist ein vierjähriges Mädchen."),
    ("en", "de", "She has a three-year-old son.", "Sie hat einen dreijährigen Sohn."),
    ("en", "de", "The thirty-year-old woman laughed.", "Die dreißigjährige Frau lachte."),
    ("en", "de", "We had a three-hour meeting.", "Wir hatten eine dreistündige Sitzung."),
    ("en", "de", "It is a ten-story building.", "Es ist ein zehnstöckiges Gebäude."),
    ("en", "de", "It was a five-day trip.", "Es war eine fünftägige Reise."),
    ("en", "de", "It was a 2.5-hour talk.", "Es war ein zweieinhalbstündiger Vortrag."),
    ("en", "de", "The price rose threefold.", "Der Preis stieg auf das Dreifache."),
    ("en", "de", "That is easy.", "Das ist einfach."),
    # Units that have two names.
    ("en", "es", "It costs £5.", "Cuesta 5 libras."),
    ("en", "de", "It costs £5.", "Es kostet 5 Pfund."),
    ("en", "de", "It weighs 5 pounds.", "Es wiegt 5 Pfund."),
    ("es", "zh", "Pesa 5 libras.", "它重5磅。"),
    ("es", "zh", "Cuesta 5 libras.", "它要5英镑。"),
    ("en", "de", "The car drives at 100 km/h.", "Das Auto fährt 100 Stundenkilometer."),
]
ONE_WAY = [
    ("zh", "en", "五一劳动节快乐。", "Happy Labor Day."),
    ("en", "zh", "We rest on May Day.", "五一劳动节我们休息。"),
    ("en", "zh", "We saw the Ming Tombs.", "我们看了十三陵。"),
    ("zh", "en", "新冠是一种疾病。", "COVID-19 is a disease."),
]


@pytest.mark.parametrize(
    ("source", "target", "said", "right"),
    [*BOTH_WAYS, *((b, a, right, said) for a, b, said, right in BOTH_WAYS), *ONE_WAY],
)
def test_a_right_translation_stays_as_it_is(source: str, target: str, said: str, right: str) -> None:
    says = Says(right)
    asked = TranslationRequest(said, "", source, target, True)
    (answer,) = FaithfulTranslator(says).translate([asked])
    assert (answer.text, says.calls) == (right, 1)

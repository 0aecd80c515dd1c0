"""A sentence as it is said, and not quite as it is heard: fillers, repetitions, false starts, misheard words.

People hesitate and recognisers err; a translator that has only read finished sentences translates every "um".
One thing goes wrong in a sentence. Its last unit stays as it is, and with it whether the sentence is open.
Numbers and negations are neither repeated nor misheard: what they say must be translated as it stands.
"""

from __future__ import annotations

import random

Units = list[str]
"""Words with the blank behind them, or single Chinese characters: see `bitext.units`."""

FILLERS = {
    "en": ("um", "uh", "well", "you know"),
    "zh": ("嗯", "那个", "就是"),
    "es": ("eh", "este"),
    "de": ("äh", "also"),
}
LOST = {
    "en": frozenset("a an the of to is are was that in on at for".split()),
    "zh": frozenset("的了就也"),
    "es": frozenset("el la los las un una de a en que lo".split()),
    "de": frozenset("der die das den dem ein eine zu in an es".split()),
}
"""Short words that a recogniser loses."""
ALIKE = {
    "en": "their there, your you're, its it's, then than, here hear, were where, right write, by buy, "
    "week weak, meet meat, sea see, new knew, our hour, would wood, whole hole, piece peace, "
    "weather whether, wait weight, son sun, to too, live leave, plan plane, walk work, cold called, "
    "think thing, sit seat, past passed, brake break, flour flower, mail male, pair pear, road rode, "
    "sale sail, way weigh, wear where",
    "zh": "的 得, 的 地, 他 她, 她 它, 在 再, 做 作, 像 象, 已 以, 坐 座, 那 哪, 进 近, 事 是, 时 实, "
    "到 道, 里 理, 工 公, 会 回, 请 清, 问 闻, 长 常, 话 画, 明 名, 心 新, 生 声, 想 响, 见 建, 气 汽, "
    "园 员, 机 鸡, 书 输, 电 店, 向 像, 由 油",
    "es": "haya halla, a ha, hola ola, casa caza, hecho echo, cayó calló, vaya valla, tuvo tubo, si sí",
    "de": "das dass, seid seit, den denn, wieder wider, mehr meer, ist isst, wahr war, man mann, viel fiel",
}
"""Words that sound alike, in pairs."""
NEAR = dict(zip("bpdtgkszfvmneiou", "pbtdkgzsvfnmieuo", strict=True))
"""Letters that sound nearly alike."""
KEPT = frozenset(
    (
        *"零一二三四五六七八九十百千万亿两半不没无别未",
        *"no not none never nothing nobody cannot without nicht kein keine nie nunca nada nadie sin".split(),
        *"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split(),
        *"sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety".split(),
        *"hundred thousand million billion".split(),
    )
)
"""Numbers and negations."""
LOWERED = frozenset(
    (
        *"a an the he she we they you it this that these those there my your our his her their in on".split(),
        *"at if how what when where who why do does did is are was were can could will would please".split(),
        *"let's it's that's there's what's he's she's we're you're they're don't".split(),
        *"el la los las un una mi tu su me te se es está".split(),
        *"der die das ein eine mein wir er sie es ich ist sind wie was wo wann".split(),
    )
)
"""Words that have a capital only at the beginning."""
PAUSES = "，、,是的在"
"""Behind these people hesitate in Chinese, within a word they do not."""
SHORTEST = 5
"""Letters of a word of which one is misheard."""


def _alike(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for first, second in (pair.split() for pair in ALIKE[language].split(", ")):
        found.setdefault(first, []).append(second)
        found.setdefault(second, []).append(first)
    return found


HOMOPHONES = {language: _alike(language) for language in ALIKE}


def disfluent(units: Units, language: str, rng: random.Random) -> Units:
    """Return the units with one thing gone wrong, or as they are where nothing can."""
    ways = [filled, repeated, restarted, misheard]
    for way in rng.sample(ways, len(ways)):
        changed = way(units, language, rng)
        if changed != units:
            return changed
    return units


def filled(units: Units, language: str, rng: random.Random) -> Units:
    """Return the units with a filler where somebody may hesitate."""
    places = _hesitations(units, language)
    if not places:
        return units
    place, filler = rng.choice(places), rng.choice(FILLERS[language])
    mark, blank = ("，", "") if language == "zh" else (", ", " ")
    if place == 0:
        return [filler.capitalize() + mark, _within(units[0]), *units[1:]]
    before = units[place - 1].rstrip()
    if language != "zh" and before.isalpha() and rng.random() < 0.5:
        return [*units[: place - 1], before + mark, filler + mark, *units[place:]]
    return [*units[:place], filler + blank, *units[place:]]


def repeated(units: Units, language: str, rng: random.Random) -> Units:
    """Return the units with a word or a short phrase said twice."""
    length = rng.randint(1, 2)
    places = [p for p in _hesitations(units, language) if _words(units[p : p + length]) == length]
    if not places:
        return units
    place = rng.choice(places)
    again = _apart(units[place : place + length])
    rest = [_within(units[place]), *units[place + 1 :]] if place == 0 else units[place:]
    return [*units[:place], *again, *rest]


def restarted(units: Units, language: str, rng: random.Random) -> Units:
    """Return the units begun, broken off within a word, and begun again."""
    length = rng.randint(1, 3)
    if _words(units[:length]) < length or len(units) <= length:
        return units
    *whole, last = _apart(units[:length])
    broken = last.rstrip()
    if len(broken) > 2:
        broken = broken[: rng.randint(1, len(broken) - 1)]
    mark = "，" if language == "zh" else ", "
    return [*whole, broken + mark, _within(units[0]), *units[1:]]


def misheard(units: Units, language: str, rng: random.Random) -> Units:
    """Return the units with a short word lost, or another word or letter that sounds alike."""
    lost = [(p, "") for p in range(1, len(units) - 1) if units[p].strip() in LOST[language]]
    words = [(p, unit.strip()) for p, unit in enumerate(units[:-1]) if _words([unit])]
    alike = [(p, other) for p, word in words for other in HOMOPHONES[language].get(word, ())]
    letters = [(p, _misspelt(word, rng)) for p, word in words if len(word) >= SHORTEST and language != "zh"]
    kinds = [kind for kind in (lost, alike, letters) if kind]
    if len(units) < 4 or not kinds:
        return units
    place, heard = rng.choice(rng.choice(kinds))
    behind = units[place][len(units[place].rstrip()) :]
    return [*units[:place], *([heard + behind] if heard else []), *units[place + 1 :]]


def _hesitations(units: Units, language: str) -> list[int]:
    """Places before which somebody may hesitate."""
    places = [place for place, unit in enumerate(units) if unit[:1].isalpha()]
    if language == "zh":
        return [place for place in places if place == 0 or units[place - 1][-1:] in tuple(PAUSES)]
    return [place for place in places if place == 0 or units[place - 1][-1:].isspace()]


def _words(units: Units) -> int:
    """Return how many of the units are words that may be said twice or misheard."""
    return sum(unit.strip().isalpha() and unit.strip().lower() not in KEPT for unit in units)


def _apart(units: Units) -> Units:
    """Return the units with a blank behind each word; Chinese characters have none."""
    return [unit if unit >= "\u3400" else unit.rstrip() + " " for unit in units]


def _within(unit: str) -> str:
    """Return the first word of a sentence as it stands within one."""
    return unit.lower() if unit.strip().lower() in LOWERED else unit


def _misspelt(word: str, rng: random.Random) -> str:
    """Return the word with a letter but the first changed for one that sounds alike, or lost."""
    place = rng.randrange(1, len(word))
    return word[:place] + NEAR.get(word[place], "") + word[place + 1 :]

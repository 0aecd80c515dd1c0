"""Counting finds out which piece comes from which."""

from embedded.recipe.lexicon import learn

END, WORDS = 0, 30
ENGLISH = {"the": 1, "dog": 2, "cat": 3, "sees": 4, "red": 5}
GERMAN = {"der": 11, "hund": 12, "kater": 13, "sieht": 14, "rot": 15}
SENTENCES = [
    ("the dog sees the cat", "der hund sieht der kater"),
    ("the dog", "der hund"),
    ("red cat", "rot kater"),
    ("the cat sees", "der kater sieht"),
    ("red dog sees", "rot hund sieht"),
]


def rows(source: str, target: str) -> tuple[list[int], list[int]]:
    return [*(ENGLISH[w] for w in source.split()), END], [*(GERMAN[w] for w in target.split()), END]


def test_links_join_translations() -> None:
    lexicon = learn([rows(*pair) for pair in SENTENCES] * 3, WORDS, frozenset({END}), passes=8)
    source, target = rows("the dog sees red", "rot sieht der hund")
    links = {(source[i], target[j]) for i, j in lexicon.links(source, target)}
    assert links == {(1, 11), (2, 12), (4, 14), (5, 15)}


def test_what_was_never_seen_has_no_link() -> None:
    lexicon = learn([rows(*pair) for pair in SENTENCES], WORDS, frozenset({END}))
    assert lexicon.links([20, 21, END], [22, 23, END]) == []

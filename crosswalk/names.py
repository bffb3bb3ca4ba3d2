"""Names of people: one normal form, and whether two first names could be one person."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import JaroWinkler

# Below this Jaro-Winkler similarity two first names count as clearly unlike.
UNLIKE_BELOW = 0.80
SPELT_ALIKE = 0.85  # last names, of 1
# Short forms that share too few letters with the long one for a string measure.
_SHORT_FORMS = (
    "robert bob bobby rob robbie bert",
    "william bill billy will willy liam",
    "richard dick rick ricky rich",
    "margaret peggy maggie meg greta rita",
    "elizabeth liz lizzie beth betty eliza elsie lisa bess",
    "katherine catherine kathryn kate katie kathy cathy kit kitty",
    "james jim jimmy jamie",
    "john jack johnny jon jonathan",
    "edward ed eddie ted teddy ned",
    "charles charlie chuck",
    "henry harry hank",
    "alexander alexandra alex sandy sasha xander lex",
    "anthony antony tony",
    "theodore ted teddy theo",
    "francis frances frank fran francesca",
    "susan sue suzanne susie",
    "mary molly polly",
    "michael mike mick mickey misha",
    "joseph joe joey",
    "david dave davey",
    "thomas tom tommy",
    "deborah debbie deb",
    "patricia pat patty trish tricia",
    "patrick pat paddy",
    "rebecca becky becca",
    "samuel samantha sam sammy",
    "stephen steven steve",
    "christopher christine christina chris kit tina",
    "nicholas nicola nick nicky klaus",
    "lawrence laurence larry",
    "gerald gerard jerry gerry",
    "dorothy dot dolly",
    "eleanor ellen nell nelly nora",
    "helen ellen nell elena helena",
    "johannes hans johann",
    "friedrich fritz fred",
    "heinrich heinz",
    "jose pepe",
    "francisco paco pancho",
    "giuseppe beppe pino",
    "geoffrey jeffrey geoff jeff",
    "tatiana tatyana tanya tania",
    "joao john",
    "yuri iouri juri",
    "linda lynn lin",
)
# Names spelt much alike that people share a house with, not a person.
_APART = (
    "mark marc mary maria marie marta martha martin marcus",
    "james jane janet",
    "john joan joanna joshua",
    "carl karl carla carlos carol",
    "michael michelle",
    "daniel danielle daniela",
    "paul paula pamela",
    "eric erik erica erika",
    "patrick patricia",
    "martin martina",
    "robert roberta",
    "stephen steven stefan stephanie",
    "gabriel gabrielle gabriela",
    "oliver olivia",
    "nicholas nicole nicola",
    "george georgia georgina",
    "julian juliana julia julie",
    "andrew andrea andreas",
    "christian christina christine",
    "alan alexander",
    "brian ryan brandon brenda",
    "sandra sarah samantha",
    "donald donna ronald",
    "linda lisa lena",
)
# Different spellings of one name, where a line of _APART holds both.
_SAME = (
    "mark marc marcus",
    "maria marie mary",
    "marta martha",
    "carl karl carlos",
    "eric erik",
    "erica erika",
    "daniela danielle",
    "gabriela gabrielle",
    "stephen steven stefan",
    "juliana julia julie",
    "georgia georgina",
    "joan joanna",
    "christina christine",
    "andrew andreas",
    "ann anna",
    "diann dianna",
    "susan susana",
    "susann susanna",
)
_TITLES = frozenset(
    ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "sir"]
)


def _index(lines: Sequence[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(lines):
        for name in line.split():
            found.setdefault(name, set()).add(number)
    return found


_FORMS, _LOOKALIKES = _index((*_SHORT_FORMS, *_SAME)), _index(_APART)
# short form → the long forms it may stand for
_LONG: dict[str, list[str]] = {}
for _line in _SHORT_FORMS:
    for _name in _line.split():
        _LONG.setdefault(_name, []).append(_line.split()[0])

# letters that do not fall apart into a base letter and an accent
_FOLDED = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ð": "d",
        "þ": "th",
        **dict.fromkeys("'’‘ʼ`´", ""),
    }
)
# the same for plain letters: whatever is neither letter nor figure parts words
_ASCII = str.maketrans(
    {code: "" if chr(code) in "'`" else " " for code in range(128)}
    | {code: chr(code) for code in range(128) if chr(code).isalnum()}
)
# Scripts that write first and last name without a space between.
_UNSPACED = frozenset({"CJK", "HANGUL", "HIRAGANA", "KATAKANA"})
# Marks that make another letter rather than an accent: nukta, kana voicing, virama.
_LETTER_MARKS = frozenset({7, 8, 9})


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Return a name without accents, case, punctuation and doubled space."""
    if text.isascii():  # most are: no accents to look for
        return " ".join(text.translate(_ASCII).casefold().split())
    # taken apart before it is folded: the parts of “🄐” have a case of their own
    apart = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    folded = unicodedata.normalize("NFKD", apart.casefold().translate(_FOLDED))
    return " ".join("".join(_plain(char) for char in folded).split())


def _plain(char: str) -> str:
    """Return what stays of a character: accents go, punctuation parts words."""
    accent = unicodedata.combining(char)
    if accent and accent not in _LETTER_MARKS:
        return ""
    kind = unicodedata.category(char)
    if kind == "Cf":  # invisible: joiners, marks of direction
        return ""
    return char if char.isalnum() or kind[0] == "M" else " "


def full(first: str, last: str) -> str:
    """Return the normalised full name, "" unless something is left of it."""
    return normal(f"{first} {last}")


def _script(text: str) -> str:
    for char in text:
        if char.isalpha():
            return unicodedata.name(char, "?").split()[0]
    return ""


def words(name: str) -> list[str]:
    """Return the words of a normalised name without titles; none only of ""."""
    found = name.split()
    return [word for word in found if word not in _TITLES] or found


def long_form(name: str) -> str:
    """Return the long form of a normalised first name, itself unless there is one."""
    lines = _LONG.get(name, ())
    return lines[0] if len(lines) == 1 else name


def _is_feminine(name: str, other: str) -> bool:
    """Whether a name is the other one's for women: Jan and Jana, Josef and Josefa."""
    return len(other) > 2 and name == f"{other}a"


def akin(full_name: str, other_full: str) -> bool:
    """Whether two normalised full names share a last name, spelt about alike.

    It may stand anywhere in the other one: double names, swapped first and last names.
    Two without a name are not told apart by it, one without is no kin of one with.
    """
    mine, theirs = words(full_name), words(other_full)
    if not mine or not theirs:
        return mine == theirs
    if _script(full_name) != _script(other_full):
        return True  # not to be compared
    return any(
        JaroWinkler.similarity(last, word) >= SPELT_ALIKE
        for last, among in ((mine[-1], theirs), (theirs[-1], mine))
        for word in among
    )


def unlike(first: str, other_first: str, other_full: str = "") -> bool:
    """Whether two first names are clearly of different people.

    A missing name, an initial, a short form, another script or swapped first and
    last names are not *clearly* unlike.
    """
    mine, theirs = normal(first), normal(other_first)
    if not mine or not theirs or _script(mine) != _script(theirs):
        return False
    mine_words, their_words = words(mine), words(theirs)
    one, two = mine_words[0], their_words[0]
    if one == two or _FORMS.get(one, set()) & _FORMS.get(two, set()):
        return False
    # an initial that both have in the middle says nothing
    if {word for word in mine_words if len(word) > 1} & set(their_words):
        return False
    if one in normal(other_full).split():  # first and last name swapped
        return False
    if _LOOKALIKES.get(one, set()) & _LOOKALIKES.get(two, set()):
        return True
    if _is_feminine(one, two) or _is_feminine(two, one):
        return True
    if one.startswith(two) or two.startswith(one):
        return False
    if _script(mine) in _UNSPACED and (one in two or two in one):
        return False
    return JaroWinkler.similarity(one, two) < UNLIKE_BELOW

"""How a name sounds: a coarse code that survives typos, swapped and short names.

It only finds who is worth comparing. The classes of letters are Soundex's; unlike
Soundex it takes all letters of a word, both names, and in either order.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from crosswalk.names import long_form, normal, words

_CLASSES = {
    letter: str(number)
    for number, letters in enumerate(("bfpvw", "cgjkqsxz", "dt", "l", "mn", "r"), 1)
    for letter in letters
}
_SPELT = (("ph", "f"), ("gh", "g"), ("sch", "s"), ("tz", "z"), ("dt", "t"))


@lru_cache(maxsize=4096)
def sound(name: str) -> str:
    """Return the code of a full name, "" when it has no two words to tell it by.

    The first and the last word count, so that middle names and particles do not.
    """
    said = words(normal(name))
    if len(said) < 2 or min(len(said[0]), len(said[-1])) < 2:
        return ""  # an initial fits too many
    return " ".join(sorted(_code(long_form(word)) for word in (said[0], said[-1])))


def _code(word: str) -> str:
    if not word.isascii():
        return word  # other scripts spell as they sound, or not at all
    for written, heard in _SPELT:
        word = word.replace(written, heard)
    classes = (_CLASSES.get(letter, "") for letter in word)
    heard = "".join(letter for letter, _ in groupby(classes) if letter)
    return ("0" if word[0] in "aeiouy" else "") + heard or "0"

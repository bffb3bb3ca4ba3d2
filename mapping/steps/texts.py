"""Texts: case, length, replacing, HTML. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

from mapping.steps.base import Setting, Step

# words that stay small inside a name or a title
SMALL = frozenset({"and", "da", "das", "de", "del", "della", "den", "der", "di", "do"})
SMALL |= {"dos", "du", "e", "la", "le", "of", "te", "ten", "ter", "van", "von", "y"}
SMALL |= {"zu", "zum", "zur"}
_WORD = re.compile(r"[^\W_]+")
_BLOCKS = frozenset({"blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS |= {"ol", "p", "table", "tr", "ul"}
_JOINER = "\u200d"  # holds two signs together as one: “👩‍🚀”


def case(value: Any, step: Step, setting: Setting) -> Any:
    """Write a text in upper, lower, title or sentence case.

    Title case keeps particles small (“Ludwig van Beethoven”) and leaves a word alone
    that somebody wrote with care (“McDonald”, “IBM”).
    """
    if not isinstance(value, str):
        return value
    match step.get("to", "title"):
        case "upper":
            return value.upper()
        case "lower":
            return value.lower()
        case "sentence":
            text = value.lower() if value.isupper() else value
            return text[:1].upper() + text[1:]
        case _:
            return _titled(value)


def _titled(text: str) -> str:
    is_careless = text == text.upper() or text == text.lower()

    def write(found: re.Match[str]) -> str:
        word = found[0]
        if not is_careless and word != word.lower():
            return word
        lower = word.lower()
        before = text[: found.start()]
        if before and lower in SMALL:
            return lower
        is_ending = before[-1:] in {"'", "’"} and len(word) == 1  # Anna's
        return lower if is_ending else lower[:1].upper() + lower[1:]

    return _WORD.sub(write, text)


def truncate(value: Any, step: Step, setting: Setting) -> Any:
    """Cut a text to a length in characters, between words where that costs little.

    What belongs to one sign (an accent, a joined emoji) is not cut apart.
    """
    length = step.get("length")
    if not isinstance(length, int) or length < 1:
        return value
    if not isinstance(value, str) or len(value) <= length:
        return value
    end = length
    while end and _goes_on(value, end):
        end -= 1
    cut = value[: end or length]
    if not value[len(cut)].isspace():
        head = cut[: cut.rfind(" ")] if " " in cut else cut
        cut = head if len(head) * 3 >= length * 2 else cut
    return cut.rstrip()


def _goes_on(text: str, at: int) -> bool:
    """Whether the character at a place belongs to the one before it."""
    here = text[at]
    return (
        unicodedata.combining(here) > 0
        or here in {_JOINER, "\ufe0f"}
        or text[at - 1] == _JOINER
    )


def replace(value: Any, step: Step, setting: Setting) -> Any:
    """Replace a text by another, or by nothing, wherever it stands."""
    find = step.get("find")
    if not isinstance(value, str) or not isinstance(find, str) or not find:
        return value
    return value.replace(find, str(step.get("with") or ""))


class _PlainText(HTMLParser):
    """Collects what a reader of HTML sees, with its line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Begin a line where a browser would."""
        if tag in {"script", "style"}:
            self.hidden += 1
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line where a browser would."""
        if tag in {"script", "style"}:
            self.hidden = max(0, self.hidden - 1)
        elif tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep a text that is seen."""
        if not self.hidden:
            self.parts.append(" ".join(f"|{data}|".split())[1:-1])


def from_html(value: Any, step: Step, setting: Setting) -> Any:
    """Take the text out of HTML, a line for each block."""
    if not isinstance(value, str) or ("<" not in value and "&" not in value):
        return value
    reader = _PlainText()
    reader.feed(value)
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def to_html(value: Any, step: Step, setting: Setting) -> Any:
    """Write a text as HTML: paragraphs and line breaks, everything else escaped."""
    if not isinstance(value, str):
        return value
    blocks = re.split(r"\n\s*\n", value.strip())
    lines = (html.escape(block, quote=False).replace("\n", "<br>") for block in blocks)
    return "".join(f"<p>{line}</p>" for line in lines)

"""Steps on texts: case, length, replacing, plain text out of HTML. Pure."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

import regex

from mapping.steps.base import Setting, Step

PATTERN_SECONDS = 0.05  # that a pattern may take on one value
MOST = 20_000  # characters a pattern is tried on
# words that stay small inside a name or a title
SMALL = frozenset("de del della der den di du da dos das la le van von ten ter y e und and of".split())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_BLOCKS = frozenset("p div br li tr h1 h2 h3 h4 h5 h6 ul ol table blockquote".split())


def case(value: Any, step: Step, setting: Setting) -> Any:
    """Write a text in upper, lower, title or sentence case.

    Title case keeps particles small (“Ludwig van Beethoven”) and leaves a word alone
    that has capitals inside (“McDonald”, “IBM”).
    """
    if not isinstance(value, str):
        return value
    kind = step.get("to")
    if kind == "upper":
        return value.upper()
    if kind == "lower":
        return value.lower()
    if kind == "sentence":
        text = value.lower() if value.isupper() else value
        return text[:1].upper() + text[1:]
    return _titled(value)


def _titled(text: str) -> str:
    is_shouted = text.isupper() or text.islower()

    def write(found: re.Match[str]) -> str:
        word = found[0]
        if not is_shouted and not word.islower():
            return word
        lower = word.lower()
        if lower in SMALL and found.start() > 0:
            return lower
        return "’".join(part[:1].upper() + part[1:] for part in lower.split("’")).replace(
            "'", "'"
        )

    return _WORD.sub(write, text)


def truncate(value: Any, step: Step, setting: Setting) -> Any:
    """Cut a text to a length, at a space where there is one near the end."""
    length = int(step.get("length") or 0)
    if not isinstance(value, str) or length <= 0 or len(value) <= length:
        return value
    cut = value[:length]
    if value[length] != " " and " " in cut[length * 2 // 3 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip()


def replace(value: Any, step: Step, setting: Setting) -> Any:
    """Replace each place where a text stands, or a pattern fits, by another text.

    A pattern that takes too long on a value leaves it as it is.
    """
    find = step.get("find")
    if not isinstance(value, str) or not find:
        return value
    new = str(step.get("with") or "")
    if step.get("as") != "pattern":
        return value.replace(str(find), new)
    try:
        return regex.sub(str(find), new, value[:MOST], timeout=PATTERN_SECONDS)
    except (TimeoutError, regex.error, IndexError):
        return value


def pattern_problem(text: str) -> str:
    """Return why a text is no pattern, "" when it is one."""
    try:
        regex.compile(text)
    except regex.error as error:
        return f"“{text[:60]}” is not a pattern: {error.msg}"
    return ""


class _PlainText(HTMLParser):
    """Collects what a reader of HTML sees, with its line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("script", "style"):
            self.hidden += 1
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.hidden = max(0, self.hidden - 1)
        elif tag in _BLOCKS and tag not in ("br", "li"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def from_html(value: Any, step: Step, setting: Setting) -> Any:
    """Take the text out of HTML, a line for each block."""
    if not isinstance(value, str) or "<" not in value and "&" not in value:
        return value
    reader = _PlainText()
    reader.feed(value)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def to_html(value: Any, step: Step, setting: Setting) -> Any:
    """Write a text as HTML: paragraphs and line breaks, everything else escaped."""
    if not isinstance(value, str):
        return value
    blocks = re.split(r"\n\s*\n", value.strip())
    lines = (html.escape(block).replace("\n", "<br>") for block in blocks)
    return "".join(f"<p>{line}</p>" for line in lines)

"""Set-up documents: a connector's setup.md as a page shows it, addresses filled in."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from integrations import registry

FOLDER = Path(__file__).parent / "connectors"
# Headings of the document stand below those of the page around it.
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5"}


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def setup_doc(kind: str, *, redirect_uri: str, webhook_url: str) -> SafeString:
    """Return the document of a kind as safe HTML; "" where there is none.

    The document is ours; what is filled in is escaped by the renderer.
    """
    if kind not in registry.CONNECTORS:
        return SafeString("")
    path = FOLDER / kind / "setup.md"
    if not path.exists():
        return SafeString("")
    text = path.read_text(encoding="utf-8")
    text = text.replace("{{ redirect_uri }}", redirect_uri)
    text = text.replace("{{ webhook_url }}", webhook_url or "(shown once connected)")
    return rendered(text)


def rendered(text: str) -> SafeString:
    """Return Markdown as HTML without raw HTML; links to others open outside."""
    tokens = _markdown().parse(text)
    for token, following in pairwise(tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = HEADINGS.get(token.tag, "h6")
        if token.type == "th_open" and not following.content:
            token.tag = "td"  # the empty corner of a table heads nothing
        if following.type == "th_close" and not token.content:
            following.tag = "td"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noopener noreferrer")
                child.attrSet("target", "_blank")
    return SafeString(_markdown().renderer.render(tokens, _markdown().options, {}))

"""Searching the log: by how a name begins, by e-mail, phone or a vendor's id."""

from __future__ import annotations

from unicodedata import normalize


def search_key(text: str) -> str:
    """Return a text as it is searched for: without regard to case and spacing."""
    return " ".join(normalize("NFC", text).split()).casefold()

"""Fields in words: what a person should know of one before mapping it. Pure."""

from __future__ import annotations

from integrations.connectors.base import Field

SHOWN_OPTIONS = 12
TYPE_WORDS = {
    "text": "Text",
    "long_text": "Long text",
    "name": "A name",
    "email": "E-mail address",
    "phone": "Phone number",
    "url": "Web address",
    "tags": "A set of tags",
    "bool": "Yes or no",
    "number": "Number",
    "money": "Amount of money",
    "date": "Date",
    "datetime": "Date and time",
    "choice": "One of",
    "choices": "Any of",
    "file": "File",
}


def field_words(field: Field) -> str:
    """Return a field's label with what is special about it."""
    if not field.is_writable:
        return f"{field.label} (read only)"
    if field.is_detail_only:
        return f"{field.label} (costs one call per person)"
    return field.label


def field_facts(field: Field) -> str:
    """Return type, options and why it cannot be written, as one short text.

    "" for a plain text of which there is nothing to say.
    """
    parts = []
    if field.is_custom or field.options or field.type not in {"text", "name"}:
        parts.append(type_words(field))
    if not field.is_writable:
        parts.append("Read only")
    if field.is_detail_only:
        parts.append("Costs one call per person")
    if field.help:
        parts.append(field.help.rstrip("."))
    return ". ".join(parts) + "." if parts else ""


def type_words(field: Field) -> str:
    """Return "Number", "One of Gold, Silver and 3 more"."""
    words = TYPE_WORDS.get(field.type, "Text")
    if field.type not in {"choice", "choices"}:
        return words
    if not field.options:
        return f"{words} the options set there"
    shown = field.options[:SHOWN_OPTIONS]
    more = len(field.options) - len(shown)
    listed = ", ".join(shown)
    return f"{words}: {listed}" + (f" and {more:,} more" if more else "")

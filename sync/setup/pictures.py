"""Pictures of the choices of a sync: drawn in templates/sync/setup/_pictures.html."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString


def picture(name: str) -> SafeString:
    """Return a picture by its name, as it stands beside the words that say the same."""
    return format_html(
        '<svg class="picture" viewBox="0 0 96 40" aria-hidden="true">'
        '<use href="#pic-{}"/></svg>',
        name,
    )

"""The living page of the design language: every element with its markup, in both themes.

A sample is a template of its own in templates/styleguide/: what developers read there is
what is rendered beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template.engine import Engine
from django.template.loader import get_template

from crosswalk.clock import now
from crosswalk.keyset import KeysetPage
from crosswalk.states import LOOKS, PAST
from synclog.models import SyncRun

THEMES = ("light", "dark")
SPACES = (4, 8, 12, 16, 24, 32, 48)
COLOURS = (
    ("Acts, links, focus, where one is", "accent accent-soft accent-fill"),
    ("Left and right system", "left left-soft right right-mark right-soft"),
    ("It is well", "ok ok-mark ok-soft"),
    ("It goes on by itself", "wait wait-mark wait-soft"),
    ("It takes no part", "off off-mark off-soft"),
    ("It failed", "fail fail-mark fail-soft"),
    ("A person must decide", "person person-mark person-soft"),
    ("Text: content, explanation, captions", "ink ink-2 ink-3"),
    ("Grounds", "bg surface sunken hover"),
    ("Lines: of panels, buttons, inputs", "line line-strong line-control"),
)
# template → title, what it is for
SAMPLES = {
    "colours": ("Colours", "A hue has one job. Never colour alone: words or a shape say it too."),
    "spacing": ("Spacing", "Steps of 4. Panel padding 24, between panels 24, both 16 when narrow."),
    "type": ("Type", "Inter. Line heights on a grid of 4. Figures in columns are tabular."),
    "buttons": ("Buttons", "Verb and object. One filled button a view."),
    "states": ("States", "Icon, words, colour. All of them: crosswalk/states.py."),
    "values": ("Systems, values, times", "Left is a round dot, right a square. Nothing is the word “empty”. The exact time is on hover."),
    "notes": ("Notes", "They stay until the page changes: nobody has to read fast."),
    "table": ("Facets, table, pager", "Numbers to the right. On a phone a row becomes a block."),
    "pages": ("Pages of a long list", "By key: newer and older, without a number of pages."),
    "facts": ("Facts", "A list of facts; a row of figures."),
    "diff": ("Before and after", "Only what changes: before struck through, after green."),
    "meters": ("Meters", "Shares of a whole; hatched is expected."),
    "timeline": ("Timeline", "What happened, the latest first."),
    "form": ("A form", "Label above, help below, the error says what to do."),
    "choices": ("Segments, chips, keys", "A few ways to see one thing; small facts; keys of the keyboard."),
    "steps": ("Steps", "Where one is in a set-up."),
    "empty": ("Nothing here yet", "Why it is empty, and the button that changes it."),
    "skeleton": ("Waiting", "The shape of what comes, never a spinner; still with reduced motion."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """An element: what it is for, its markup, how it looks by theme."""

    name: str
    title: str
    text: str
    source: str
    shown: tuple[tuple[str, str], ...]


class SampleForm(forms.Form):
    """Every kind of field, one of them with an error."""

    name = forms.CharField(label="Client ID", help_text="Stored encrypted.")
    email = forms.EmailField(label="E-mail", required=False)
    system = forms.ChoiceField(
        choices=[("left", "HighLevel"), ("right", "Zoho Invoice")]
    )
    policy = forms.ChoiceField(
        label="When both sides change a field",
        choices=[("newest", "The newer value wins"), ("ask", "Ask me")],
        widget=forms.RadioSelect,
    )
    remember = forms.BooleanField(label="Keep me signed in", required=False)


def samples(request: HttpRequest) -> list[Sample]:
    """Return every element of the look, rendered once a theme."""
    return [_sample(request, name, *told) for name, told in SAMPLES.items()]


def _sample(request: HttpRequest, name: str, title: str, text: str) -> Sample:
    template = get_template(f"styleguide/{name}.html")
    shown = tuple(
        (theme, template.render(_context(request, theme), request)) for theme in THEMES
    )
    return Sample(name, title, text, _source(name), shown)


def _source(name: str) -> str:
    """Return the markup of a sample as it is written."""
    template = Engine.get_default().get_template(f"styleguide/{name}.html")
    return str(template.source).strip()


def _context(request: HttpRequest, theme: str) -> dict[str, Any]:
    moment = now()
    data = {"name": "1000.7QK2M9X4", "email": "dana@", "policy": "newest"}
    steps = [("Systems", "done"), ("HighLevel", "done"), ("Zoho Invoice", "now")]
    steps += [("Rules", "todo"), ("Fields", "todo"), ("Test and go live", "todo")]
    return {
        "colours": [(words, names.split()) for words, names in COLOURS],
        "spaces": SPACES,
        "states": LOOKS,
        "past": PAST,
        "form": SampleForm(data, auto_id=f"{theme}-%s"),
        "items": [{"label": each, "state": at, "url": "#"} for each, at in steps],
        "moments": [moment - timedelta(seconds=s) for s in (1, 12, 340, 9000, 90_000)],
        "old": moment - timedelta(days=40),
        "keyset": KeysetPage(rows=list[SyncRun](), newer="n9", older="o2"),
        "page": Paginator(range(318), 50).get_page(request.GET.get("page")),
        "sync_meter": [("ok", 284), ("wait", 9), ("off", 7), ("person", 18)],
        "quota_meter": [("acc", 612), ("next", 258)],
        "run_meter": [("acc", 165), ("fail", 6)],
    }

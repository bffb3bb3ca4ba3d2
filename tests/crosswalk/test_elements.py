"""The elements of the look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory

from crosswalk.moments import relative
from crosswalk.states import LOOKS, PAST
from synclog.models import LogEntry, SyncRun

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def show(source: str, **context: object) -> str:
    return Template(source).render(Context(context)).strip()


def test_values_are_escaped_everywhere() -> None:
    bad = "<script>"
    page = show(
        "{% status v label=v %}{% system v 'left' %}{% value v %}{% crumb v %}"
        "{% panel v %}{{ v }}{% endpanel %}{% page_head v v %}{% endpage_head %}"
        "{% note 'info' title=v %}{{ v }}{% endnote %}{% facet v v sub=v %}"
        "{% empty_state v v %}{% endempty_state %}{% icon v label=v %}{% value l %}",
        v=bad,
        l=[bad],
    )

    assert bad not in page
    assert "&lt;script&gt;" in page


def test_markup_between_the_tags_stays_markup() -> None:
    page = show("{% page_head 'A' %} <b>x</b> {% endpage_head %}")

    assert '<div class="acts"><b>x</b></div>' in page


@pytest.mark.parametrize("state", [*SyncRun.State.values, *LogEntry.Outcome.values])
def test_every_state_has_words_an_icon_and_a_tone(state: str) -> None:
    assert state in LOOKS


def test_what_happened_reads_as_done() -> None:
    assert "Create<" in show("{% status 'create' %}")
    assert "Created<" in show("{% status 'create' past=True %}")
    assert set(PAST) <= set(LOOKS)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=12), "12 s ago"),
        (timedelta(minutes=61), "1 h ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(hours=26), "Yesterday 10:00"),
        (timedelta(hours=-30), "Tomorrow 18:00"),
        (timedelta(days=6), "14 Nov"),
        (timedelta(days=400), "16 Oct 2025"),
    ],
)
def test_moments_are_relative_up_to_a_day(before: timedelta, words: str) -> None:
    assert relative(NOON - before, NOON, LONDON) == words


def test_nothing_is_the_word_empty() -> None:
    assert "empty" in show("{% value None %}")
    assert show("{% value 0 %}") == "0"


def test_a_meter_shares_out_the_whole() -> None:
    bar = show("{% meter parts total=200 %}", parts=[("ok", 50), ("next", 100)])

    assert 'class="m-ok" x="0.00%" width="25.00%"' in bar
    assert 'class="m-next" x="25.00%" width="50.00%"' in bar
    assert "style=" not in bar


def test_a_meter_of_nothing_is_empty() -> None:
    assert "<rect" not in show("{% meter parts %}", parts=[("ok", 0)])


class Sample(forms.Form):
    name = forms.CharField(help_text="As the vendor shows it.")
    pick = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)


def test_a_field_ties_its_error_and_help_to_its_control() -> None:
    form = Sample({"name": ""})

    page = show("{% field form.name %}", form=form)

    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'for="id_name"' in page


def test_choices_are_a_group_with_a_name() -> None:
    page = show("{% field form.pick %}", form=Sample())

    assert "<legend>Pick</legend>" in page
    assert '<label class="form-check-line" for="id_pick_0">' in page


def test_the_pager_keeps_the_rest_of_the_query() -> None:
    request = RequestFactory().get("/?list=failed&page=2")
    page = Paginator(range(300), 100).get_page(2)

    text = show("{% pager page %}", request=request, page=page)

    assert "101 to 200 of 300" in text
    assert "?list=failed&amp;page=1" in text
    assert "?list=failed&amp;page=3" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((None, "1 ms"), (0.0, "1 ms"), (0.0042, "4 ms"), (0.0994, "99 ms")),
        *((0.1, "0.10 s"), (2.407, "2.41 s"), (9.99, "9.99 s"), (61.6, "62 s")),
    ],
)
def test_how_long_something_took_is_said_in_the_unit_that_says_most(seconds, words):
    assert show("{% took seconds %}", seconds=seconds) == words

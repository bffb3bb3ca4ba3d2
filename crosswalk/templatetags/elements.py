"""Page parts as template elements, so that one look is changed in one place.

These are builtins: no `{% load %}`. The living page of all of them is /styleguide/.
Markup is in templates/elements/, looks in static/css/elements.css.

{% icon "home" size=20 tone="fail" label="Home" %}
    size 12, 16 (default) or 20; tone ok|wait|off|fail|person; without label it is
    decoration. Names: static/icons/sprite.svg.
{% crumb "Runs" url %} / {% crumb "Run 12" %}      in block crumbs; the last without url
{% page_head "Sentence." "What it means." status="running" %} buttons {% endpage_head %}
{% panel "Runs" link="All runs" url=url note="Last 24 hours" flush=True css="" %}
    … {% endpanel %}
    flush: no padding (tables, lists, facets); no title: no head; id= for its heading
{% status value label="6 failed so far" tag=True past=True %}
    any state of runs, records, syncs, connections, plans; tag: on its own soft ground;
    past: an outcome that has happened ("Created" instead of "Create")
{% system connection "left" plain=True %}          connection: its name or an object with .name
{% note "error" title="Bold start" %} … {% endnote %}    info|success|warning|error
{% empty_state "Nothing yet" "What to do next." icon="list" %} buttons {% endempty_state %}
{% facets "Show only" %} {% facet … %} {% endfacets %}
{% facet "Failed" 6 sub="by cause" url="?list=failed" active=True value="failed" %}
    value: the state whose icon it carries (icon= overrides)
{% when moment empty="never" %}                    <time>, relative up to a day; exact on hover
{% field form.email %}                             label, control, help, errors, aria
{% value v %}                                      the word "empty" for None and ""
{% took seconds %}                                 how long one thing took
{% meter segments label="284 in sync, 9 waiting" size="lg" total=293 %}
    segments: [("ok", 284), ("wait", 9)]; tones ok wait off fail person acc left right
    ink none (clear) next (hatched: expected); total: the whole (default: their sum); size lg|xl
{% steps items label="Set up a sync" %}            items: [{"label", "state": done|now|todo, "url"}]
{% pager page %}                                   page: a Paginator page; keeps the query
{% beside page %}                                  the same of a crosswalk.keyset page

In plain HTML: buttons `btn`, `btn btn-primary` (one a view), `btn btn-sm`,
`btn-quiet`, `btn-danger-text`; tables `<div class="tbl-wrap"><table class="tbl">` with
`<tr class="hit">`; lists of facts `<dl class="kv">`, `<dl class="costs">`; forms
`<form class="form-stack">` ending in `<div class="form-acts">`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple
from django.forms.widgets import HiddenInput, RadioSelect, Select
from django.http import QueryDict
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crosswalk.clock import now
from crosswalk.keyset import KeysetPage
from crosswalk.moments import exact, relative
from crosswalk.states import look

register = template.Library()

NOTES = {
    "info": ("info-circle", ""),
    "success": ("circle-check", "note-ok"),
    "warning": ("alert-triangle", "note-person"),
    "error": ("circle-x", "note-fail"),
}
SIDES = {"left": "sys-l", "right": "sys-r"}


def _trim(content: str) -> SafeString:
    """Return rendered content, empty when it is only white space."""
    return mark_safe(content.strip())


@register.simple_tag
def icon(name: str, size: int = 16, tone: str = "", label: str = "") -> SafeString:
    """Show an icon of the sprite."""
    css = "i" + (f" i-{size}" if size != 16 else "") + (f" st-{tone}" if tone else "")
    use = format_html('<use href="{}#{}"/>', static("icons/sprite.svg"), name)
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}">{}</svg>', css, label, use
        )
    return format_html('<svg class="{}" aria-hidden="true">{}</svg>', css, use)


@register.simple_tag
def crumb(label: object, url: str = "") -> SafeString:
    """Show one step of the way to this page."""
    if url:
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html(
        '<li><span class="clip" aria-current="page">{}</span></li>', label
    )


@register.simple_block_tag
def page_head(
    content: str, title: object, lead: object = "", status: object = ""
) -> SafeString:
    """Open a page: the state as a sentence, what it means, what can be done."""
    return render_to_string(
        "elements/page_head.html",
        {"title": title, "lead": lead, "status": status, "content": _trim(content)},
    )


@register.simple_block_tag
def panel(
    content: str,
    title: object = "",
    link: object = "",
    url: str = "",
    note: object = "",
    flush: bool = False,
    css: str = "",
    id: str = "",
) -> SafeString:
    """Show a panel."""
    return render_to_string("elements/panel.html", {**locals()})


@register.simple_tag
def status(
    value: object, label: object = "", tag: bool = False, past: bool = False
) -> SafeString:
    """Show a state: icon, words and colour."""
    seen = look(value, past=past)
    return format_html(
        '<span class="st{} st-{}">{}{}</span>',
        " st-tag" if tag else "",
        seen.tone,
        icon(seen.icon),
        label or seen.words,
    )


@register.simple_tag
def system(connection: object, side: str, plain: bool = False) -> SafeString:
    """Show a system by name, with the dot of its side."""
    return format_html(
        '<span class="sys {}{}">{}</span>',
        SIDES[side],
        " plain" if plain else "",
        getattr(connection, "name", connection),
    )


@register.simple_block_tag
def note(content: str, kind: str = "info", title: object = "") -> SafeString:
    """Show a note inside a page."""
    name, css = NOTES[kind]
    return render_to_string(
        "elements/note.html",
        {"icon": name, "css": css, "title": title, "content": content},
    )


@register.simple_block_tag
def empty_state(
    content: str, title: object, text: object = "", icon: str = "circle-dashed"
) -> SafeString:
    """Say that there is nothing, and what to do next."""
    return render_to_string(
        "elements/empty_state.html",
        {"title": title, "text": text, "icon": icon, "content": _trim(content)},
    )


@register.simple_block_tag
def facets(content: str, label: str = "Show only") -> SafeString:
    """Show a row of facets."""
    return format_html('<nav class="facets" aria-label="{}">{}</nav>', label, content)


@register.inclusion_tag("elements/facet.html")
def facet(
    label: object,
    number: object,
    sub: object = "",
    url: str = "",
    active: bool = False,
    value: str = "",
    icon: str = "",
) -> dict[str, Any]:
    """Show one facet: what, how many, and a link to only those."""
    seen = look(value) if value else None
    tone = seen.tone if seen and seen.tone in {"ok", "wait", "fail", "person"} else ""
    return {
        "label": label,
        "count": number,
        "sub": sub,
        "url": url,
        "active": active,
        "icon": icon or (seen.icon if seen else ""),
        "tone": tone,
    }


@register.simple_tag
def when(moment: datetime | None, empty: str = "never") -> SafeString:
    """Show a moment in the current zone; the exact time is its title."""
    if moment is None:
        return format_html('<span class="faint">{}</span>', empty)
    zone = ZoneInfo(timezone.get_current_timezone_name())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        exact(moment, zone),
        relative(moment, now(), zone),
    )


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """Show a form field with label, help and errors, wired for screen readers."""
    widget = bound.field.widget
    if isinstance(widget, HiddenInput):
        return bound.as_widget()
    shape, css = "line", "form-control"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        # on the widget, not on its rendering: only the inputs take the class
        widget.attrs["class"] = "form-check-input"
        return render_to_string(
            "elements/field.html", {"field": bound, "shape": "choices"}
        )
    if isinstance(widget, CheckboxInput):
        shape, css = "check", "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    css = f"{css} {widget.attrs.get('class', '')}".strip()
    control = bound.as_widget(attrs={"class": css})
    return render_to_string(
        "elements/field.html", {"field": bound, "shape": shape, "control": control}
    )


@register.simple_tag
def value(v: object) -> object:
    """Show a value; nothing is the word "empty"."""
    if v is None or v == "" or v == []:
        return format_html('<span class="faint">{}</span>', "empty")
    return ", ".join(str(part) for part in v) if isinstance(v, list) else v


@register.simple_tag
def took(seconds: float | None) -> str:
    """Show how long one thing took, in the unit that says most: "8 ms", "2.41 s"."""
    seconds = seconds or 0.0
    if seconds < 0.1:
        return f"{max(round(seconds * 1000), 1)} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


@register.inclusion_tag("elements/meter.html")
def meter(
    segments: Iterable[tuple[str, float]],
    label: str = "",
    size: str = "",
    total: float = 0,
) -> dict[str, Any]:
    """Show shares of a whole as one bar."""
    parts = [(tone, number) for tone, number in segments if number > 0]
    whole = max(total, sum(number for _, number in parts)) or 1
    bars, at = [], 0.0
    for tone, number in parts:
        width = 100 * number / whole
        bars.append({"tone": tone, "x": f"{at:.2f}%", "width": f"{width:.2f}%"})
        at += width
    return {"bars": bars, "label": label, "size": size}


@register.inclusion_tag("elements/steps.html")
def steps(items: Sequence[Mapping[str, Any]], label: str = "Steps") -> dict[str, Any]:
    """Show the steps of a wizard and where one is."""
    place = next((n for n, i in enumerate(items, 1) if i["state"] == "now"), 0)
    return {"items": items, "label": label, "place": place}


@register.inclusion_tag("elements/pager.html", takes_context=True)
def pager(context: Context, page: Page[Any]) -> dict[str, Any]:
    """Show which part of a list this is, and the way to the others."""
    request = context.get("request")
    query = request.GET.copy() if request else None

    def link(number: int) -> str:
        if query is None:
            return f"?page={number}"
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "before": link(page.previous_page_number()) if page.has_previous() else "",
        "after": link(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("elements/beside.html", takes_context=True)
def beside(context: Context, page: KeysetPage[Any]) -> dict[str, str]:
    """Show the way to the newer and the older part of a list by key."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    query.pop("seen", None)

    def link(edge: str) -> str:
        query["page"] = edge
        return f"?{query.urlencode()}"

    found = {"newer": page.newer, "older": page.older}
    links = {name: link(edge) if edge else "" for name, edge in found.items()}
    query.pop("page", None)
    return {**links, "first": f"?{query.urlencode()}"}

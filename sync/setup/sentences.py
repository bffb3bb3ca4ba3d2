"""What a sync does, said in plain sentences from its settings, as safe HTML."""

from __future__ import annotations

from collections.abc import Mapping as Choices
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations import registry
from integrations.connectors.base import local_zone
from integrations.models import Connection, Site
from mapping.models import Mapping
from mapping.pairings import pairing
from sync.models import Sync
from sync.policy import system_name
from sync.setup.filters import filter_words
from sync.setup.schedules import is_clocked

MATCH_WORDS = {"email": "e-mail", "phone": "phone", "name": "full name"}
SIDE_CLASS = {"left": "sys-l", "right": "sys-r"}


@dataclass(frozen=True, slots=True)
class SyncChoices:
    """Everything that the sentences are about, in the words of the settings."""

    left: str  # what people call the left system
    right: str
    direction: str = "both"
    match: Sequence[str] = ("email", "phone", "name")
    first_merge: str = "non_empty"
    conflict: str = "newest"
    delete: str = "ignore"
    leaving: str = "keep"
    history: Any = "all"
    history_day: str = ""  # since when “new” counts, "" when it is chosen now
    schedule: Any = "manual"
    left_is_instant: bool = False  # its changes are told to us at once
    right_is_instant: bool = False
    filters: Choices[str, str] = field(default_factory=dict)  # side → its conditions
    flowing: Sequence[str] = ()  # labels of what flows beside people: "Notes"

    def system(self, side: str) -> SafeString:
        """Return the name of a side with its mark."""
        name = self.left if side == "left" else self.right
        return format_html('<span class="sys {}">{}</span>', SIDE_CLASS[side], name)


def sync_sentence(choices: SyncChoices) -> SafeString:
    """Return what a sync with these choices does, as one paragraph of HTML."""
    return format_html_join(" ", "{}", ((part,) for part in _sentences(choices)))


def _sentences(choices: SyncChoices) -> list[SafeString]:
    parts = [
        _flow(choices),
        *_filters(choices),
        _objects(choices),
        _history(choices),
        _match(choices),
        _first_merge(choices),
        _conflict(choices),
        _delete(choices),
        _leaving(choices),
    ]
    return [part for part in parts if part]


def schedule_words(schedule: Any) -> str:
    """Return when a sync polls: "Every 5 minutes", "Every day at 03:00"."""
    if isinstance(schedule, dict) and "every_minutes" in schedule:
        minutes = schedule["every_minutes"]
        return "Every minute" if minutes == 1 else f"Every {minutes} minutes"
    if isinstance(schedule, dict) and "cron" in schedule:
        return f"At the times “{schedule['cron']}”"
    if is_clocked(schedule):
        words = _clock_words(schedule)
        return f"{words[0].upper()}{words[1:]}"
    return "Only when you start it"


def delay_words(schedule: Any, is_instant: bool) -> str:
    """Return how long a change takes: "within seconds", "within 5 minutes"."""
    if is_instant:
        return "within seconds"
    if isinstance(schedule, dict) and "every_minutes" in schedule:
        minutes = schedule["every_minutes"]
        return "within a minute" if minutes == 1 else f"within {minutes} minutes"
    if isinstance(schedule, dict) and "cron" in schedule:
        return "at the times you set"
    if is_clocked(schedule):
        return _clock_words(schedule)
    return "when you start it"


def _clock_words(schedule: Any) -> str:
    """Return "every day at 03:00", "every Monday at 03:00"."""
    if "daily" in schedule:
        return f"every day at {schedule['daily']}"
    weekly = schedule["weekly"]
    return f"every {weekly['day'].capitalize()} at {weekly['at']}"


def _flow(choices: SyncChoices) -> SafeString:
    there = delay_words(choices.schedule, choices.left_is_instant)
    back = delay_words(choices.schedule, choices.right_is_instant)
    left, right = choices.system("left"), choices.system("right")
    if choices.direction == "left_to_right":
        return _one_way(left, right, there)
    if choices.direction == "right_to_left":
        return _one_way(right, left, back)
    if there == back:
        return format_html(
            "New and changed people in {} appear in {}, and the other way round, {}.",
            left,
            right,
            there,
        )
    return format_html(
        "New and changed people in {} appear in {} {}, and the other way round {}.",
        left,
        right,
        there,
        back,
    )


def _one_way(source: SafeString, target: SafeString, delay: str) -> SafeString:
    return format_html(
        "New and changed people in {} appear in {} {}. Nothing is ever written to {}.",
        source,
        target,
        delay,
        source,
    )


def _filters(choices: SyncChoices) -> list[SafeString]:
    return [
        format_html("People of {} take part when {}.", choices.system(side), words)
        for side, words in choices.filters.items()
    ]


def _objects(choices: SyncChoices) -> SafeString:
    if not choices.flowing:
        return SafeString("")
    *most, last = choices.flowing
    words = f"{', '.join(most)} and {last}" if most else last
    return format_html("{} flow with them.", words.capitalize())


def _history(choices: SyncChoices) -> SafeString:
    if choices.history == "all":
        return SafeString("Everybody who is there today takes part.")
    since = choices.history.get("since") if isinstance(choices.history, dict) else None
    if since:
        return format_html(
            "Whoever is on one side only since before {} stays there.", _day(since)
        )
    if choices.history_day:
        return format_html(
            "Whoever was on one side only by {} stays there.", _day(choices.history_day)
        )
    return SafeString("Whoever is on one side only today stays there.")


def _day(text: Any) -> str:
    try:
        day = date.fromisoformat(str(text)[:10])
    except ValueError:
        return str(text)
    return f"{day.day} {day:%B %Y}"


def _match(choices: SyncChoices) -> SafeString:
    words = [MATCH_WORDS.get(key, key) for key in choices.match]
    return format_html("People are matched by {}.", ", then ".join(words))


def _first_merge(choices: SyncChoices) -> SafeString:
    if choices.first_merge in SIDE_CLASS:
        return format_html(
            "The first time two people are matched, what {} has wins.",
            choices.system(choices.first_merge),
        )
    if choices.first_merge == "newest":
        return SafeString(
            "The first time two people are matched, the one changed last wins."
        )
    return SafeString("Empty fields are filled from the other side.")


def _conflict(choices: SyncChoices) -> SafeString:
    if choices.direction != "both":
        return SafeString("")
    start = "When both sides change the same field, "
    if choices.conflict in SIDE_CLASS:
        return format_html("{}{} wins.", start, choices.system(choices.conflict))
    if choices.conflict == "ask":
        return SafeString(f"{start}you choose.")
    return SafeString(f"{start}the newer value wins.")


def _delete(choices: SyncChoices) -> SafeString:
    words = {
        "ignore": "Nobody is ever deleted.",
        "archive": "Who is deleted on one side is archived on the other.",
        "ask": "When somebody is deleted on one side, you decide about the other.",
        "mirror": "Who is deleted on one side is deleted on the other too.",
    }
    return format_html("<b>{}</b>", words[choices.delete])


def _leaving(choices: SyncChoices) -> SafeString:
    words = {
        "keep": "",
        "unlink": "Who no longer meets the filters is unlinked, and stays on both sides.",
        "archive": "Who no longer meets the filters is archived on the other side.",
    }
    return SafeString(words[choices.leaving])


# --- a sync that is there -------------------------------------------------------------


def settings_sentences(sync: Sync) -> list[SafeString]:
    """Return what a sync does by its settings, a sentence each."""
    return _sentences(choices_of(sync))


def choices_of(sync: Sync) -> SyncChoices:
    """Return the settings of a sync as the sentences take them."""
    mappings = list(Mapping.objects.filter(sync_id=sync.pk).order_by("pk"))
    mapping = next((each for each in mappings if each.object_type == "contact"), None)
    words = {side: filter_words(sync, "contact", side) for side in SIDE_CLASS}
    return SyncChoices(
        left=system_name(sync, "left"),
        right=system_name(sync, "right"),
        direction=mapping.direction if mapping else "both",
        match=sync.match,
        first_merge=sync.first_merge,
        conflict=sync.conflict,
        delete=sync.delete_policy,
        leaving=sync.leaving,
        history=sync.history,
        history_day=_history_day(sync),
        schedule=sync.schedule,
        left_is_instant=is_instant(sync.left),
        right_is_instant=is_instant(sync.right),
        filters={side: said for side, said in words.items() if said},
        flowing=_flowing(sync, mappings),
    )


def _history_day(sync: Sync) -> str:
    """Return the day from which only new people are created across, if it is so."""
    if sync.history != "new" or sync.history_since is None:
        return ""
    zone = local_zone(sync.workspace.time_zone)
    return sync.history_since.astimezone(zone).date().isoformat()


def _flowing(sync: Sync, mappings: Sequence[Mapping]) -> list[str]:
    """Return what flows beside people, as people call it."""
    kinds = sync.left.kind, sync.right.kind
    return [
        pairing(*kinds, each.object_type).label
        for each in mappings
        if each.object_type != "contact" and each.published_id
    ]


def is_instant(connection: Connection) -> bool:
    """Say whether a system tells us of its changes at once: it has done so, or its
    app is told our address when it is installed."""
    if connection.webhook_seen_at:
        return True
    grant = connection.grant
    if grant.site == Site.SANDBOX:
        return True  # its webhooks are set to this server when it is connected
    by_app = registry.spec(connection.kind).webhooks.routing == "app"
    public = settings.BASE_URL.startswith("https://")
    return by_app and grant.auth_type == "oauth" and public

"""The choices of a sync's rules: in words, with what each means and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from sync.setup.pictures import picture
from sync.setup.sentences import MATCH_WORDS

Choices = list[tuple[str, Any]]


def told(words: object, explained: object, drawn: str = "") -> SafeString:
    """Return a choice with the line that explains it, and a picture by its name."""
    shown = picture(drawn) if drawn else ""
    note = format_html('<span class="choice-note">{}</span>', explained)
    return format_html("{}{}{}", shown, words, note)


def _drawn(policy: str, choices: Sequence[tuple[str, str, str]]) -> Choices:
    """Return the choices of a policy, each (key, words, explained), with pictures."""
    return [
        (key, told(words, explained, f"{policy}-{key}"))
        for key, words, explained in choices
    ]


def rule_choices(left: str, right: str) -> dict[str, Choices]:
    """Return the choices of each field of the rules, the safe one first."""
    keys: Choices = [
        (key, f"{word[:1].upper()}{word[1:]}") for key, word in MATCH_WORDS.items()
    ]
    fewer: Choices = [*keys, ("none", "Nothing more")]
    return {
        "direction": _direction_choices(left, right),
        "match_1": keys,
        "match_2": fewer,
        "match_3": fewer,
        "first_merge": _first_merge_choices(left, right),
        "conflict": _conflict_choices(left, right),
        "delete": _delete_choices(),
        "leaving": _leaving_choices(),
        "history": _drawn(
            "history",
            [
                (
                    "all",
                    "All take part",
                    "Whoever is on one side only is created on the other",
                ),
                (
                    "new",
                    "Leave them alone",
                    "Pairs are linked; only people added later are created across",
                ),
                (
                    "since",
                    "Only those added since a date",
                    "Pairs are linked; older people stay where they are",
                ),
            ],
        ),
        "schedule": [
            (
                "every",
                told(
                    "Every few minutes",
                    "As well as at once, where a system tells of its changes",
                ),
            ),
            ("daily", told("Once a day", "At a time of your choice")),
            ("weekly", told("Once a week", "On a day and at a time of your choice")),
            (
                "cron",
                told("At set times", "A timetable, for quiet hours or a tight quota"),
            ),
            ("manual", told("Only when I start it", "Nothing is looked up by itself")),
        ],
    }


def _direction_choices(left: str, right: str) -> Choices:
    return _drawn(
        "direction",
        [
            ("both", "Both ways", "Each side learns what the other one knows"),
            (
                "left_to_right",
                f"{left} to {right}",
                f"Nothing is ever written to {left}",
            ),
            (
                "right_to_left",
                f"{right} to {left}",
                f"Nothing is ever written to {right}",
            ),
        ],
    )


def _first_merge_choices(left: str, right: str) -> Choices:
    return _drawn(
        "first_merge",
        [
            (
                "non_empty",
                "Fill what is empty",
                "Where both have a value, the rule below decides",
            ),
            (
                "newest",
                "The person changed last wins",
                "Field by field, empty never wins",
            ),
            ("left", f"{left} wins", "Field by field, empty never wins"),
            ("right", f"{right} wins", "Field by field, empty never wins"),
        ],
    )


def _conflict_choices(left: str, right: str) -> Choices:
    return _drawn(
        "conflict",
        [
            (
                "newest",
                "The newer value wins",
                "Where that cannot be told, you are asked",
            ),
            ("left", f"{left} wins", "Always"),
            ("right", f"{right} wins", "Always"),
            ("ask", "Ask me", "Both values stay until you choose"),
        ],
    )


def _delete_choices() -> Choices:
    return _drawn(
        "delete",
        [
            ("ignore", "Leave the other side alone", "Nobody is ever deleted"),
            (
                "archive",
                "Archive them on the other",
                "Made inactive, or tagged as archived. Of notes, tasks and appointments, "
                "which cannot be, you are asked",
            ),
            ("ask", "Ask me", "Nothing happens until you decide"),
            (
                "mirror",
                "Delete them on the other too",
                "You are asked where they were edited there, or where it is many",
            ),
        ],
    )


def _leaving_choices() -> Choices:
    return _drawn(
        "leaving",
        [
            (
                "keep",
                "Leave both as they are",
                "Linked, and taken up when they return",
            ),
            ("unlink", "Unlink them", "Both stay; matched anew when they return"),
            ("archive", "Archive them on the other side", "As at a delete"),
        ],
    )

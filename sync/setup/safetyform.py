"""The part of the rules that says when a run stops and asks."""

from __future__ import annotations

from dataclasses import asdict, fields

from django import forms
from django.utils.safestring import SafeString

from sync.engine.guards import MOST_CANARY, Guards
from sync.setup.pictures import picture

GUARDS = tuple(guard.name for guard in fields(Guards))
SAFETY = ("max_change_percent", "max_create_percent", "max_delete_percent", "canary")


def whole_number(label: str, most: int, error: str, help_text: str) -> forms.Field:
    """Return a field for a whole number from 0 to a greatest one."""
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=most,
        error_messages={"required": error},
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def percent(label: str, help_text: str) -> forms.Field:
    """Return a field for a limit in percent."""
    return whole_number(label, 100, "Enter a number from 0 to 100.", help_text)


class SafetyForm(forms.Form):
    """The guards of a sync. One that no field is for stays as it was."""

    max_change_percent = percent(
        "Changes, in percent",
        "Stop when one field would be replaced for more of the linked people than this. "
        "Counts from 20 people on.",
    )
    max_create_percent = percent(
        "New people, in percent",
        "Stop when more would be created in a system than this part of those it has. "
        "Counts from 50 new people on, and not in the first run.",
    )
    max_delete_percent = percent(
        "Deletes, in percent",
        "When more of the linked people than this would be deleted or archived at once, "
        "they wait for you. Counts from 5 people on.",
    )
    canary = whole_number(
        "The first people of a plan",
        MOST_CANARY,
        "Enter a number of people, or 0.",
        "An approved plan writes so many at first, then waits until you have looked at "
        "them. 0 writes all at once.",
    )

    @property
    def safety(self) -> list[tuple[SafeString, forms.BoundField]]:
        """Return the fields that say when to stop and ask, each with its picture."""
        return [(picture(key), self[key]) for key in SAFETY]

    @property
    def safety_is_open(self) -> bool:
        """Whether they are to be seen at once: one is wrong, or not as usual."""
        usual = asdict(Guards())
        return any(
            self[key].errors or str(self[key].value()) != str(usual[key])
            for key in SAFETY
        )

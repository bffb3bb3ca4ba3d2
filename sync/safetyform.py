"""The part of the rules that says when a run stops and asks."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from django import forms

from sync.engine.guards import MOST_CANARY, Guards

PERCENT: dict[str, Any] = {
    "min_value": 0,
    "max_value": 100,
    "error_messages": {"required": "Enter a number from 0 to 100."},
    "widget": forms.NumberInput(attrs={"inputmode": "numeric"}),
}
GUARDS = tuple(guard.name for guard in fields(Guards))
SAFETY = ("max_change_percent", "max_create_percent", "max_delete_percent", "canary")


class SafetyForm(forms.Form):
    """The guards of a sync. One that no field is for stays as it was."""

    max_change_percent = forms.IntegerField(
        label="Changes, in percent",
        help_text="Stop when one field would be replaced for more of the linked people "
        "than this. Counts from 20 people on.",
        **PERCENT,
    )
    max_create_percent = forms.IntegerField(
        label="New people, in percent",
        help_text="Stop when more would be created in a system than this part of those "
        "it has. Counts from 50 new people on, and not in the first run.",
        **PERCENT,
    )
    max_delete_percent = forms.IntegerField(
        label="Deletes, in percent",
        help_text="When more of the linked people than this would be deleted or archived at "
        "once, they wait for you. Counts from 5 people on.",
        **PERCENT,
    )
    canary = forms.IntegerField(
        label="The first people of a plan",
        help_text="An approved plan writes so many at first, then waits until you have "
        "looked at them. 0 writes all at once.",
        min_value=0,
        max_value=MOST_CANARY,
        error_messages={"required": "Enter a number of people, or 0."},
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    @property
    def safety(self) -> list[forms.BoundField]:
        """Return the fields that say when to stop and ask."""
        return [self[key] for key in SAFETY]

    @property
    def safety_is_open(self) -> bool:
        """Whether they are to be seen at once: one is wrong, or not as usual."""
        usual = asdict(Guards())
        return any(
            self[key].errors or str(self[key].value()) != str(usual[key])
            for key in SAFETY
        )

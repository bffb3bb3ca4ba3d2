"""The rarer rules of a row as plain form fields: a constant, a value map, defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from crosswalk.foreign import json_read
from mapping.gather import gather_read
from mapping.valuemap import MAX_LENGTH, MAX_ROWS

RULES = ("constant", "value_map", "default_left", "default_right", "gather")
ROW_LENGTH = 2 * MAX_LENGTH + 10
BETWEEN = re.compile(r"(?:^|\s)=(?:\s|$)")  # a value itself may hold "a=b"


class ValueMapField(forms.CharField):
    """A table, a row a line: "gold = Tier 1". Cleans to rows of two texts."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value) or ""
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > MAX_ROWS:
            raise forms.ValidationError(f"A table has {MAX_ROWS} rows at most.")
        return [_row(line) for line in lines]


def _row(line: str) -> list[str]:
    parts = BETWEEN.split(line.strip(), maxsplit=1)
    if len(parts) != 2:
        parts = line.split("=", 1)
    if len(parts) != 2:
        raise forms.ValidationError(
            f"“{line.strip()[:60]}” is no row of the table. Write both values with = "
            "between them."
        )
    if any(len(part.strip()) > MAX_LENGTH for part in parts):
        raise forms.ValidationError(f"A value has {MAX_LENGTH} characters at most.")
    return [part.strip() for part in parts]


class GatherField(forms.CharField):
    """How a value is made of several fields, as JSON that nobody types."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        try:
            return gather_read(json_read(text or "{}"))
        except ValueError as error:
            raise forms.ValidationError(f"Several fields: {error}.") from None


class RuleFields(forms.Form):
    """What a row may do beyond copying from field to field."""

    constant = forms.CharField(
        required=False,
        max_length=MAX_LENGTH,
        label="A fixed value",
        help_text="Instead of one field: leave that one empty.",
    )
    value_map = ValueMapField(
        required=False,
        max_length=MAX_ROWS * ROW_LENGTH,
        label="Value map",
    )
    # made in the editor; the form keeps it as it is
    gather = GatherField(required=False, max_length=MAX_ROWS * ROW_LENGTH)
    default_left = forms.CharField(required=False, max_length=MAX_LENGTH)
    default_right = forms.CharField(required=False, max_length=MAX_LENGTH)

    def name_sides(self, left: str, right: str) -> None:
        """Put the names of both systems into labels and explanations."""
        self.fields["value_map"].help_text = (
            f"A row a line: value at {left} = value at {right}. With nothing on one end "
            "a value stays behind; * stands for all others."
        )
        for key, name in (("default_left", left), ("default_right", right)):
            self.fields[key].label = f"Write at {name} if empty"
            self.fields[key].help_text = "When a person is new there."

    def rules(self) -> dict[str, Any]:
        """Return the rules as keys of a line. The form must be valid."""
        data = self.cleaned_data
        return {
            "gather": data["gather"],
            "constant": data["constant"] or None,
            "value_map": data["value_map"] or [],
            "default": {
                side: data[f"default_{side}"]
                for side in ("left", "right")
                if data[f"default_{side}"]
            },
        }

    def rule_words(self) -> list[str]:
        """Return what of it a row does, in a few words."""
        words = []
        if self["gather"].value():
            words.append("Made of several fields")
        if constant := self["constant"].value():
            words.append(f"Fixed value “{constant}”")
        if table := str(self["value_map"].value() or "").strip():
            rows = len(table.splitlines())
            words.append(f"Value map of {rows} row{'s' if rows > 1 else ''}")
        if self["default_left"].value() or self["default_right"].value():
            words.append("Default when new")
        return words


def rules_initial(line: Mapping[str, Any]) -> dict[str, str]:
    """Return the rules of a stored line as the form begins with them."""
    default = line.get("default") or {}
    return {
        "constant": line.get("constant") or "",
        "gather": json.dumps(gather) if (gather := line.get("gather")) else "",
        "value_map": table_text(line.get("value_map") or ()),
        "default_left": default.get("left", ""),
        "default_right": default.get("right", ""),
    }


def table_text(rows: Sequence[Sequence[str]]) -> str:
    """Return a value map as people type it."""
    return "\n".join(f"{left} = {right}".strip() for left, right in rows)

"""Forms of the alerts page."""

from __future__ import annotations

from typing import Any

from django import forms

from crosswalk.errors import ConfigError
from sync.alerting.channels import target_read
from sync.alerting.rules import RULES, Chosen
from sync.models import AlertChannel

RULE_CHOICES = [(rule.key, rule.title) for rule in RULES]


class ToldForm(forms.Form):
    """What a channel is told, and when."""

    pace = forms.ChoiceField(
        label="When",
        choices=AlertChannel.Pace.choices,
        help_text="Together at eight in the morning, by the clock of the workspace, "
        "and only when something changed.",
    )
    rules = forms.MultipleChoiceField(
        label="Told of",
        choices=RULE_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen means all of them.",
    )


class ChannelChangeForm(ToldForm):
    """What may be changed of a channel."""

    is_active = forms.BooleanField(label="Switched on", required=False)


class ChannelForm(ToldForm):
    """A channel to add."""

    kind = forms.ChoiceField(label="By", choices=AlertChannel.Kind.choices)
    name = forms.CharField(
        label="Name",
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "Office", "autocomplete": "off"}),
    )
    to = forms.CharField(
        label="To",
        max_length=2000,
        help_text="E-mail addresses with commas between them, or the https address that "
        "the other side gave you. It is stored encrypted and never shown again.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["kind", "name", "to", "pace", "rules"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") and data.get("to"):
            try:
                target_read(data["kind"], data["to"])
            except ConfigError as error:
                self.add_error("to", error.message)
        return data


class RulesForm(forms.Form):
    """Each rule: on or off, and its limit where it has one."""

    def __init__(self, chosen: dict[str, Chosen], data: Any = None) -> None:
        super().__init__(data)
        self.chosen = chosen
        for key, each in chosen.items():
            self.fields[f"{key}-on"] = forms.BooleanField(
                label=each.rule.title, required=False, initial=each.is_on
            )
            if each.rule.unit:
                self.fields[f"{key}-limit"] = forms.IntegerField(
                    label=f"{each.rule.title}: {each.rule.unit}",
                    min_value=each.rule.least,
                    max_value=each.rule.most,
                    initial=each.limit,
                    widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                )

    def rows(self) -> list[dict[str, Any]]:
        """Return the lines of the page: rule, its switch, its limit."""
        return [
            {
                "rule": each.rule,
                "on": self[f"{key}-on"],
                "limit": self[f"{key}-limit"] if each.rule.unit else None,
            }
            for key, each in self.chosen.items()
        ]

    def wanted(self) -> dict[str, tuple[bool, int]]:
        """Return rule → (on, limit) as entered."""
        data = self.cleaned_data
        return {
            key: (bool(data[f"{key}-on"]), int(data.get(f"{key}-limit") or 0))
            for key in self.chosen
        }

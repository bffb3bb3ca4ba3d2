"""Forms of the set-up: which systems, and by which rules they are kept in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.safestring import SafeString

from crosswalk.errors import ConfigError
from integrations.models import Site
from sync.engine.guards import Guards
from sync.models import Sync
from sync.setup.rulechoices import rule_choices, told
from sync.setup.safetyform import GUARDS, SAFETY, SafetyForm
from sync.setup.saving import COLUMNS, DEFAULTS, MAX_NAME_LENGTH
from sync.setup.schedules import DAYS, MANUAL
from sync.setup.sentences import MATCH_WORDS
from sync.setup.wizard import System, system_of, systems_on_offer
from workspaces.models import Workspace

QUIET_TIME = "03:00"
# the fields that belong to each choice of a schedule
SCHEDULE_FIELDS = {
    "every": ("every_minutes",),
    "daily": ("at",),
    "weekly": ("day", "at"),
    "cron": ("cron",),
}
# what the form folds away as long as it is as usual
FOLDED = (
    *("first_merge", "delete", "leaving", "history", "since", "schedule"),
    *("every_minutes", "day", "at", "cron"),
)
MIXED = (
    "Choose both from the sandbox or both real ones. The sandbox's made-up people would "
    "otherwise be written into a real account."
)


class SystemsForm(forms.Form):
    """Which two systems to keep in step."""

    left = forms.ChoiceField(widget=forms.RadioSelect, label="On the left")
    right = forms.ChoiceField(widget=forms.RadioSelect, label="On the right")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.key, _system_choice(each)) for each in systems_on_offer()]
        for name in ("left", "right"):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        left, right = system_of(data.get("left", "")), system_of(data.get("right", ""))
        if left and right and left.site != right.site:
            self.add_error("right", MIXED)
        return {"left": left, "right": right}


def _system_choice(system: System) -> SafeString:
    if system.site == Site.SANDBOX:
        return told(system.label, "Made-up people, to try everything out safely")
    return told(system.label, "Your own account")


class RulesForm(SafetyForm):
    """By which rules a sync keeps two systems in step. Safe choices come first."""

    direction = forms.ChoiceField(widget=forms.RadioSelect, label="What flows where")
    match_1 = forms.ChoiceField(label="Match people by")
    match_2 = forms.ChoiceField(label="then by")
    match_3 = forms.ChoiceField(label="then by")
    first_merge = forms.ChoiceField(
        widget=forms.RadioSelect, label="When two people are matched the first time"
    )
    conflict = forms.ChoiceField(
        widget=forms.RadioSelect, label="When both sides change the same field"
    )
    # not required: a form that does not send them leaves them as they are
    delete = forms.ChoiceField(
        widget=forms.RadioSelect,
        label="When somebody is deleted on one side",
        required=False,
    )
    leaving = forms.ChoiceField(
        widget=forms.RadioSelect,
        label="When somebody no longer meets the filters",
        required=False,
    )
    history = forms.ChoiceField(
        widget=forms.RadioSelect, label="People who are there already"
    )
    since = forms.DateField(
        error_messages={"required": "Choose a date."},
        label="Look back to",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    schedule = forms.ChoiceField(
        widget=forms.RadioSelect, label="When to look for changes"
    )
    every_minutes = forms.IntegerField(
        error_messages={"required": "Enter a number of minutes."},
        label="Minutes between two looks",
        widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"}),
    )
    at = forms.TimeField(
        error_messages={"required": "Enter a time.", "invalid": "Enter a time."},
        label="Time of day",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="In the time zone of this workspace.",
    )
    day = forms.ChoiceField(
        label="Day of the week", choices=[(day, day.capitalize()) for day in DAYS]
    )
    cron = forms.CharField(
        error_messages={"required": "Enter the times."},
        max_length=100,
        label="Times, as a cron expression",
        help_text="Minute, hour, day of month, month, day of week. “0 3 * * *” is "
        "every night at three, in the time zone of this workspace.",
    )
    name = forms.CharField(
        label="Name of this sync",
        max_length=MAX_NAME_LENGTH,
        help_text="As it is called on all pages.",
    )

    def __init__(
        self,
        *args: Any,
        workspace: Workspace,
        left: str,
        right: str,
        sync: Sync | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.workspace, self.sync = workspace, sync
        # a field whose choice is not taken is hidden: the browser must not ask for it
        self.use_required_attribute = False
        self._require(self["history"].value(), {"since": ("since",)})
        self._require(self["schedule"].value(), SCHEDULE_FIELDS)
        for name, choices in rule_choices(left, right).items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices

    @property
    def more_is_open(self) -> bool:
        """Whether what is folded is to be seen: one is wrong, or not as usual."""
        usual = rules_initial(None, "both", "")
        return any(
            self[key].errors or str(self[key].value() or "") != str(usual[key] or "")
            for key in FOLDED
        )

    def _require(self, chosen: Any, fields: Mapping[str, Sequence[str]]) -> None:
        """Require the fields that belong to a choice, once that choice is taken."""
        for name in {name for names in fields.values() for name in names}:
            wanted = name in fields.get(chosen, ())
            self.fields[name].required = wanted or not self.is_bound

    def clean_name(self) -> str:
        """Return a name that no other sync of the workspace has."""
        name = str(self.cleaned_data["name"]).strip()
        others = Sync.objects.filter(workspace=self.workspace, name=name)
        if others.exclude(pk=self.sync.pk if self.sync else 0).exists():
            raise forms.ValidationError("Another sync has this name. Choose another.")
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        keys = [data.get(f"match_{number}", "") for number in (1, 2, 3)]
        wanted = [key for key in keys if key not in ("", "none")]
        if len(set(wanted)) != len(wanted):
            self.add_error("match_2", "Each of them can be used once.")
        return data

    def settings(self) -> dict[str, Any]:
        """Return the settings as `sync_save` takes them; what is not valid stays as
        it was, so that the sentence beside the form can follow every key."""
        self.is_valid()
        data = {**self.initial, **getattr(self, "cleaned_data", {})}
        keys = [data.get(f"match_{number}", "none") for number in (1, 2, 3)]
        match = list(dict.fromkeys(key for key in keys if key in MATCH_WORDS))
        return {
            "direction": data["direction"],
            "match": match or list(DEFAULTS["match"]),
            "first_merge": data["first_merge"],
            "conflict": data["conflict"],
            "delete": data["delete"] or self.initial["delete"],
            "leaving": data["leaving"] or self.initial["leaving"],
            "history": _history_of(data),
            "schedule": _schedule_of(data),
            "guards": {key: data[key] for key in GUARDS},
        }

    def refuse(self, error: ConfigError) -> None:
        """Show what the service refused at the field it is about."""
        fields = {
            "name": "name",
            "match": "match_1",
            "history": "since",
            "schedule.every_minutes": "every_minutes",
            "schedule.cron": "cron",
            "schedule.daily": "at",
            "schedule.weekly.at": "at",
            "schedule.weekly.day": "day",
            **{f"guards.{key}": key for key in SAFETY},
        }
        field = fields.get(error.path)
        message = error.message[:1].upper() + error.message[1:].rstrip(".") + "."
        self.add_error(field, message)


def rules_initial(sync: Sync | None, direction: str, free_name: str) -> dict[str, Any]:
    """Return what the rules begin with: the sync's own, else the safe defaults."""
    chosen = dict(DEFAULTS)
    if sync is not None:
        chosen = {key: getattr(sync, COLUMNS.get(key, key)) for key in DEFAULTS}
    keys = [*chosen["match"], "none", "none", "none"]
    history, schedule = chosen["history"], chosen["schedule"]
    return {
        "name": sync.name if sync else free_name,
        "direction": direction,
        "match_1": keys[0],
        "match_2": keys[1],
        "match_3": keys[2],
        "first_merge": chosen["first_merge"],
        "conflict": chosen["conflict"],
        "delete": chosen["delete"],
        "leaving": chosen["leaving"],
        "history": "since" if isinstance(history, dict) else history,
        "since": history.get("since") if isinstance(history, dict) else None,
        **_schedule_initial(schedule),
        **asdict(Guards.of(chosen["guards"])),
    }


def _history_of(data: dict[str, Any]) -> Any:
    if data["history"] == "since":
        return {"since": str(data["since"])} if data.get("since") else "all"
    return data["history"]


def _schedule_initial(schedule: Any) -> dict[str, Any]:
    """Return what the fields of a schedule begin with."""
    known = schedule if isinstance(schedule, dict) else {}
    names = {"every_minutes": "every"}
    weekly = known.get("weekly", {})
    return {
        "schedule": next((names.get(key, key) for key in known), "manual"),
        "every_minutes": known.get(
            "every_minutes", DEFAULTS["schedule"]["every_minutes"]
        ),
        "at": known.get("daily") or weekly.get("at") or QUIET_TIME,
        "day": weekly.get("day", DAYS[0]),
        "cron": known.get("cron", ""),
    }


def _schedule_of(data: dict[str, Any]) -> Any:
    at = data.get("at") or QUIET_TIME
    at = at if isinstance(at, str) else f"{at:%H:%M}"
    made = {
        "every": {"every_minutes": data.get("every_minutes") or 5},
        "daily": {"daily": at},
        "weekly": {"weekly": {"day": data.get("day") or DAYS[0], "at": at}},
        "cron": {"cron": data.get("cron") or ""},
    }
    return made.get(data["schedule"], MANUAL)

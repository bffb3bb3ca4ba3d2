"""Forms of the set-up: which systems, and by which rules they are kept in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crosswalk.errors import ConfigError
from integrations.models import Site
from sync.engine.guards import Guards
from sync.models import Sync
from sync.safetyform import GUARDS, SAFETY, SafetyForm
from sync.schedules import DAYS, MANUAL
from sync.sentences import MATCH_WORDS
from sync.setup import COLUMNS, DEFAULTS, MAX_NAME_LENGTH
from sync.wizard import System, system_of, systems_on_offer
from workspaces.models import Workspace

Choices = list[tuple[str, Any]]
QUIET_TIME = "03:00"
# the fields that belong to each choice of a schedule
SCHEDULE_FIELDS = {
    "every": ("every_minutes",),
    "daily": ("at",),
    "weekly": ("day", "at"),
    "cron": ("cron",),
}
MIXED = (
    "Choose both from the sandbox or both real ones. The sandbox's made-up people would "
    "otherwise be written into a real account."
)


def told(words: object, explained: object) -> SafeString:
    """Return a choice with the line that explains it."""
    return format_html('{}<span class="choice-note">{}</span>', words, explained)


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
        for name, choices in _choices(left, right).items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices

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


def _choices(left: str, right: str) -> dict[str, Choices]:
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
        "history": [
            (
                "all",
                told(
                    "All take part",
                    "Whoever is on one side only is created on the other",
                ),
            ),
            (
                "new",
                told(
                    "Leave them alone",
                    "Pairs are linked; only people added later are created across",
                ),
            ),
            (
                "since",
                told(
                    "Only those added since a date",
                    "Pairs are linked; older people stay where they are",
                ),
            ),
        ],
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
    return [
        ("both", told("Both ways", "Each side learns what the other one knows")),
        (
            "left_to_right",
            told(f"{left} to {right}", f"Nothing is ever written to {left}"),
        ),
        (
            "right_to_left",
            told(f"{right} to {left}", f"Nothing is ever written to {right}"),
        ),
    ]


def _first_merge_choices(left: str, right: str) -> Choices:
    return [
        (
            "non_empty",
            told(
                "Fill what is empty",
                "Where both have a value, the rule below decides",
            ),
        ),
        (
            "newest",
            told("The person changed last wins", "Field by field, empty never wins"),
        ),
        ("left", told(f"{left} wins", "Field by field, empty never wins")),
        ("right", told(f"{right} wins", "Field by field, empty never wins")),
    ]


def _conflict_choices(left: str, right: str) -> Choices:
    return [
        (
            "newest",
            told("The newer value wins", "Where that cannot be told, you are asked"),
        ),
        ("left", told(f"{left} wins", "Always")),
        ("right", told(f"{right} wins", "Always")),
        ("ask", told("Ask me", "Both values stay until you choose")),
    ]


def _delete_choices() -> Choices:
    return [
        ("ignore", told("Leave the other side alone", "Nobody is ever deleted")),
        (
            "archive",
            told("Archive them on the other", "Made inactive, or tagged as archived"),
        ),
        ("ask", told("Ask me", "Nothing happens until you decide")),
        (
            "mirror",
            told(
                "Delete them on the other too",
                "You are asked where they were edited there, or where it is many",
            ),
        ),
    ]


def _leaving_choices() -> Choices:
    return [
        (
            "keep",
            told("Leave both as they are", "Linked, and taken up when they return"),
        ),
        ("unlink", told("Unlink them", "Both stay; matched anew when they return")),
        ("archive", told("Archive them on the other side", "As at a delete")),
    ]

"""Converting values through a field map, and telling whether two mean the same."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from crosswalk import phones
from mapping.kinds import Fitted, as_text, fit, normal
from mapping.transforms import Setting, Step, apply_chain

Side = Literal["left", "right"]
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


def other(side: Side) -> Side:
    """Return the opposite side."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True)
class FieldRule:
    """One field map as the engine uses it: plain data, types and labels resolved."""

    left: str
    right: str
    direction: str = "both"
    write: str = "always"
    conflict: str = ""
    to_right: tuple[Step, ...] = ()
    to_left: tuple[Step, ...] = ()
    left_type: str = "text"
    right_type: str = "text"
    left_label: str = ""
    right_label: str = ""
    # operations ("create", "update", "upsert") by which each side can write it
    left_writes: frozenset[str] = field(default_factory=frozenset)
    right_writes: frozenset[str] = field(default_factory=frozenset)
    # what a choice on each side allows, () for any text
    left_options: tuple[str, ...] = ()
    right_options: tuple[str, ...] = ()

    def key(self, side: Side) -> str:
        """Return the field key on a side."""
        return self.left if side == "left" else self.right

    def type(self, side: Side) -> str:
        """Return the field type on a side."""
        return self.left_type if side == "left" else self.right_type

    def label(self, side: Side) -> str:
        """Return the field label on a side."""
        text = self.left_label if side == "left" else self.right_label
        return text or self.key(side)

    def options(self, side: Side) -> tuple[str, ...]:
        """Return the options of the field on a side, () when it has none."""
        return self.left_options if side == "left" else self.right_options

    def chain(self, to: Side) -> tuple[Step, ...]:
        """Return the transforms towards a side."""
        return self.to_left if to == "left" else self.to_right

    def flows(self, to: Side) -> bool:
        """Whether values may ever be written to a side."""
        return self.write != "never" and self.direction in {
            "both",
            "left_to_right" if to == "right" else "right_to_left",
        }

    def writable(self, to: Side, *, creating: bool) -> bool:
        """Whether the system of a side can take the field."""
        writes = self.left_writes if to == "left" else self.right_writes
        return "create" in writes if creating else bool(writes - {"create"})

    @cached_property
    def stamp(self) -> str:
        """What the base of this field map is filed under.

        It covers all that changes what a value means on the other side: a changed
        field map has no base and is decided by the first-merge rule (design §3).
        """
        parts = [self.left, self.right, list(self.to_right), list(self.to_left)]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Countries:
    """The country of each side's account: numbers without a code belong there."""

    left: str = ""
    right: str = ""

    def of(self, side: Side) -> str:
        """Return the country of a side, the other's when it is not known."""
        if side == "left":
            return self.left or self.right
        return self.right or self.left


def convert(rule: FieldRule, value: Any, *, to: Side, countries: Countries) -> Any:
    """Return a value of the other side as it is to be written on `to`.

    A value the field cannot hold comes back as it is: `misfit` says why.
    """
    value = _through(rule, value, to, countries)
    return value if is_empty(value) else _fitted(rule, value, to).value


def misfit(
    rule: FieldRule, value: Any, *, to: Side, countries: Countries, where: str
) -> str:
    """Return why a value of the other side cannot be written on `to`, "" if it can.

    `where` is what people call the system of `to`.
    """
    value = _through(rule, value, to, countries)
    problem = "" if is_empty(value) else _fitted(rule, value, to).problem
    if not problem:
        return ""
    here = f"“{rule.label(other(to))}”"
    advice = f"change the value of {here}"
    if problem.startswith("has no option"):
        advice = f"add the option there and read the fields again, or {advice}"
    return f"“{rule.label(to)}” at {where} {problem}: {advice}."


def _through(rule: FieldRule, value: Any, to: Side, countries: Countries) -> Any:
    if is_empty(value):
        return None
    setting = Setting(country=countries.of(other(to)), reader=countries.of(to))
    return apply_chain(rule.chain(to), value, setting)


def _fitted(rule: FieldRule, value: Any, to: Side) -> Fitted:
    return fit(rule.type(to), rule.options(to), value)


def is_empty(value: Any) -> bool:
    """Whether a read value is empty. Only spaces count as empty too."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or value == {}


def meaning(kind: str, value: Any, country: str = "") -> Any:
    """Return what a value of a type means, comparable with ==; None when empty."""
    if is_empty(value):
        return None
    found = normal("tags" if isinstance(value, list | tuple) else kind, value)
    if found is not None:
        return found
    if not isinstance(value, str):
        return value if isinstance(value, bool) else as_text(value)
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if kind == "email":
        return text.casefold()
    if kind == "phone":
        return phones.e164(text, country) or re.sub(r"[^\w+]", "", text).casefold()
    if kind == "url":
        host, slash, path = _SCHEME.sub("", text).rstrip("/").partition("/")
        return host.casefold() + slash + path
    return text


def same_meaning(rule: FieldRule, left: Any, right: Any, countries: Countries) -> bool:
    """Whether two values mean the same through a field map, either way round."""
    if _same_number(rule, left, right, countries):
        return True
    there = convert(rule, left, to="right", countries=countries)
    if there is not None and there == right:
        return True
    # a converted value is read with the country it came from: it may have kept
    # its national form
    if meaning(rule.right_type, there, countries.of("left")) == meaning(
        rule.right_type, right, countries.of("right")
    ):
        return True
    back = convert(rule, right, to="left", countries=countries)
    return bool(
        meaning(rule.left_type, back, countries.of("right"))
        == meaning(rule.left_type, left, countries.of("left"))
    )


def _same_number(rule: FieldRule, left: Any, right: Any, countries: Countries) -> bool:
    """Whether both hold one phone number, each as its own country writes it."""
    if rule.left_type != "phone" or rule.right_type != "phone":
        return False
    one = meaning("phone", left, countries.of("left"))
    return one is not None and bool(
        one == meaning("phone", right, countries.of("right"))
    )


def same_but_form(sent: Any, read: Any) -> bool:
    """Whether a vendor may have made the one out of the other while storing it.

    Another case, other space or punctuation, or a text cut at its end.
    """
    if not isinstance(sent, str) or not isinstance(read, str):
        return False
    one, two = _letters(sent), _letters(read)
    return bool(two) and (one == two or (len(read) >= 20 and one.startswith(two)))


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char.isalnum())


def rules_build(
    lines: Sequence[Mapping[str, Any]],
    left_fields: Mapping[str, Any],
    right_fields: Mapping[str, Any],
) -> tuple[FieldRule, ...]:
    """Return published mapping lines as rules, with the catalogues' types.

    `left_fields` and `right_fields` are field key → catalogue entry with `type`,
    `label` and `writes`; a field no catalogue knows is a writable text.
    """
    return tuple(_rule(line, left_fields, right_fields) for line in lines)


_UNKNOWN_WRITES = frozenset({"create", "update"})


def _rule(
    line: Mapping[str, Any],
    left_fields: Mapping[str, Any],
    right_fields: Mapping[str, Any],
) -> FieldRule:
    left, right = left_fields.get(line["left"]), right_fields.get(line["right"])
    return FieldRule(
        left=line["left"],
        right=line["right"],
        direction=line.get("direction", "both"),
        write=line.get("write", "always"),
        conflict=line.get("conflict", ""),
        to_right=tuple(line.get("to_right", ())),
        to_left=tuple(line.get("to_left", ())),
        left_type=left.type if left else "text",
        right_type=right.type if right else "text",
        left_label=left.label if left else "",
        right_label=right.label if right else "",
        left_writes=left.writes if left else _UNKNOWN_WRITES,
        right_writes=right.writes if right else _UNKNOWN_WRITES,
        left_options=left.options if left else (),
        right_options=right.options if right else (),
    )

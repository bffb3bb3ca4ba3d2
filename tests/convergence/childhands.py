"""What people do to notes, tasks and appointments at both vendors, and what they see.

What is judged in the end is what the stand-ins hold in their own store.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.switches import Switches
from sandbox.zoho import history
from tests.convergence.vendors import Side
from tests.sync.childworld import call, comment
from tests.sync.world import World

NOTE, TASK, APPOINTMENT = "note", "task", "appointment"
# what each says besides its text, by the field of a side
TEXT, MORE = "text", "more"
FIELDS = {NOTE: (TEXT,), TASK: (TEXT, MORE), APPOINTMENT: (TEXT,)}
SAID = re.compile(r"(note|task|appointment) (\d+): (words \d+)")
PATHS = {NOTE: "notes", TASK: "tasks"}
KINDS = {
    NOTE: "highlevel_note",
    TASK: "highlevel_task",
    APPOINTMENT: "highlevel_event",
}
Said = dict[str, str]


@dataclass(frozen=True)
class Seen:
    """One living record as a person sees it."""

    id: str
    parent: str
    said: Said


# side → the number of the child → its records
Living = dict[Side, dict[int, list[Seen]]]


@dataclass
class ChildHands:
    """Both accounts, as the people see and change them who write about others."""

    world: World

    # --- hands ----------------------------------------------------------------------

    def create(self, side: Side, kind: str, number: int, at: str, said: Said) -> None:
        """Write something new under the record `at` of a person."""
        text = f"{kind} {number}: {said[TEXT]}"
        if side == "left":
            with self._calm():
                self._create_left(kind, at, text, said)
        elif kind == TASK:
            self._retask(at, [*self._tasks(at), _task(number, text, said)])
        else:
            comment(self.world, at, text)

    def _create_left(self, kind: str, at: str, text: str, said: Said) -> None:
        if kind == NOTE:
            call(self.world, "POST", f"/contacts/{at}/notes", body=text)
        elif kind == TASK:
            due = {"dueDate": "2026-12-01T10:00:00Z", "completed": False}
            path = f"/contacts/{at}/tasks"
            call(self.world, "POST", path, title=text, body=said[MORE], **due)
        else:
            book = {
                "locationId": self.world.left.account_id,
                "contactId": at,
                "calendarId": "SbxCalendarConsult01",
                "title": text,
                "startTime": "2026-03-24T10:00:00Z",
                "endTime": "2026-03-24T10:30:00Z",
            }
            call(self.world, "POST", "/calendars/events/appointments", **book)

    def edit(self, side: Side, kind: str, number: int, seen: Seen, said: Said) -> None:
        """Change what a record says; a comment is never changed."""
        body = {}
        if TEXT in said:
            key = "body" if kind == NOTE else "title"
            body[key] = f"{kind} {number}: {said[TEXT]}"
        if MORE in said:
            body["body"] = said[MORE]
        if side == "left":
            with self._calm():
                call(self.world, "PUT", _path(kind, seen), **body)
            return
        keys = {"title": "task_name", "body": "description"}
        changed = {keys[key]: value for key, value in body.items()}
        tasks = [
            {**each, **changed} if each["task_id"] == seen.id else each
            for each in self._tasks(seen.parent)
        ]
        self._retask(seen.parent, tasks)

    def delete(self, side: Side, kind: str, seen: Seen) -> None:
        """Delete a record for good."""
        if side == "left":
            path = f"/calendars/events/{seen.id}"
            with self._calm():
                call(
                    self.world,
                    "DELETE",
                    path if kind == APPOINTMENT else _path(kind, seen),
                )
        elif kind == TASK:
            tasks = self._tasks(seen.parent)
            self._retask(seen.parent, [t for t in tasks if t["task_id"] != seen.id])
        else:
            self.world.store.delete(history.KIND, seen.id)

    @contextmanager
    def _calm(self) -> Iterator[None]:
        """Let faults wait that are meant for the product's calls."""
        waiting = Switches.load(self.world.store).fail_next
        self.world.switch(fail_next=[])
        yield
        self.world.switch(fail_next=waiting)

    def has_project(self, contact_id: str) -> bool:
        """Whether a customer has the project in which tasks are kept."""
        return self._project(contact_id) is not None

    def _project(self, contact_id: str) -> dict[str, Any] | None:
        for each in self.world.store.all("zoho.project"):
            if each["customer_id"] == contact_id:
                return dict(each)
        return None

    def _tasks(self, contact_id: str) -> list[dict[str, Any]]:
        return list((self._project(contact_id) or {}).get("tasks", ()))

    def _retask(self, contact_id: str, tasks: list[dict[str, Any]]) -> None:
        project = self._project(contact_id)
        assert project is not None
        project["tasks"] = tasks
        self.world.store.put("zoho.project", project["project_id"], project)

    # --- eyes -----------------------------------------------------------------------

    def living(self) -> Living:
        """Return every living record that a person wrote, or the sync for them."""
        found: Living = {"left": defaultdict(list), "right": defaultdict(list)}
        for side, text, seen in (*self._left(), *self._right()):
            match = SAID.search(text)
            if match is not None:
                said = {TEXT: match[3], **seen.said}
                number = int(match[2])
                found[side][number].append(Seen(seen.id, seen.parent, said))
        return found

    def _left(self) -> Iterator[tuple[Side, str, Seen]]:
        for kind, stored in KINDS.items():
            for row in self.world.store.all(stored):
                text = row["body"] if kind == NOTE else row["title"]
                more = {MORE: str(row.get("body") or "")} if kind == TASK else {}
                yield "left", text, Seen(row["id"], row["contactId"], more)

    def _right(self) -> Iterator[tuple[Side, str, Seen]]:
        for row in self.world.store.all(history.KIND):
            if not row["operation"]:
                seen = Seen(row["comment_id"], row["parent_id"], {})
                yield "right", row["description"], seen
        for project in self.world.store.all("zoho.project"):
            for row in project["tasks"]:
                more = {MORE: str(row["description"])}
                seen = Seen(row["task_id"], project["customer_id"], more)
                yield "right", row["task_name"], seen


def _path(kind: str, seen: Seen) -> str:
    if kind == APPOINTMENT:
        return f"/calendars/events/appointments/{seen.id}"
    return f"/contacts/{seen.parent}/{PATHS[kind]}/{seen.id}"


def _task(number: int, text: str, said: Said) -> dict[str, Any]:
    """Return a task as Zoho keeps it, made by a person in the customer's project."""
    return {
        "task_id": f"9900000000{number:08d}",
        "task_name": text,
        "description": said[MORE],
        "rate": 0,
        "budget_hours": 0,
        "status": "active",
        "created_at": "2026-03-02T09:00:00+00:00",
    }

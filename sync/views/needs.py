"""What needs a person, as the short list on the home page: the worst comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from integrations.models import Connection
from sync import selectors
from sync.advice import advice
from sync.looping import loop_list
from sync.models import Sync
from sync.policy import system_name
from sync.standing import Standing, system_label
from sync.views.parts import reconnect_url
from sync.words import people
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest

CAUSES_SHOWN = 3
REVIEW = selectors.DECISIONS[0]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a person, with the button that goes there."""

    title: str
    text: str
    icon: str
    tone: str
    button: str = ""
    url: str = ""


def needs_of(
    request: WorkspaceRequest, found: Sequence[Standing]
) -> tuple[list[Need], int]:
    """Return what needs a person, and how many things that are in all."""
    causes = selectors.failing_causes(request.workspace)
    broken = list(selectors.connections_broken(request.workspace))
    decisions = _waiting(request, found)
    syncs = {s.sync.pk: s.sync for s in found}
    # they are under review, and so among the decisions
    loops = loop_list(request.workspace).count() if decisions[REVIEW] else 0
    needs = [
        *_worker(found),
        *(_reconnect(request, connection) for connection in broken),
        *(_stopped(request, s.last_run) for s in found if _failed(s, broken)),
        *(_resting(request, s) for s in found if s.sync.canary_id),
        *(_cause(request, c, syncs[c["sync"]]) for c in causes[:CAUSES_SHOWN]),
        *_decisions(request, {**decisions, REVIEW: decisions[REVIEW] - loops}),
        *_loops(request, loops),
    ]
    return needs, len(causes) + len(broken) + sum(decisions.values())


def _waiting(request: WorkspaceRequest, found: Sequence[Standing]) -> dict[Any, int]:
    """Return how many people each kind of decision waits for."""
    listed = {name: sum(s.counts[name] for s in found) for name in selectors.DECISIONS}
    if not any(listed.values()):
        return {**listed, selectors.DELETES: 0}
    return selectors.decision_counts(request.workspace)


def _worker(found: Sequence[Standing]) -> list[Need]:
    if not found or selectors.worker_state()["is_running"]:
        return []
    return [
        Need(
            "The worker has stopped",
            "No sync runs until it does. Start Crosswalk again on its server, or ask "
            "whoever looks after it. Nothing is lost meanwhile.",
            "server",
            "fail",
        )
    ]


def _reconnect(request: WorkspaceRequest, connection: Connection) -> Need:
    label = system_label(connection)
    return Need(
        f"{label} must be connected again",
        connection.health_reason or f"{label} no longer lets Crosswalk in.",
        "lock-x",
        "fail",
        f"Reconnect {label}",
        reconnect_url(connection, request.workspace.slug),
    )


def _failed(each: Standing, broken: Sequence[Connection]) -> bool:
    """Whether a sync stopped for a reason that no reconnecting cures."""
    of_sync = {each.sync.left_id, each.sync.right_id}
    return each.is_stopped and not any(c.pk in of_sync for c in broken)


def _stopped(request: WorkspaceRequest, run: SyncRun | None) -> Need:
    assert run is not None  # noqa: S101 - it stopped in a run
    slug = request.workspace.slug
    return Need(
        f"Run {run.pk} of {run.sync.name} failed",
        run.reason,
        "circle-x",
        "fail",
        f"Look at run {run.pk}",
        reverse("sync:run_detail", args=[slug, run.pk]),
    )


def _resting(request: WorkspaceRequest, each: Standing) -> Need:
    """The first people of a plan are written, and somebody is to look at them."""
    page = reverse(
        "sync:run_detail", args=[request.workspace.slug, each.sync.canary_id]
    )
    return Need(
        f"The rest of {each.sync.name} waits for you",
        f"{each.more}.",
        "hourglass",
        "person",
        "Look at them",
        page,
    )


def _cause(request: WorkspaceRequest, cause: dict[str, Any], sync: Sync) -> Need:
    page = reverse("sync:attention", args=[request.workspace.slug]) + "?show=causes"
    said = advice(cause["reason_code"], system_of(sync, cause["side"]))
    detail = cause["reason"] if cause["reasons"] == 1 else said.text
    count = cause["units"]
    wait = f"{people(count)} {'waits' if count == 1 else 'wait'}."
    return Need(
        said.title, f"{detail} {wait}", "circle-x", "fail", "See who and why", page
    )


def system_of(sync: Sync, side: str | None) -> str:
    """Return the name of the system on a side of a sync."""
    if side == "left":
        return system_name(sync, "left")
    return system_name(sync, "right") if side == "right" else "one of the two systems"


def _decisions(request: WorkspaceRequest, counts: dict[Any, int]) -> list[Need]:
    page = reverse("sync:attention", args=[request.workspace.slug])
    needs = []
    if count := counts[selectors.DECISIONS[1]]:
        needs.append(
            Need(
                f"{people(count)} {'has' if count == 1 else 'have'} two different values",
                "Both sides changed the same field. Make them agree, and it goes on.",
                "git-compare",
                "person",
                "Compare the values",
                f"{page}?show=conflicts",
            )
        )
    if count := counts[selectors.DECISIONS[0]]:
        plural = "possible match" if count == 1 else "possible matches"
        needs.append(
            Need(
                f"{count:,} {plural}",
                "They look like the same person, but not surely enough to link them.",
                "users",
                "person",
                "Compare the people",
                f"{page}?show=matches",
            )
        )
    if count := counts[selectors.DELETES]:
        needs.append(
            Need(
                f"{people(count)} {'is' if count == 1 else 'are'} gone on one side",
                "Decide whether to delete, archive or keep them on the other.",
                "trash",
                "person",
                "Decide about them",
                f"{page}?show=deletes",
            )
        )
    return needs


def _loops(request: WorkspaceRequest, count: int) -> list[Need]:
    if not count:
        return []
    page = reverse("sync:attention", args=[request.workspace.slug])
    return [
        Need(
            f"{people(count)} {'flips' if count == 1 else 'flip'} back and forth",
            "A rule at one of the systems changes back what is written there.",
            "refresh",
            "person",
            "See which field",
            f"{page}?show=loops",
        )
    ]

"""What needs a person, as the short list on the home page: the worst comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from integrations.models import Connection
from mapping.convert import Side
from sync import selectors
from sync.alerting.channels import channels_silent
from sync.failing import failing_causes
from sync.models import AlertChannel, Sync
from sync.policy import system_name
from sync.remembering.looping import loop_list
from sync.telling.advice import advice
from sync.telling.standing import Standing, system_label
from sync.views.parts import reconnect_url
from sync.words import people
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest

CAUSES_SHOWN = 3
SIDES: tuple[Side, Side] = ("left", "right")
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
    causes = failing_causes(request.workspace)
    broken = list(selectors.connections_broken(request.workspace))
    stopped = set(
        selectors.syncs_stopped(request.workspace).values_list("pk", flat=True)
    )
    decisions = _waiting(request, found)
    syncs = {s.sync.pk: s.sync for s in found}
    # they are under review, and so among the decisions
    loops = loop_list(request.workspace).count() if decisions[REVIEW] else 0
    needs = [
        *_worker(found),
        *(_reconnect(request, connection) for connection in broken),
        *(_silent(request, channel) for channel in channels_silent(request.workspace)),
        *(_stopped(request, s.last_run) for s in found if s.sync.pk in stopped),
        *(_resting(request, s) for s in found if s.sync.canary_id),
        *(_cause(request, c, syncs[c["sync"]]) for c in causes[:CAUSES_SHOWN]),
        *_decisions(request, {**decisions, REVIEW: decisions[REVIEW] - loops}),
        *_loops(request, loops),
    ]
    return needs, len(causes) + len(broken) + len(stopped) + sum(decisions.values())


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


def _silent(request: WorkspaceRequest, channel: AlertChannel) -> Need:
    """Alerts do not arrive: who relies on them does not look here."""
    page = reverse("sync:alert_channel", args=[request.workspace.slug, channel.pk])
    return Need(
        f"Alerts do not reach {channel.name}",
        channel.trouble,
        "bell",
        "fail",
        "Look at the channel",
        page,
    )


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
    system = system_of(sync, cause["side"], cause["reason"])
    said = advice(cause["reason_code"], system)
    detail = cause["reason"] if cause["reasons"] == 1 else said.text
    count = cause["units"]
    wait = f"{people(count)} {'waits' if count == 1 else 'wait'}."
    return Need(
        said.title, f"{detail} {wait}", "circle-x", "fail", "See who and why", page
    )


def system_of(sync: Sync, side: str | None, said: str = "") -> str:
    """Return the name of the system on a side of a sync: where that is not known, of the
    only system that a sentence names."""
    known = side if side in SIDES else side_told(sync, said)
    if known == "left":
        return system_name(sync, "left")
    return system_name(sync, "right") if known == "right" else "one of the two systems"


def side_told(sync: Sync, said: str) -> Side | None:
    """Return the side whose system is the only one that a sentence names."""
    names: dict[Side, str] = {side: system_name(sync, side) for side in SIDES}
    told = [side for side, name in names.items() if name in said]
    return told[0] if len(told) == 1 else None


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

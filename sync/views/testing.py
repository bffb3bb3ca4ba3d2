"""Tests of a sync: asking for one, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages

from crosswalk.errors import CrosswalkError
from integrations import registry
from sync.jobs import run_enqueue
from sync.models import Plan, Sync
from sync.selectors import worker_state
from sync.services import RunActive, run_request
from sync.setup.planstate import plan_checked
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest

SLOW_SECONDS = 8.0  # in the queue for longer: say whether a worker is there


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a test is, as its page shows it."""

    run: SyncRun
    url: str  # where to ask again
    phases: list[dict[str, Any]]
    sides: list[dict[str, Any]]  # people read and calls made, by side
    has_worker: bool = True

    @property
    def is_active(self) -> bool:
        return self.run.is_active

    @property
    def is_ready(self) -> bool:
        """Whether there is a plan to look at."""
        plan = self.run.plan
        return plan is not None and not self.run.is_active and not self.is_failed

    @property
    def is_failed(self) -> bool:
        return self.run.state in (SyncRun.State.FAILED, SyncRun.State.CANCELLED)

    @property
    def is_waiting(self) -> bool:
        return self.run.state == SyncRun.State.WAITING

    @property
    def meter(self) -> list[tuple[str, float]]:
        return [("acc", float(self.run.done_units))]


def test_request(request: WorkspaceRequest, sync: Sync) -> SyncRun | None:
    """Ask for a test and wake a worker; one under way is the answer too."""
    return _requested(request, sync, scope="all")


def some_test_request(
    request: WorkspaceRequest, sync: Sync, targets: Iterable[int]
) -> SyncRun | None:
    """The same, of the units of some records only."""
    return _requested(request, sync, scope="records", targets=targets)


def _requested(request: WorkspaceRequest, sync: Sync, **what: Any) -> SyncRun | None:
    try:
        run = run_request(
            sync=sync,
            mode=SyncRun.Mode.TEST,
            trigger=SyncRun.Trigger.MANUAL,
            actor=request.user,
            **what,
        )
    except RunActive as error:
        return error.run
    except CrosswalkError as error:
        messages.error(request, error.message)
        return None
    run_enqueue(run.pk)
    return run


def test_run_of(sync: Sync) -> SyncRun | None:
    """Return the last test of a sync whose plan can still be approved, or that is
    under way, or that failed; None when there is nothing to say."""
    tests = SyncRun.objects.filter(sync=sync, mode=SyncRun.Mode.TEST, undo_of=None)
    tests = tests.exclude(scope="records")  # of some people only
    run = tests.select_related("plan", "sync").order_by("-pk").first()
    if run is None or run.plan is None or run.is_active:
        return run
    return run if plan_checked(run.plan).state == Plan.State.READY else None


def test_progress(run: SyncRun, url: str) -> Progress:
    """Return how far a test is."""
    slow = run.state == SyncRun.State.QUEUED and run.started_at is None
    return Progress(
        run=run,
        url=url,
        phases=_phases(run),
        sides=_sides(run),
        has_worker=not slow or bool(worker_state()["is_running"]),
    )


def _phases(run: SyncRun) -> list[dict[str, Any]]:
    read = sum(side["people"] for side in _sides(run))
    names = [
        (SyncRun.Phase.READ, "Read", f"{read:,} people so far"),
        (SyncRun.Phase.DECIDE, "Decide", _decided(run)),
    ]
    order = [SyncRun.Phase.READ, SyncRun.Phase.DECIDE, SyncRun.Phase.DONE]
    at = order.index(SyncRun.Phase(run.phase)) if run.phase in order else 0
    shown = []
    for number, (_, label, text) in enumerate(names):
        state = "done" if number < at else "now" if number == at else "todo"
        shown.append({"label": label, "text": text, "state": state})
    return shown


def _decided(run: SyncRun) -> str:
    if not run.total_units:
        return "what would have to change"
    return f"{run.done_units:,} of {run.total_units:,} people"


def _sides(run: SyncRun) -> list[dict[str, Any]]:
    read = run.checkpoint.get("read", {})
    shown = []
    for side in ("left", "right"):
        connection = run.sync.left if side == "left" else run.sync.right
        states = [state for key, state in read.items() if key.startswith(f"{side}.")]
        shown.append(
            {
                "side": side,
                "name": registry.spec(connection.kind).label,
                "people": sum(state.get("rows", 0) for state in states),
                "calls": run.calls.get(connection.name, 0),
            }
        )
    return shown

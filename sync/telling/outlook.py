"""When a long run is through, told from the quota it needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from crosswalk.clock import now
from integrations.quotas.forecast import finish_forecast, moment_words
from sync.context import SIDES, lane_of
from sync.policy import side_connection
from synclog.models import SyncRun

LISTS = ("list", "search")  # how the operations of listings begin
ENOUGH_UNITS = 20  # to tell from what is done what the rest costs
SOON = timedelta(minutes=10)  # what ends sooner is told by the pace of the run


def finish_words(run: SyncRun, done: int) -> str:
    """Return "The import finishes tomorrow 03:10.", "" where it can't be told or is
    soon. `done` are the people dealt with."""
    if not run.is_active or run.phase == SyncRun.Phase.READ:
        return ""
    moment = now()
    found = [
        finish_forecast(calls, side_connection(run.sync, side), moment)
        for side in SIDES
        if (calls := calls_left(run, side_connection(run.sync, side).name, done))
    ]
    ends = [each for each in found if each is not None]
    if not ends or len(ends) < len(found) or max(ends) - moment < SOON:
        return ""
    what = "import" if lane_of(run) == "backfill" else "run"
    return f"The {what} finishes {_when(max(ends), moment)}."


def calls_left(run: SyncRun, name: str, done: int) -> int:
    """Return about how many calls of a connection a run still makes.

    A plan has counted them; else what was done tells what the rest costs.
    """
    left = run.total_units - done
    if left <= 0:
        return 0
    if run.plan is not None:
        return round(int(run.plan.calls.get(name, 0)) * left / run.total_units)
    if done < ENOUGH_UNITS:
        return 0
    return round(_writing(run, name) * left / done)


def _writing(run: SyncRun, name: str) -> int:
    """Return the calls that a run made of a connection, without those of lists."""
    found = 0
    for key, count in run.operations.items():
        connection, _, operation = key.partition(": ")
        if connection == name and not operation.startswith(LISTS):
            found += count
    return found


def _when(moment: datetime, at: datetime) -> str:
    words = moment_words(moment, at)
    return f"at {words}" if words[0].isdigit() and len(words) == 5 else words

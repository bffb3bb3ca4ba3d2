"""Records that cannot be read: passed over, so that nobody else has to wait for them.

One record whose read always fails must not keep a whole sync waiting. What is not known
of it is "not read" and takes no part; who is not linked yet takes no part at all. The
run says whom it passed over, and later ones try again, after a rest. Where several
records in a row fail, the system is down, and the run waits as for any other call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from crosswalk.clock import now
from crosswalk.errors import (
    AuthError,
    ConnectorError,
    RateLimited,
    TransientError,
)
from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.context import RunContext
from sync.models import RecordLink, SyncRecord
from sync.policy import system_name
from synclog.models import SyncRun

logger = logging.getLogger(__name__)
PASSED_OVER = "passed_over"  # in the checkpoint: what is said of whom
SAID = 3  # records that a run names
CODE = "unread"
DOWN = 3  # records in a row that fail for now: it is not them, the system is down
REFUSING = 10  # records in a row that are refused: it shows us nobody
RESTS = (600, 3600, 6 * 3600)  # seconds until a record is tried again
HELD = timedelta(hours=24)  # that somebody new is not decided, unless read before
KEPT_SECONDS = 24 * 3600  # that it is known how often a record was tried


@dataclass(slots=True)
class Attempts:
    """The reading of records one by one, of one side.

    `details`: the fields that only such a read shows.
    """

    context: RunContext
    side: Side
    details: Collection[str] = ()
    _failed: list[tuple[RemoteRecord, ConnectorError]] = field(default_factory=list)

    def read(self, row: RemoteRecord, read: Callable[[], object]) -> None:
        """Read a record, unless it rests; a failure of its own is kept for `settle`.

        Raises what keeps all from being read, and any failure of a record that the run
        cannot leave out.
        """
        if cache.get(_key(row)) and self._can_wait(row):
            self._leave_out(row, "It could not be read the last time.")
            return
        try:
            read()
        except (AuthError, RateLimited):
            raise
        except ConnectorError as error:
            self._failed.append((row, error))
            most = DOWN if isinstance(error, TransientError) else REFUSING
            if len(self._failed) >= most or not self._can_wait(row):
                raise
        else:
            self.settle()
            if cache.delete(_tries(row)):
                self._standing(row).update(retry_at=now())

    def settle(self) -> None:
        """Pass over who failed: others were read since, or there are no more."""
        for row, error in self._failed:
            tries = cache.get(_tries(row), 0)
            rest = RESTS[min(tries, len(RESTS) - 1)]
            cache.set(_tries(row), tries + 1, KEPT_SECONDS)
            cache.set(_key(row), 1, rest)
            name = system_name(self.context.sync, self.side)
            words = f"{row.label or 'A record'} could not be read at {name}"
            words = f"{words}: {error.message}"
            logger.warning("%s (%s)", words, error.detail)
            self._say(words)
            self._leave_out(row, words)
        self._failed.clear()

    def _say(self, words: str) -> None:
        said = self.context.run.checkpoint.setdefault(PASSED_OVER, [])
        if words not in said and len(said) < SAID:
            said.append(words)

    def _can_wait(self, row: RemoteRecord) -> bool:
        """Whether the others can go on without it: a run over everybody would make
        somebody new of whom too little is known."""
        run = self.context.run
        is_test = run.mode == SyncRun.Mode.TEST
        return is_test or run.scope == "dirty" or self._is_linked(row)

    def _is_linked(self, row: RemoteRecord) -> bool:
        links = RecordLink.objects.filter(sync=self.context.sync)
        return links.filter(**{f"{self.side}_id": row.pk}).exists()

    def _leave_out(self, row: RemoteRecord, words: str) -> None:
        """Have nothing decided by what may be out of date."""
        if self.context.run.mode == SyncRun.Mode.TEST:
            return
        self._unlearn(row)
        if not self._is_linked(row) and row.gone_at is None:
            self._hold(row, words)

    @transaction.atomic
    def _unlearn(self, row: RemoteRecord) -> None:
        """Take what only the failed read would show as not read, until it is."""
        stored = RemoteRecord.objects.select_for_update().get(pk=row.pk)
        known = {k: v for k, v in stored.values.items() if k not in self.details}
        is_stale = stored.detail_modified_at != stored.modified_at
        if is_stale and known != stored.values:
            stored.values = known
            stored.save(update_fields=["values"])

    def _hold(self, row: RemoteRecord, words: str) -> None:
        """List somebody new as failing: polls then leave them alone until the time."""
        version = {f"{self.side}_version": row.version}
        held = {"retry_at": now() + HELD, **version}
        if self._standing(row).update(**held):
            return
        listed = {
            "object_type": row.object_type,
            "list": SyncRecord.List.FAILING,
            "reason": words[:400],
            "reason_code": CODE,
            "label": row.label[:200],
            "since": now(),
        }
        place: dict[str, Any] = {f"{self.side}_id": row.pk}
        SyncRecord.objects.update_or_create(
            sync=self.context.sync, **place, defaults={**listed, **held}
        )

    def _standing(self, row: RemoteRecord) -> QuerySet[SyncRecord]:
        """Return the list row of somebody new who is held."""
        return SyncRecord.objects.filter(
            sync=self.context.sync, reason_code=CODE, **{f"{self.side}_id": row.pk}
        )


def passed_over_words(run: SyncRun) -> list[str]:
    """Return whom a run has passed over, and why: a sentence each."""
    return list(run.checkpoint.get(PASSED_OVER, []))


def _key(row: RemoteRecord) -> str:
    return f"unread-rests-{row.pk}"


def _tries(row: RemoteRecord) -> str:
    return f"unread-tries-{row.pk}"

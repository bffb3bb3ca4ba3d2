"""Finding the people a person means: by e-mail, phone, name or a vendor's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crosswalk.errors import RemoteNotFound, RemoteRejected
from integrations import registry
from integrations.connectors.base import Record
from integrations.mirroring.lookup import people_keys
from integrations.mirroring.mirror import record_store
from integrations.models import RemoteRecord
from integrations.session import Session, connection_session
from mapping.convert import Side
from mapping.models import Mapping
from sync.models import RecordLink, Sync, SyncRecord
from sync.policy import side_connection, spec_at, system_name
from sync.selectors import of_either
from sync.telling.explaining import SIDES, unit_key

MOST = 20
MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One unit that fits what was asked for."""

    key: str
    label: str
    places: tuple[tuple[str, Side, str], ...]  # (system, side, remote id)


def people_find(sync: Sync, words: str) -> list[Hit]:
    """Return the units that fit, each once; a vendor's id means just that one.

    By how a name or e-mail begins, by phone or id among all records, and by any part of
    their label among those whom a run has looked at.
    """
    words = words.strip()[:MAX_WORDS]
    if not words:
        return []
    connections = [side_connection(sync, side) for side in SIDES]
    kinds = {each.key for c in connections for each in registry.spec(c.kind).objects}
    by_id = RemoteRecord.objects.filter(
        connection__in=connections, object_type__in=sorted(kinds), remote_id=words
    )
    pks = list(by_id.order_by("pk").values_list("pk", flat=True)[:MOST])
    if not pks:
        pks = people_keys(connections, words, MOST)[: 4 * MOST]
        pks += _labelled(sync, words)
    rows = RemoteRecord.objects.filter(pk__in=pks).order_by("label", "pk")
    return _hits(sync, list(rows))


def _labelled(sync: Sync, words: str) -> list[int]:
    """Return a record of each of the first units that have some words in their label."""
    units = SyncRecord.objects.filter(sync=sync, label__icontains=words)
    # the label is read in its index, the rows of those that fit afterwards
    keys = list(units.order_by("label", "pk").values_list("pk", flat=True)[:MOST])
    pairs = SyncRecord.objects.filter(pk__in=keys).values_list("left_id", "right_id")
    return [pk for left, right in pairs for pk in [left or right] if pk]


def _hits(sync: Sync, rows: Iterable[RemoteRecord]) -> list[Hit]:
    sides: dict[int, Side] = {side_connection(sync, side).pk: side for side in SIDES}
    found = [(sides[row.connection_id], row) for row in rows]
    links = RecordLink.objects.filter(sync=sync)
    of_them = of_either(links, [row.pk for _, row in found], "pk")
    pairs = {
        pk: link
        for link in links.filter(pk__in=[pk for (pk,) in of_them]).select_related(
            "left", "right"
        )
        for pk in (link.left_id, link.right_id)
    }
    hits: dict[str, Hit] = {}
    for side, row in found:
        link = pairs.get(row.pk)
        places: list[tuple[Side, RemoteRecord]] = (
            [("left", link.left), ("right", link.right)] if link else [(side, row)]
        )
        first_side, first = places[0]
        key = unit_key(first_side, first.pk)
        label = next((each.label for _, each in places if each.label), "")
        shown = tuple((system_name(sync, s), s, r.remote_id) for s, r in places)
        hits.setdefault(key, Hit(key, label, shown))
    return list(hits.values())[:MOST]


def people_ask(sync: Sync, words: str) -> int:
    """Ask both systems for somebody that neither has told of; return how many it is.

    One call a side: by e-mail where it looks like one, else by the vendor's id.
    """
    words = words.strip()[:MAX_WORDS]
    found = 0
    types = Mapping.objects.filter(sync=sync).values_list("object_type", flat=True)
    for side in SIDES:
        connection = side_connection(sync, side)
        with connection_session(connection, lane="person") as session:
            for object_type in types:
                if not spec_at(sync, side, object_type).match_fields:
                    continue  # notes and the like: nobody is found by those
                for record in _asked(session, object_type, words):
                    record_store(connection, object_type, record)
                    found += 1
    return found


def _asked(session: Session, object_type: str, words: str) -> Sequence[Record]:
    if "@" in words:
        return session.connector.find(object_type, "email", words)
    try:
        return [session.connector.get(object_type, words)]
    except (RemoteNotFound, RemoteRejected):
        return []

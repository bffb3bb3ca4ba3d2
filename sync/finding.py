"""Finding the people a person means: by e-mail, phone, name or a vendor's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from django.db.models import Q

from crosswalk import phones
from crosswalk.errors import RemoteNotFound, RemoteRejected
from integrations.connectors.base import Record
from integrations.mirror import record_store
from integrations.models import RecordKey, RemoteRecord
from integrations.session import Session, connection_session
from mapping.convert import Side
from mapping.models import Mapping
from sync.explaining import SIDES, unit_key
from sync.models import RecordLink, Sync
from sync.policy import side_connection, spec_at, system_name

MOST = 20
MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One unit that fits what was asked for."""

    key: str
    label: str
    places: tuple[tuple[str, Side, str], ...]  # (system, side, remote id)


def people_find(sync: Sync, words: str) -> list[Hit]:
    """Return the units that fit, each once; a vendor's id means just that one."""
    words = words.strip()[:MAX_WORDS]
    if not words:
        return []
    rows: list[tuple[Side, RemoteRecord]] = []
    for side in SIDES:
        rows += [(side, row) for row in _rows(sync, side, words)]
    by_id = [found for found in rows if found[1].remote_id == words]
    return _hits(sync, by_id or rows)


def _rows(sync: Sync, side: Side, words: str) -> Sequence[RemoteRecord]:
    connection = side_connection(sync, side)
    number = phones.e164(words, connection.country)
    keys = RecordKey.objects.filter(
        Q(kind="email", value=normalize("NFC", words).casefold())
        | Q(kind="phone", value=number or "-"),
        connection=connection,
    )
    fits = (
        Q(remote_id=words) | Q(pk__in=keys.values("record")) | Q(label__icontains=words)
    )
    found = RemoteRecord.objects.filter(fits, connection=connection)
    return list(found.order_by("label", "pk")[:MOST])


def _hits(sync: Sync, rows: Iterable[tuple[Side, RemoteRecord]]) -> list[Hit]:
    found = list(rows)
    pks = {side: [row.pk for at, row in found if at == side] for side in SIDES}
    links = RecordLink.objects.filter(
        Q(left__in=pks["left"]) | Q(right__in=pks["right"]), sync=sync
    ).select_related("left", "right")
    pairs = {pk: link for link in links for pk in (link.left_id, link.right_id)}
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

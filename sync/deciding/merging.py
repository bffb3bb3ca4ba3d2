"""Merges at a vendor: who took the place of a record that is gone.

When two records are merged there, one of them disappears, and the other has its e-mail
or phone and a like name. The same goes for one that was deleted and entered again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from crosswalk import names
from integrations.mirroring.keys import first_name, full_name, record_keys
from integrations.models import RecordKey, RemoteRecord
from mapping.convert import Side, other
from sync.models import KeptApart, RecordLink, Sync
from sync.policy import remote_type, side_connection, spec_at

STRONG = ("email", "phone")
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Survivor:
    """A living record that seems to have taken the place of one that is gone."""

    row: RemoteRecord
    is_linked: bool


def gone_rows(sync: Sync, object_type: str, side: Side) -> QuerySet[RemoteRecord]:
    """Return the records of a side that are gone (few, by an index of their own)."""
    return RemoteRecord.objects.filter(
        connection=side_connection(sync, side),
        object_type=remote_type(sync, side, object_type),
        gone_at__isnull=False,
    )


def gone_side(link: RecordLink) -> Side | None:
    """Return the side of a link whose record alone is gone, None for any other."""
    if (link.left.gone_at is None) == (link.right.gone_at is None):
        return None
    return "left" if link.left.gone_at is not None else "right"


def survivors_of(
    sync: Sync, object_type: str, links: Sequence[RecordLink]
) -> dict[int, list[Survivor]]:
    """Return link → who has an e-mail or phone and a like name of its gone record.

    `links` with both records loaded; of others than those with one gone nothing is
    said. A few queries for each 200 of them.
    """
    found: dict[int, list[Survivor]] = {}
    sides: tuple[Side, ...] = ("left", "right")
    for side in sides:
        mine = [link for link in links if gone_side(link) == side]
        for chunk in _chunks(mine):
            found.update(_of_side(sync, object_type, side, chunk))
    return found


def crossed(
    links: Sequence[RecordLink], found: Mapping[int, Sequence[Survivor]]
) -> list[tuple[RecordLink, RecordLink]]:
    """Return the pairs that are one person: of each another record is gone, and who
    took its place, nobody else could have, is what is left of the other pair.

    `found`: what `survivors_of` says of these links. The older of two comes first.
    """
    heirs = {pk: who[0].row.pk for pk, who in found.items() if len(who) == 1}
    left_of = {living(link).pk: link for link in links}
    pairs = []
    for link in links:
        partner = left_of.get(heirs.get(link.pk, 0))
        is_mutual = partner and heirs.get(partner.pk) == living(link).pk
        if partner and is_mutual and link.pk < partner.pk:
            pairs.append((link, partner))
    return pairs


def outlived(
    sync: Sync, object_type: str, links: Sequence[RecordLink]
) -> dict[int, str]:
    """Return link → whom its living record has outlived: somebody of another pair who
    went while both were linked, has an e-mail or phone of its and a like name.

    The two were merged, it seems, so that it may be all that is left of two pairs.
    `links` as for `survivors_of`.
    """
    found: dict[int, str] = {}
    sides: tuple[Side, ...] = ("left", "right")
    for side in sides:
        mine = [link for link in links if gone_side(link) == other(side)]
        for chunk in _chunks(mine):
            found.update(_outlived_at(sync, object_type, side, chunk))
    return found


def living(link: RecordLink) -> RemoteRecord:
    """Return what is left of a link of which one record is gone."""
    return link.right if gone_side(link) == "left" else link.left


def _outlived_at(
    sync: Sync, object_type: str, side: Side, links: Sequence[RecordLink]
) -> dict[int, str]:
    wanted: dict[tuple[str, str], list[RecordLink]] = defaultdict(list)
    by_row = {_row(link, side).pk: link for link in links}
    held = RecordKey.objects.filter(record__in=by_row, kind__in=STRONG)
    for key in held:
        wanted[key.kind, key.value].append(by_row[key.record_id])
    if not wanted:
        return {}
    # what we removed ourselves was merged into nobody
    gone = gone_rows(sync, object_type, side).exclude(
        gone_proof=RemoteRecord.Proof.OURS
    )
    others = RecordLink.objects.filter(
        **{f"{side}__in": gone}, sync=sync, object_type=object_type
    ).select_related("left", "right")
    return {
        link.pk: _row(each, side).label
        for each in others.order_by("pk")
        for key in _keys(sync, object_type, side, _row(each, side))
        for link in wanted.get(key, ())
        if _has_outlived(sync, object_type, side, link, each)
    }


def _has_outlived(
    sync: Sync, object_type: str, side: Side, link: RecordLink, lost: RecordLink
) -> bool:
    one, two = _row(lost, side), _row(link, side)
    # who was linked later was entered again, and merged with nobody
    if one.gone_at is None or one.gone_at < link.created_at:
        return False
    return _is_like(sync, object_type, side, one, two) and not _is_apart(
        sync, _row(lost, other(side)), two
    )


def _of_side(
    sync: Sync, object_type: str, side: Side, links: Sequence[RecordLink]
) -> dict[int, list[Survivor]]:
    wanted: dict[tuple[str, str], list[RecordLink]] = defaultdict(list)
    for link in links:
        for key in _keys(sync, object_type, side, _row(link, side)):
            wanted[key].append(link)
    holders = RecordKey.objects.filter(
        connection=side_connection(sync, side),
        object_type=remote_type(sync, side, object_type),
        kind__in=STRONG,
        value__in={value for _, value in wanted},
        record__gone_at__isnull=True,
        record__excluded="",
    ).select_related("record")
    rows: dict[int, dict[int, RemoteRecord]] = defaultdict(dict)
    for held in holders:
        for link in wanted.get((held.kind, held.value), ()):
            rows[link.pk][held.record_id] = held.record
    taken = _linked(sync, side, {pk for each in rows.values() for pk in each})
    by_pk = {link.pk: link for link in links}
    return {
        pk: [
            Survivor(row, row.pk in taken)
            for row in sorted(candidates.values(), key=lambda each: each.pk)
            if _is_like(sync, object_type, side, _row(by_pk[pk], side), row)
            and not _is_apart(sync, _row(by_pk[pk], other(side)), row)
        ]
        for pk, candidates in rows.items()
    }


def _row(link: RecordLink, side: Side) -> RemoteRecord:
    return link.left if side == "left" else link.right


def _keys(
    sync: Sync, object_type: str, side: Side, row: RemoteRecord
) -> Iterator[tuple[str, str]]:
    """Yield the keys a gone record had, from its last known values."""
    connection = side_connection(sync, side)
    spec = spec_at(sync, side, object_type)
    for kind, value in record_keys(spec, row.values, connection.country):
        if kind in STRONG:
            yield kind, value


def _linked(sync: Sync, side: Side, pks: Collection[int]) -> set[int]:
    held = RecordLink.objects.filter(sync=sync, **{f"{side}_id__in": pks})
    return set(held.values_list(f"{side}_id", flat=True))


def _is_like(
    sync: Sync, object_type: str, side: Side, one: RemoteRecord, two: RemoteRecord
) -> bool:
    """Whether both have names, and these are not clearly of two people."""
    spec = spec_at(sync, side, object_type)
    first = [first_name(spec, row.values) for row in (one, two)]
    full = [full_name(spec, row.values) for row in (one, two)]
    if not all(full):
        return False
    return not (
        names.unlike(first[0], first[1], full[1])
        and names.unlike(first[1], first[0], full[0])
    )


def _is_apart(sync: Sync, one: RemoteRecord, two: RemoteRecord) -> bool:
    pair = sorted((one.pk, two.pk))
    return KeptApart.objects.filter(sync=sync, one_id=pair[0], two_id=pair[1]).exists()


def _chunks(links: Sequence[RecordLink]) -> Iterable[Sequence[RecordLink]]:
    for start in range(0, len(links), CHUNK):
        yield links[start : start + CHUNK]

"""Looking people up as one types: by how an e-mail, phone or name begins, or by an id.

Only the index of keys is asked, never a scan: as fast among a hundred thousand people
as among ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

from django.db.models import Q

from crosswalk import names, phones
from crosswalk.prefix import begins
from integrations.mirroring.keys import FIND
from integrations.models import Connection, RecordKey, RemoteRecord

FEWEST_LETTERS = 2
PERSON = "contact"


def people_keys(connections: Sequence[Connection], words: str, most: int) -> list[int]:
    """Return the primary keys of people, also of those who are gone.

    Whoever has just this id comes first, then names, then addresses, then numbers:
    twice `most` of each way at the most.
    """
    words = words.strip()
    if not words:
        return []
    by_id = RemoteRecord.objects.filter(
        connection__in=connections, object_type=PERSON, remote_id=words
    )
    pks = [*by_id.values_list("pk", flat=True)[:most]]
    return list(dict.fromkeys(pks + _held(connections, words, most)))


def _held(connections: Sequence[Connection], words: str, most: int) -> list[int]:
    """Return the records that hold a key which begins so, each once.

    The first that the index comes to, unordered: to sort all of "ma" takes a second.
    """
    keys = RecordKey.objects.filter(connection__in=connections, object_type=PERSON)
    found: dict[int, None] = {}
    for fits in _beginnings(connections, words):
        rows = keys.filter(fits).values_list("value", "record_id")[: 2 * most]
        found |= dict.fromkeys(pk for _, pk in sorted(rows))
    return list(found)


def _beginnings(connections: Sequence[Connection], words: str) -> list[Q]:
    """Return what to ask the keys for, the likeliest first."""
    asked = []
    name = names.normal(words)
    if len(name) >= FEWEST_LETTERS:
        asked.append(Q(kind__in=("name", FIND)) & begins("value", name))
    email = normalize("NFC", words).casefold()
    if len(email) >= FEWEST_LETTERS and not any(map(str.isspace, email)):
        asked.append(Q(kind="email") & begins("value", email))
    # asked one by one: PostgreSQL takes no OR of beginnings to an index
    numbers = phones.beginnings(words, [each.country for each in connections])
    asked += [Q(kind="phone") & begins("value", each) for each in sorted(numbers)]
    return asked

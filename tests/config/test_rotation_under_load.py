"""Key rotation while everything runs: nothing is lost, nothing stays unreadable."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from cryptography.fernet import Fernet
from django.conf import settings as live
from django.db import connection as db_connection

from config.keyrotation import BATCH, keys_rotate, outdated, unreadable
from crosswalk.crypto import decrypt, encrypt
from integrations.access.tokens import GrantCredentials
from integrations.models import AccountToken, Grant
from tests.integrations.askers import Askers
from tests.integrations.helpers import make_grant, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
GRANTS = BATCH + 20  # more than one batch
REFRESHERS, READERS = 3, 2


class Vendor:
    """Single-use refresh tokens of many grants: what it knows is the truth."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last: dict[str, str] = {}  # name of a grant → its living refresh token
        self.refused: list[str] = []
        self.numbers = itertools.count(2)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = dict(parse_qsl(request.content.decode()))["refresh_token"]
        name = token.rpartition("-")[0]
        with self.lock:
            if self.last.get(name, f"{name}-1") != token:
                self.refused.append(token)
                return httpx.Response(401, json={"error": "UnAuthorized!"})
            number = next(self.numbers)
            self.last[name] = f"{name}-{number}"
        return httpx.Response(
            200,
            json={
                "access_token": f"a-{name}-{number}",
                "refresh_token": f"{name}-{number}",
                "expires_in": 86399,
            },
        )


def grants_make(count: int) -> list[int]:
    workspace = make_workspace()
    pks = []
    for number in range(count):
        held = {
            "type": "oauth",
            "client_id": "c",
            "client_secret": "s",
            "access_token": "a",
            "refresh_token": f"g{number}-1",
        }
        grant = make_grant(workspace=workspace, held=held, expires_in=3600)
        token = encrypt({"access_token": "t"})
        AccountToken.objects.create(grant=grant, account_id="a", token=token)
        pks.append(grant.pk)
    return pks


class Load:
    """Threads that refresh and read all the time; what goes wrong is kept."""

    def __init__(self, pks: list[int], vendor: Vendor) -> None:
        self.pks, self.vendor = pks, vendor
        self.stop = threading.Event()
        self.wrong: list[str] = []
        self.refreshed = self.read = 0
        self.threads = [
            threading.Thread(target=self.run, args=(self.refresh, n))
            for n in range(REFRESHERS)
        ] + [
            threading.Thread(target=self.run, args=(self.look, n))
            for n in range(READERS)
        ]

    def run(self, work: Any, number: int) -> None:
        try:
            for pk in itertools.cycle(self.pks[number::REFRESHERS]):
                if self.stop.is_set():
                    return
                work(pk)
        except Exception as error:
            self.wrong.append(repr(error))
        finally:
            db_connection.close()

    def refresh(self, pk: int) -> None:
        client = httpx.Client(transport=httpx.MockTransport(self.vendor))
        holder = GrantCredentials(pk, client)
        holder.renewed(holder.token())
        self.refreshed += 1

    def look(self, pk: int) -> None:
        assert decrypt(Grant.objects.get(pk=pk).credentials)["refresh_token"]
        self.read += 1

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *about: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def keys(settings) -> Iterator[tuple[str, str]]:
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    return old, new


def test_rotation_under_load_loses_no_token(keys):
    old, new = keys
    pks, vendor = grants_make(GRANTS), Vendor()

    with Load(pks, vendor) as load:
        wait_for(lambda: load.refreshed > 5)
        live.ENCRYPTION_KEYS = [new, old]  # every process restarted with both
        before = load.refreshed
        done = keys_rotate()
        wait_for(lambda: load.refreshed > before + 5)
        live.ENCRYPTION_KEYS = [new]  # and with the new one alone
        wait_for(lambda: load.refreshed > before + 15)

    assert load.wrong == []
    assert vendor.refused == []
    assert load.read > 0
    assert (done.counts["unreadable"], done.outdated) == (0, 0)
    assert done.counts["rotated"] >= GRANTS  # the account tokens, at the least
    assert (outdated(), unreadable()) == (0, [])
    for number, pk in enumerate(pks):
        held = decrypt(Grant.objects.get(pk=pk).credentials)
        assert held["refresh_token"] == vendor.last.get(f"g{number}", f"g{number}-1")


def wait_for(is_so: Any, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_rotation_that_was_killed_goes_on_where_it_was(keys):
    old, new = keys
    grants_make(30)
    askers = Askers(CROSSWALK_ENCRYPTION_KEYS=f"{new},{old}")
    try:
        ends = [askers(None, rotate=1, die_at=step)[0] for step in (9, 40, 75)]
        last = askers(None, rotate=1)[0]["done"]
    finally:
        askers.close()

    assert [each["signal"] for each in ends] == [9, 9, 9]
    assert 0 < last["rotated"] < 60  # the killed ones had done some
    assert last["rotated"] + last["already"] == 60
    live.ENCRYPTION_KEYS = [new]
    assert (outdated(), unreadable()) == (0, [])


def test_what_is_written_behind_it_under_the_older_key_is_found(keys, capsys):
    """A process that was not restarted writes on with the older key."""
    old, new = keys
    pks = grants_make(3)
    live.ENCRYPTION_KEYS = [new, old]
    stale = Fernet(old.encode()).encrypt(b'{"type": "oauth", "refresh_token": "r"}')

    class Behind:
        left = 1

        def __call__(self, execute, sql, params, many, context):
            result = execute(sql, params, many, context)
            if self.left and sql.startswith("UPDATE") and "grant" in sql:
                self.left -= 1
                Grant.objects.filter(pk=pks[0]).update(credentials=stale.decode())
            return result

    with db_connection.execute_wrapper(Behind()):
        done = keys_rotate()

    assert done.outdated == 0
    assert outdated() == 0
    assert decrypt(Grant.objects.get(pk=pks[0]).credentials)["refresh_token"] == "r"

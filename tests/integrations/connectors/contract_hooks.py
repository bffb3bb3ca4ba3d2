"""What the contract's tests share: hooks for a connector to fill, and helpers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from crosswalk.errors import AuthError, RateLimited
from integrations.connectors.base import Account, ConnectorModule, Record
from integrations.http import Api, client_build
from tests.integrations.connectors import served

TOKEN = "a-token"
# Run by the sandbox in process, and again by its real server over sockets.
both = pytest.mark.parametrize("over", ["process", "sockets"], indirect=True)


class Token:
    """A token that stays; a refused one has no successor."""

    def __init__(self, value=TOKEN):
        self.value = value

    def token(self):
        return self.value

    def renewed(self, refused):
        raise AuthError("The token was refused.")


class Meter:
    """A gate that counts what it lets through, until `left` calls have passed."""

    def __init__(self):
        self.left = None
        self.calls = 0
        self.open = 0
        self.told = []
        self.refusals = []

    def before_call(self, operation):
        if self.left == 0:
            raise RateLimited("The budget has none left.", retry_after=60)
        self.left = None if self.left is None else self.left - 1
        self.calls += 1
        self.open += 1

    def call_ended(self):
        self.open -= 1

    def after_call(self, snapshots):
        self.told.append(snapshots)

    def refused(self, error):
        self.refusals.append(error)


class Watched(httpx.BaseTransport):
    """A transport that keeps what went through."""

    def __init__(self, inner, seen):
        self.inner = inner
        self.seen = seen

    def handle_request(self, request):
        self.seen.append(request)
        return self.inner.handle_request(request)


@dataclass(frozen=True)
class ChildSamples:
    """What the contract writes into one child type.

    `minimal` returns the least that a create needs, different for each number; `values`
    has two values for each field that can be written; `emptied` says what an emptied
    field reads as where that is not "empty", and `kept` which cannot be emptied.
    """

    minimal: Callable[[int], dict]
    values: Mapping[str, tuple[Any, Any]]
    emptied: Mapping[str, Any] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


class ContractHooks:
    """Each test begins with a fresh, empty account."""

    module: ConnectorModule
    account: Account
    object_type = "contact"
    # Enough for several pages of the connector that `connect` returns.
    people = 7
    # field key → two different values that come back as they were written
    sample_values: dict = {}
    # what an emptied field reads as, where that is not "empty"
    emptied_values: dict = {}
    # the account's own fields as `fields` names them: key → two different values
    custom_samples: dict = {}
    # object type → ChildSamples, for each type that hangs under another
    child_samples: Mapping[str, ChildSamples] = {}
    # child types whose listing cannot tell an unknown parent from a childless one
    no_proof: frozenset[str] = frozenset()
    # an operation that fields name → the kinds of the steps that do it, if other
    step_kinds: Mapping[str, frozenset[str]] = {}
    # (status, body, headers, class of error, its code or "")
    error_table: tuple = ()
    webhook_keys: tuple = ()
    webhook_secret = ""

    # Hooks

    def open_remote(self):
        """Start an empty remote and return (transport, root address, token)."""
        raise NotImplementedError

    def make_people(self, n):
        """Make n records in the remote, not through the connector; return their ids."""
        raise NotImplementedError

    def minimal_values(self, number):
        """Return the least that a create needs, different for each number."""
        raise NotImplementedError

    def pass_time(self, seconds):
        """Let the remote's clock go on."""
        raise NotImplementedError

    def stop_time(self):
        """Hold the remote's clock, so that what follows happens at one moment."""
        self.clock.stop()

    def now(self):
        """Return the remote's time."""
        return self.clock.now()

    def make_custom_fields(self):
        """Make the account's own fields of `custom_samples` known in the remote."""

    def prepare_child(self, child):
        """Make the remote ready for children of a type, if that takes anything."""

    def signed(self, body):
        """Return an authentic delivery of these bytes."""
        raise NotImplementedError

    def build(self, api):
        """Return the connector; override it to make pages small."""
        return self.module.build(api, self.account)

    # Setting up

    @pytest.fixture(autouse=True)
    def over(self, request):
        """The remote, in process or over sockets; see `both`."""
        way = getattr(request, "param", "process")
        self.clients = []
        transport, root, token = self.open_remote()
        if way == "sockets":
            transport, root = over_sockets(transport, root)
        self.remote = (transport, root, token)
        self.connector = self.connect(transport, root, token)
        yield way
        for client in self.clients:
            client.close()

    def connect(self, transport, root="https://remote.example", token=TOKEN):
        return self.build(self.api_of(transport, root, token))

    def api_of(self, transport, root, token):
        """Return an API whose calls and permits are counted in `seen` and `meter`."""
        self.seen, self.meter = [], Meter()
        client = client_build(Watched(transport, self.seen))
        self.clients.append(client)
        self.api = Api(
            client,
            root,
            Token(token),
            dialect=None,  # the connector brings its own
            gate=self.meter,
            sleep=lambda seconds: None,
        )
        return self.api

    def connect_knowing(self, catalogue):
        """Return the connector of this test's remote that knows the account's fields."""
        api = self.api_of(*self.remote)
        return self.module.build(api, self.account, catalogue)

    def answering(self, status, body=None, headers=None, content=None):
        """Return a connector whose remote always answers the same."""

        def answer(request):
            if content is not None:
                return httpx.Response(status, content=content, headers=headers)
            return httpx.Response(status, json=body or {}, headers=headers)

        return self.connect(httpx.MockTransport(answer))

    # Helpers

    def spec(self, object_type=""):
        return self.module.spec.object(object_type or self.object_type)

    def writable(self, operation, object_type=""):
        fields = self.spec(object_type).fields
        return [field.key for field in fields if operation in field.writes]

    def write(self, before: Record | None, after, object_type="", parent_id=""):
        """Make all calls of a change and return the record as the detail read has it."""
        object_type = object_type or self.object_type
        steps = self.connector.steps(object_type, before, after, parent_id)
        return self.perform(object_type, steps, before)

    def perform(self, object_type, steps, before):
        record = before
        for step in steps:
            result = self.connector.perform(object_type, step, record)
            record = merged(record, result)
        return self.connector.get(object_type, record.id, record.parent_id)

    def delete(self, record, object_type=""):
        """Make all calls that delete a record."""
        object_type = object_type or self.object_type
        for step in self.connector.delete_steps(object_type, record):
            self.connector.perform(object_type, step, record)

    def listing(self, between_pages=lambda: None, object_type=""):
        kind = object_type or self.object_type
        return pages(
            lambda cursor: self.connector.list_page(kind, cursor), between_pages
        )

    def changes(self, since, between_pages=lambda: None, object_type=""):
        kind = object_type or self.object_type
        return pages(
            lambda cursor: self.connector.changes_page(kind, since, cursor),
            between_pages,
        )

    def first_sample(self):
        """Return a field and a value to edit a record with."""
        key, (value, _) = next(iter(self.sample_values.items()))
        return key, value

    def samples_of(self, child):
        """Return a child type's samples; a type without any fails here, in words."""
        assert child in self.child_samples, (
            f"{type(self).__name__}.child_samples has no samples of “{child}”, which "
            f"{self.module.spec.label} declares."
        )
        self.prepare_child(child)
        return self.child_samples[child]

    def child_types(self):
        return [spec for spec in self.module.spec.objects if spec.parent]


def over_sockets(transport, root):
    """Return transport and root of the same remote behind a real server."""
    found = served.server()
    found.app = transport.app
    return served.transport(), found.root + urlsplit(root).path


def pages(page_at, between_pages=lambda: None):
    """Return all pages of a listing; fails on one without an end."""
    found = [page_at(None)]
    while found[-1].next is not None:
        assert len(found) < 1000, "a listing without an end"
        between_pages()
        found.append(page_at(found[-1].next))
    return found


def ids_of(found):
    """Return the ids of pages in order, with repetitions."""
    return [record.id for page in found for record in page.records]


def merged(record, result):
    """Return the record as known after a step, as the applier keeps it."""
    new = result.record
    if new is None or record is None:
        return new or record
    return replace(
        record,
        values={**record.values, **new.values},
        facts={**record.facts, **new.facts},
    )

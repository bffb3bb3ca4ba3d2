"""Zoho Invoice: the connector of one organization, dispatching by object type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from integrations.connectors.base import (
    Account,
    Catalogue,
    Field,
    JSONValue,
    MatchKind,
    Page,
    Record,
    Step,
    StepResult,
    Values,
    local_zone,
)
from integrations.connectors.operations import Request
from integrations.connectors.zoho_invoice import lifecycle, organizations, uniquefield
from integrations.connectors.zoho_invoice.addresses import Addresses
from integrations.connectors.zoho_invoice.billing import (
    Estimates,
    Invoices,
    Payments,
    ProjectTasks,
    project_task_of,
)
from integrations.connectors.zoho_invoice.billing_spec import PROJECT_TASK
from integrations.connectors.zoho_invoice.children import PERSON
from integrations.connectors.zoho_invoice.comments import Comments
from integrations.connectors.zoho_invoice.contacts import Contacts
from integrations.connectors.zoho_invoice.kind import Kind
from integrations.connectors.zoho_invoice.notetext import NoteText
from integrations.connectors.zoho_invoice.persons import Persons
from integrations.connectors.zoho_invoice.projects import Tasks
from integrations.connectors.zoho_invoice.remote import BASE, Remote
from integrations.connectors.zoho_invoice.rows import record_of
from integrations.connectors.zoho_invoice.spec import CONTACT, PAGE_SIZE, SPEC
from integrations.connectors.zoho_invoice.wire import ZohoDialect
from integrations.http import Answer, Api

KINDS: tuple[type[Kind], ...] = (
    *(Contacts, Persons, Addresses, Comments, Tasks, NoteText),
    *(Invoices, Estimates, Payments, ProjectTasks),
)


class ZohoInvoice:
    """The connector of one organization; see `base.Connector` for the contract."""

    spec = SPEC

    def __init__(
        self,
        api: Api,
        account: Account,
        catalogue: Catalogue | None = None,
        *,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self.api = api
        self.account = account
        self.remote = Remote(api, account, local_zone(account.time_zone), page_size)
        own = catalogue or {}
        self.persons = Persons(self.remote)
        self.kinds = {k.key: k(self.remote, own.get(k.key, ())) for k in KINDS}

    def kind(self, object_type: str) -> Kind:
        """Return the behaviour of an object type; KeyError when there is none."""
        return self.kinds[object_type]

    def accounts(self) -> Sequence[Account]:
        return organizations.accounts(self.remote)

    def check(self) -> Account:
        return organizations.check(self.remote)

    def fields(self, object_type: str) -> Sequence[Field]:
        return self.kind(object_type).fields()

    def list_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        return self.kind(object_type).list_page(cursor)

    def changes_page(
        self, object_type: str, since: datetime, cursor: JSONValue | None
    ) -> Page:
        return self.kind(object_type).changes_page(since, cursor)

    def children(self, object_type: str, parent_id: str) -> Sequence[Record]:
        return self.kind(object_type).children(parent_id)

    def get(self, object_type: str, record_id: str, parent_id: str = "") -> Record:
        return self.kind(object_type).get(record_id, parent_id)

    def find(self, object_type: str, kind: MatchKind, value: str) -> Sequence[Record]:
        return self.kind(object_type).find(kind, value)

    def steps(
        self,
        object_type: str,
        before: Record | None,
        after: Values,
        parent_id: str = "",
    ) -> Sequence[Step]:
        return self.kind(object_type).steps(before, after, parent_id)

    def delete_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        return self.kind(object_type).delete_steps(before)

    def archive_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the calls that make a customer inactive. Pure."""
        if object_type != CONTACT:
            raise self.kind(object_type).cannot("archive")
        return lifecycle.archive_steps()

    def restore_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the calls that make an inactive customer active again. Pure."""
        if object_type != CONTACT:
            raise self.kind(object_type).cannot("restore")
        return lifecycle.restore_steps()

    def perform(
        self, object_type: str, step: Step, record: Record | None
    ) -> StepResult:
        return self.kind(object_type).perform(step, record)

    def unique_name(self, object_type: str, values: Values, attempt: int) -> str:
        return self.kind(object_type).unique_name(values, attempt)

    # Operations

    def send(self, request: Request) -> Answer:
        """Make the call of an operation below the base of the API."""
        with self.remote.needing(request.scope, f"“{request.what}”"):
            return self.api.call(
                request.method,
                f"{BASE}{request.path}",
                operation=request.what,
                params=request.params,
                json_body=request.body,
                repeatable=request.repeatable,
            )

    def left(self, object_type: str, row: Values, record_id: str) -> Record | None:
        """Return the record that the answer to a write shows, None where it shows none."""
        if object_type == CONTACT and row.get("contact_id"):
            own = self.kinds[CONTACT].own_fields
            return record_of(row, "write", self.remote.zone, own)
        if object_type == PERSON and row.get("contact_person_id"):
            parent = str(row.get("contact_id") or "")
            return self.persons.record(row, parent, via_detail=True)
        if object_type == PROJECT_TASK and row.get("task_id"):
            return project_task_of(row)
        return None

    # Beyond the contract

    def facts_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        """Return facts of many records that single reads would tell one by one.

        Of customers: who is the primary person, so that person fields can be written
        without a detail read. Records without values; see `base.BulkFacts`.
        """
        if object_type != CONTACT:
            raise self.kind(object_type).cannot("read facts in bulk")
        return self.persons.facts_page(cursor)

    def primary_steps(self, before: Record) -> Sequence[Step]:
        """Return the calls that make a contact person the primary one. Pure."""
        return self.persons.primary_steps(before)

    def probe_unique_field(self, field: str) -> uniquefield.Probe:
        """Find out whether customers may be created by a unique field: one call that
        changes nothing where Zoho honours or refuses it."""
        return uniquefield.probe(self.remote, field)


def build(
    api: Api, account: Account, catalogue: Catalogue | None = None
) -> ZohoInvoice:
    """Return the connector of an organization; `api` speaks for it from now on."""
    api.dialect = ZohoDialect(account.id)
    return ZohoInvoice(api, account, catalogue)

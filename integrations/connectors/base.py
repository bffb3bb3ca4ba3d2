"""What a connector is: facts as data, behaviour behind one small interface.

A connector is a folder with `spec.py` (facts), `connector.py` (behaviour),
`auth.py` (how its OAuth answers read), `webhooks.py` (verify, parse) and
`setup.md` (what a person does at the vendor). It knows neither database nor
Django nor any other connector.

The three states of a field (docs/concepts.md): in `Record.values` a key that is
*absent* was not read, one that is `None` is empty, anything else is a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from integrations.connectors.oauth import Endpoints, OAuthSpec, TokenFacts

if TYPE_CHECKING:
    from integrations.connectors.agencies import Agency
    from integrations.connectors.operations import Absent, Operation, Request

JSONValue = Any  # plain JSON data: str, number, bool, None, list, dict
Values = Mapping[str, JSONValue]
ReadVia = Literal["list", "detail", "write", "webhook"]
MatchKind = Literal["email", "phone", "name"]
FieldType = Literal[
    "text",
    "long_text",
    "name",
    "email",
    "phone",
    "url",
    "tags",
    "bool",
    "number",
    "money",
    "date",
    "datetime",
    "choice",
    "choices",
    "file",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a system's catalogue.

    `reads` names the reads that report it ("list", "detail"); `writes` the operations
    that write it ("create", "update", "upsert", or a call of its own such as "tags"),
    empty when none does: `help` then says why. Fields that no list reports cost one
    call per record. `options` are the values a choice allows, as they are written.
    """

    key: str
    label: str
    type: FieldType = "text"
    group: str = "Contact"
    reads: frozenset[str] = frozenset({"list", "detail"})
    writes: frozenset[str] = frozenset({"create", "update"})
    max_length: int = 0
    required: bool = False
    help: str = ""
    options: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # what the options are called, where they are ids
    is_custom: bool = False  # defined by the account, not by the vendor
    is_derived: bool = False  # put together from others by the connector, read only

    @property
    def is_writable(self) -> bool:
        return bool(self.writes)

    @property
    def is_detail_only(self) -> bool:
        return "list" not in self.reads


@dataclass(frozen=True, slots=True)
class Record:
    """One remote record as plain data, read at the connector's edge.

    `facts` are what the connector itself needs later (a person id, a status);
    they are stored beside the values and merged on the next read, never mapped.
    `excluded` is a code of `ObjectSpec.exclusions` when the record must never be
    created across or updated (a vendor, an inactive customer).
    """

    id: str
    values: Values
    via: ReadVia
    modified_at: datetime | None = None
    created_at: datetime | None = None
    excluded: str = ""
    label: str = ""
    facts: Values = field(default_factory=dict)
    parent_id: str = ""  # of the record it hangs under: a note's contact


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `next` is opaque; None on the clean last page."""

    records: Sequence[Record]
    next: JSONValue | None


@dataclass(frozen=True, slots=True)
class Step:
    """One remote call that a change needs, decided before it is made.

    `kind` is the connector's own name of the call; `fields` are the field keys
    it writes; `body` is what `perform` needs, plain JSON. A step with
    `writes=False` is a forced read. `label` completes the sentence
    "HighLevel: create contact". `calls` is more than one where the write must look
    something up at that very moment.
    """

    kind: str
    label: str
    fields: tuple[str, ...] = ()
    body: Values = field(default_factory=dict)
    writes: bool = True
    calls: int = 1


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a performed step brought back.

    `record` holds the values the answer reported (`via="write"` or "detail");
    None when the answer reported nothing.
    """

    record: Record | None
    record_id: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A remote account that a connection may stand for."""

    id: str
    name: str
    time_zone: str = "UTC"
    country: str = ""
    facts: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limit:
    """One rate limit of a vendor: `calls` in `seconds`; "day" resets at midnight
    of the account's time zone when `resets` says so, else UTC."""

    window: Literal["10s", "minute", "day"]
    calls: int
    seconds: int
    resets: Literal["sliding", "account_midnight", "utc_midnight"] = "sliding"


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """One object type a connector can sync.

    `match_fields` says which field keys hold e-mails, phones, the parts of a name, and what supports a match: company,
    city, postcode, website. `exclusions` maps a code of `Record.excluded` to a sentence.
    `create_needs` names field keys of which at least one must have a value.
    `parent` is the object type its records hang under. `listing` says what one listing
    covers: the whole account, or one parent's children (a call per parent).
    `operations` are what the system can do; `cannot` says why it cannot do others,
    `not_carried` what gets lost on the way there: sentences.
    """

    key: str
    label: str
    label_plural: str
    fields: tuple[Field, ...]  # the standard ones; custom ones are read live
    match_fields: Mapping[str, tuple[str, ...]]
    exclusions: Mapping[str, str] = field(default_factory=dict)
    create_needs: tuple[str, ...] = ()
    create_needs_text: str = ""
    page_size: int = 100
    parent: str = ""
    about: str = ""  # the type whose records it tells of, without hanging under them
    listing: Literal["account", "parent"] = "account"
    operations: frozenset[str] = frozenset({"create", "update", "delete"})
    cannot: Mapping[str, str] = field(default_factory=dict)
    not_carried: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()  # needed for it, beside those that all need
    archived: str = ""  # what archiving makes of a record: "made inactive"
    # calls of a listing of the account, where it is no page each
    listing_cost: str = ""
    # what a complete listing leaves out is proof of nothing: not all is listed
    lists_all: bool = True
    # choice of the connection without which it is off, and the sentence that says so
    option: str = ""
    option_off: str = ""
    gathers: str = ""  # the type of which a record tells all under a parent, in a text
    part_of: str = ""  # its fields are those of this type: one record for each of it

    def field(self, key: str) -> Field | None:
        """Return the catalogue entry of a key, or None."""
        return next((f for f in self.fields if f.key == key), None)


@dataclass(frozen=True, slots=True)
class StandIn:
    """What a system keeps another system's object type as, where it has none itself.

    Records only flow there. `lost` says what does not, as sentences.
    """

    object_type: str
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookScheme:
    """How a vendor's deliveries reach us and prove themselves."""

    routing: Literal["app", "connection"]  # one URL per app, or one per connection
    slug: str = ""  # path part of the app's URL; names no vendor
    max_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class ConnectorSpec:
    """Everything about a system that is a fact rather than behaviour."""

    kind: str
    label: str
    account_label: str  # what an account is called there: "location"
    oauth: OAuthSpec
    token_auth: str  # label of a static token, empty when there is none
    limits: tuple[Limit, ...]
    concurrency: int  # calls the vendor allows under way at once; 0: no limit
    objects: tuple[ObjectSpec, ...]
    webhooks: WebhookScheme
    overlap_seconds: int  # how far behind its newest row a change may still appear
    website: str = ""
    record_url: str = ""  # page of a record at the vendor; {account} and {id}
    quota_per_app: bool = False  # the limits count per OAuth app and account
    token_unused_days: int = 0  # an unused static token is removed after these
    token_rotate_days: int = 0  # the vendor advises a new static token after these
    # `fields` names every field an account has made: what it leaves out is gone
    lists_own_fields: bool = True
    # object type → why there is no such thing there, as a sentence
    missing_objects: Values = field(default_factory=dict)
    # object type of other systems → what stands in for it here
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    texts: tuple[ObjectSpec, ...] = ()  # types that gather or are part of another
    # object types that are read for what happens to them, and never synced
    watched: tuple[ObjectSpec, ...] = ()

    def known(self, key: str) -> ObjectSpec | None:
        """Return an object type that is synced or only watched, or None."""
        every = (*self.objects, *self.texts, *self.watched)
        return next((s for s in every if s.key == key), None)

    def object(self, key: str) -> ObjectSpec:
        """Return the object type of a key; KeyError when the system has none."""
        return {spec.key: spec for spec in (*self.objects, *self.texts)}[key]


@dataclass(frozen=True, slots=True)
class RateSnapshot:
    """What response headers say of a window: calls left of a limit."""

    window: Literal["10s", "minute", "day"]
    limit: int
    remaining: int
    resets_in: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One authentic webhook delivery, reduced to a hint of what to read."""

    event_type: str
    account_id: str  # "" when the URL already says it
    object_type: str  # "" when the event concerns no record we know
    record_id: str
    delivery_id: str = ""  # the vendor's own id, where it has one
    deleted: bool = False
    sent_at: datetime | None = None
    values: Values = field(default_factory=dict)  # fields the payload reports, if any
    parent_id: str = ""  # "" also when the delivery leaves it out
    # the app came to or left an account (or all of `company_id`): tokens come or die
    lifecycle: Literal["", "installed", "uninstalled"] = ""
    company_id: str = ""


# object type → the account's own fields, as last read: rows and steps need their types
Catalogue = Mapping[str, Sequence[Field]]


class Connector(Protocol):
    """The behaviour of one system for one account. Built per use, holds no state.

    Every method may raise the ConnectorError tree of crosswalk/errors.py.
    """

    spec: ConnectorSpec

    def accounts(self) -> Sequence[Account]:
        """Return the accounts these credentials reach."""
        ...

    def check(self) -> Account:
        """Prove the credentials on the chosen account and return its facts."""
        ...

    def fields(self, object_type: str) -> Sequence[Field]:
        """Return the live field catalogue: standard fields, then the account's own."""
        ...

    def list_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        """Return one page of the complete listing, in an order that edits keep."""
        ...

    def children(self, object_type: str, parent_id: str) -> Sequence[Record]:
        """Return all records of a child type under one parent, complete."""
        ...

    def changes_page(
        self, object_type: str, since: datetime, cursor: JSONValue | None
    ) -> Page:
        """Return one page of records modified at or after `since` (remote time)."""
        ...

    def get(self, object_type: str, record_id: str, parent_id: str = "") -> Record:
        """Return one record by the consistent detail read.

        A child whose parent is not known (a delivery left it out) is looked up where
        the vendor has a read for that, else RemoteRejected with code "parent_unknown".
        """
        ...

    def find(self, object_type: str, kind: MatchKind, value: str) -> Sequence[Record]:
        """Look records up by the vendor's *consistent* read (design rule 4)."""
        ...

    def steps(
        self,
        object_type: str,
        before: Record | None,
        after: Values,
        parent_id: str = "",
    ) -> Sequence[Step]:
        """Return the cheapest documented calls that write `after`. Pure.

        `before` is None for a create; `after` holds only the fields to write.
        A child is created under `parent_id`.
        """
        ...

    def delete_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the calls that delete a record, or archive it where `before.facts`
        and the system allow no delete. Pure."""
        ...

    def archive_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the calls that put a record aside as the system does it, to be undone
        there by hand. Pure. RemoteRejected where `operations` lack "archive"."""
        ...

    def restore_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the calls that take an archived record into use again. Pure.
        RemoteRejected where `operations` lack "restore"."""
        ...

    def perform(
        self, object_type: str, step: Step, record: Record | None
    ) -> StepResult:
        """Make the call of one step. `record` is the record as last known,
        including what earlier steps of the same change brought back."""
        ...

    def unique_name(self, object_type: str, values: Values, attempt: int) -> str:
        """Return the record's generated unique name, "" where it needs none.

        attempt 0 is the plain name, 1 and up the visibly distinguished ones.
        Pure.
        """
        ...

    def send(self, request: Request) -> Any:
        """Make the call of a declared operation; return its http.Answer."""
        ...

    def left(self, object_type: str, row: Values, record_id: str) -> Record | None:
        """Return the record that an operation's answer shows, as a write left it.

        `record_id` is what the answer may leave out. None where it shows none. Pure.
        """
        ...


@runtime_checkable
class BulkFacts(Protocol):
    """A connector that can learn in bulk what forced reads would tell one by one."""

    def facts_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        """Return one page of records with facts and no values, one call a page."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A delivery as it arrived: exact body bytes and lower-cased header names."""

    body: bytes
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class ConnectorModule:
    """What a connector folder offers to the registry."""

    spec: ConnectorSpec
    # (api: integrations.http.Api, account: Account, catalogue: Catalogue = {})
    build: Callable[..., Connector]
    endpoints: Callable[..., Endpoints]  # (data_center: str) the vendor's own
    parse_token: Callable[[Values, Values], TokenFacts]  # (answer, callback params)
    token_error: Callable[[int, Values], Exception]  # (HTTP status, answer)
    verify: Callable[..., None]  # (request, *, keys, secret) raises WebhookRejected
    parse: Callable[[WebhookRequest], Sequence[Delivery]]
    # what a workflow sends to a connection's own address; None: there are none
    parse_call: Callable[[WebhookRequest], Sequence[Delivery]] | None = None
    data_centers: Mapping[str, str] = field(default_factory=dict)  # code → accounts URL
    agency: Agency | None = None  # None: an authorisation reaches its accounts itself
    # integrations.connectors.operations: what it can do, and what people look for in vain
    operations: Sequence[Operation] = ()
    absent: Sequence[Absent] = ()


def local_zone(name: str) -> tzinfo:
    """Return the zone of a vendor's zone name, UTC when it is unknown."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")

"""Integrations: grants, connections, budgets, and what was last read of each remote."""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import Any

from django.db import models

from crosswalk.leases import Lease
from crosswalk.secretfield import SecretField
from workspaces.models import Workspace


def connector_kinds() -> list[tuple[str, str]]:
    """Return the kinds on offer; a callable, so a new kind needs no migration."""
    from integrations.registry import kinds

    return kinds()


def webhook_token() -> str:
    """Return a token nobody can guess (192 bits), for the path of a webhook."""
    return secrets.token_urlsafe(24)


class Site(models.TextChoices):
    """Which installation of a vendor: the real one or the built-in stand-in."""

    VENDOR = "vendor", "Vendor"
    SANDBOX = "sandbox", "Sandbox"


class OAuthApp(models.Model):
    """Client id and secret of one kind, entered in a workspace's wizard.

    Apps of the whole installation come from the environment and have no row.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    kind = models.CharField(max_length=40, choices=connector_kinds)
    client_id = models.CharField(max_length=200)
    secret = SecretField()  # encrypted {"client_secret": …}
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind"], name="one_app_a_kind_and_workspace"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} app {self.client_id}"


class Grant(models.Model):
    """One authorisation of one vendor user or company.

    `credentials` is encrypted JSON: {"type": "token", "token"} or {"type": "oauth",
    "client_id", "client_secret", "access_token", "refresh_token"}.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        NEEDS_RECONNECT = "needs_reconnect", "Needs reconnect"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    kind = models.CharField(max_length=40, choices=connector_kinds)
    site = models.CharField(max_length=8, choices=Site.choices, default=Site.VENDOR)
    auth_type = models.CharField(max_length=8)  # "oauth" | "token"
    data_center = models.CharField(max_length=8, blank=True)
    api_url = models.CharField(max_length=200, blank=True)  # what the vendor said
    client_id = models.CharField(max_length=200, blank=True)
    owner = models.CharField(max_length=200, blank=True)
    scopes: Any = models.JSONField(default=list, blank=True)
    accounts: Any = models.JSONField(default=list, blank=True)
    credentials = SecretField(blank=True)
    credentials_version = models.PositiveIntegerField(default=0)
    imported_hash = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # of the access token
    refreshed_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.ACTIVE
    )
    reason = models.CharField(max_length=400, blank=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)  # cool-down of refreshes
    used_at = models.DateTimeField(null=True, blank=True)  # last seen to work
    facts: Any = models.JSONField(default=dict, blank=True)  # user_type, company_id …
    refresh_owner = models.CharField(max_length=160, blank=True)
    refresh_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind} grant {self.pk}"


class TokenRefresh(models.Model):
    """Journal of refreshes: written before a token is spent, closed after."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="refreshes")
    credentials_version = models.PositiveIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)  # renewed, refused, lost …
    detail = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return f"Refresh of grant {self.grant_id}: {self.outcome or 'open'}"


class AccountToken(models.Model):
    """Access to one account, made from a grant that covers many (an agency's).

    `token` is encrypted {"access_token"}, "" before the first; it was made by the
    grant's credentials as of `credentials_version`, and is made anew, not refreshed.
    With a `reason` the account is out of reach, whatever the grant can do elsewhere.
    """

    grant = models.ForeignKey(
        Grant, on_delete=models.CASCADE, related_name="account_tokens"
    )
    account_id = models.CharField(max_length=80)
    token = SecretField(blank=True)
    version = models.PositiveIntegerField(default=0)  # counts tokens of the account
    credentials_version = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)  # cool-down of tries
    maker = models.CharField(max_length=160, blank=True)  # lease of the one who makes
    maker_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "account_id"], name="one_token_an_account"
            )
        ]

    def __str__(self) -> str:
        return f"Token of grant {self.grant_id} for {self.account_id}"


class Connection(models.Model):
    """One remote account under a grant; owns what is remembered of it."""

    class Health(models.TextChoices):
        ACTIVE = "active", "Working"
        DEGRADED = "degraded", "Having trouble"
        NEEDS_RECONNECT = "needs_reconnect", "Needs reconnecting"
        DISABLED = "disabled", "Switched off"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="connections"
    )
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, related_name="connections"
    )
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40, choices=connector_kinds)
    account_id = models.CharField(max_length=80)
    account_name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(max_length=2, blank=True)
    facts: Any = models.JSONField(default=dict, blank=True)
    # what people chose: "reserve_percent", "unique_field", "project_tasks"
    options: Any = models.JSONField(default=dict, blank=True)
    health = models.CharField(
        max_length=16, choices=Health.choices, default=Health.ACTIVE
    )
    health_reason = models.CharField(max_length=400, blank=True)
    health_at = models.DateTimeField(auto_now_add=True)
    # object type → {"modified", "seen_at", "settled", "listing"}: integrations/mirror
    cursors: Any = models.JSONField(default=dict, blank=True)
    webhook_token = models.CharField(max_length=64, default=webhook_token, unique=True)
    webhook_secret = SecretField(blank=True)
    webhook_seen_at = models.DateTimeField(null=True, blank=True)
    # object type → {"keys", "since", "baseline"}: of its `watches`, where every write to
    # the mirror finds it without a query
    watched: Any = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "account_id"],
                name="one_connection_an_account",
            ),
            models.UniqueConstraint(
                fields=["workspace", "name"], name="connection_name_in_workspace"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "account_id"], name="connection_by_account")
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def own_fields(self) -> dict[str, Any]:
        """Object type → its OwnFields; filled and emptied by integrations.fields.catalogue."""
        return {}


class BudgetWindow(models.Model):
    """Calls used per quota subject and window, shared by all processes.

    `buckets` is a list of [unix time, calls] of a sliding window; a day's window
    counts in `used` until `resets_at`. `claims` are what processes hold of it:
    integrations/quota.
    """

    subject = models.CharField(max_length=200)
    window = models.CharField(max_length=8)
    limit = models.IntegerField()
    used = models.IntegerField(default=0)
    buckets: Any = models.JSONField(default=list, blank=True)
    claims: Any = models.JSONField(default=dict, blank=True)
    resets_at = models.DateTimeField(null=True, blank=True)
    blocked_until = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "window"], name="one_window_a_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.window}: {self.used} of {self.limit}"


class CallSlot(models.Model):
    """One of the few calls that a quota subject may have under way at once."""

    subject = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField()
    owner = models.CharField(max_length=160, blank=True, default="")
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "number"], name="one_slot_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.number}: {self.owner or 'free'}"


class CallCount(models.Model):
    """Calls made for a connection, per day of its account's zone and operation."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="call_counts"
    )
    day = models.DateField()
    operation = models.CharField(max_length=60)
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "operation"], name="one_call_count"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.operation}: {self.calls}"


class CustomFields(models.Model):
    """The account's own fields of an object type, as last read from the vendor.

    `fields` is a list of the attributes of `connectors.base.Field`.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="custom_fields"
    )
    object_type = models.CharField(max_length=40)
    fields: Any = models.JSONField(default=list)
    read_at = models.DateTimeField()
    error = models.CharField(
        max_length=400, blank=True
    )  # of the last try, if it failed

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object_type"], name="one_set_of_custom_fields"
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.object_type}: {len(self.fields)} fields"


class ReconnectLink(models.Model):
    """A link that lets the account's owner reconnect without being a member here.

    Only a hash of its token is kept; it works once and not for long.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="reconnect_links"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        "auth.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Reconnect link of {self.connection_id}"


# what hangs under another; said in a query, it lets SQLite take the index of these
UNDER_PARENT = ~models.Q(parent_id="")


class RemoteRecord(models.Model):
    """What we last read of one remote record. Shared by all syncs of a connection.

    `values`: key absent = not read, null = empty (design rule 1). `field_times`:
    key → [last read before the change, first read that showed it], ISO times.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="records"
    )
    object_type = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=80)
    parent_id = models.CharField(max_length=80, blank=True)  # remote id of its parent
    label = models.CharField(max_length=200, blank=True)
    values: Any = models.JSONField(default=dict)
    facts: Any = models.JSONField(default=dict, blank=True)
    field_times: Any = models.JSONField(default=dict, blank=True)
    excluded = models.CharField(max_length=40, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    # remote modified time of the last change that was not our own write
    edited_at = models.DateTimeField(null=True, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField()
    # remote modified time that our own last write left, None where it did not say
    written_at = models.DateTimeField(null=True, blank=True)
    # remote modified time as of the last detail read: older than `modified_at` means
    # that fields only the detail reports may be out of date
    detail_modified_at = models.DateTimeField(null=True, blank=True)
    # a row modified at or before this moment was overtaken by our own write
    stale_through = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)  # counts changes of content
    gone_at = models.DateTimeField(null=True, blank=True)  # tombstone
    gone_proof = models.CharField(max_length=8, blank=True)  # see Proof

    class Proof(models.TextChoices):
        """How it was learned that a record is gone, before a read confirmed it."""

        NOTICE = "notice", "a notice said so, and a read confirmed it"
        LISTING = "listing", "a complete listing lacked it, and a read confirmed it"
        READ = "read", "a read did not find it"
        WRITE = "write", "writing to it did not find it"
        OURS = "ours", "this sync deleted it"

    # one “not found” alone: nothing is removed elsewhere because of it (design §4.8)
    UNSURE_PROOFS = (Proof.READ, Proof.WRITE)

    seen_listing = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object_type", "remote_id"],
                name="one_remote_record",
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "object_type"],
                condition=models.Q(gone_at__isnull=False),
                name="record_gone",
            ),
            models.Index(
                fields=["connection", "object_type", "parent_id"],
                condition=UNDER_PARENT,
                name="record_by_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.remote_id


class ChildListing(models.Model):
    """When what hangs under a record (its notes, say) was last listed.

    `parent_edited_at`: the parent's `edited_at` as of then: a later edit of it is a
    cause to list again. `swept_at`: when that was last done without any cause.
    """

    record = models.ForeignKey(
        RemoteRecord, on_delete=models.CASCADE, related_name="child_listings"
    )
    object_type = models.CharField(max_length=40)
    read_at = models.DateTimeField()
    parent_edited_at = models.DateTimeField(null=True, blank=True)
    swept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "object_type"], name="one_child_listing"
            )
        ]
        indexes = [
            models.Index(fields=["object_type", "read_at"], name="child_listing_by_age")
        ]

    def __str__(self) -> str:
        return f"{self.object_type}s of {self.record_id}"


class RecordKey(models.Model):
    """One normalised match key of a remote record, indexed."""

    record = models.ForeignKey(
        RemoteRecord, on_delete=models.CASCADE, related_name="keys"
    )
    # found by `record_by_key`; another index would be one row more for each key
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False)
    object_type = models.CharField(max_length=40)
    # email, phone, name, sound, unique, find
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=254)

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "object_type", "kind", "value"],
                name="record_by_key",
                # PostgreSQL, whatever its collation: also finds by how a value begins
                opclasses=["int8_ops", "text_ops", "text_ops", "varchar_pattern_ops"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class Watch(Lease):
    """An object type of a connection whose triggers somebody has switched on.

    Records made before `since` are no news. Its reading is due at `next_at`; `place` says
    how far it is: integrations/operations/polling.py. `baseline_at` is when all that was
    there at the beginning had been read once, `listed_at` when all was last read.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="watches"
    )
    object_type = models.CharField(max_length=40)
    keys: Any = models.JSONField(default=list)  # of the triggers that are on
    since = models.DateTimeField()
    baseline_at = models.DateTimeField(null=True, blank=True)
    place: Any = models.JSONField(default=dict, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveIntegerField(default=0)  # of the last reading
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object_type"], name="one_watch_an_object_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.object_type}: {', '.join(self.keys)}"

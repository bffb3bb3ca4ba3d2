"""Switches: how well the stand-ins behave, kept in the store and set on the page."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self
from weakref import WeakKeyDictionary

from sandbox.store import Document, Store

KIND, ID = "switches", "all"
WEBHOOK_MODES = ("normal", "duplicate", "shuffle", "lose_half", "lost")
CHOICES: dict[str, tuple[Any, ...]] = {
    "webhook_mode": WEBHOOK_MODES,
    "highlevel_retry_policy": ("a", "b"),
    "highlevel_match_order": ("email,phone", "phone,email", "email", "phone"),
    "invalid_phone": ("refuse", "drop", "keep"),
    "unknown_custom_field": ("skip", "refuse"),
    "webhook_body": ("flat", "wrapped"),
    "webhook_signatures": ("both", "current", "legacy", "na", "none"),
    "deleted_contact_status": (400, 404),
    "workflow_status": (200, 201),
    "spent_token_status": (400, 401),
    "zoho_unknown_custom_fields": ("refuse", "ignore"),
    "zoho_missing_status": (404, 400),
}
# What can go wrong with one call, in the words of the page. Those of `AFTER_COMMIT`
# strike when the work has been done and kept, the others before any work.
FAULTS = {
    "429": "Too many calls in the minute (Zoho: code 44) or burst (HighLevel)",
    "429_day": "Too many calls in the day (Zoho: code 45)",
    "429_concurrent": "Too many calls at once (Zoho: code 1070)",
    "200": "An answer of your own (`body`) where the work would be done",
    "302": "The call is sent to another address",
    "400": "The call is refused, in words of your own (`body`)",
    "401": "The access is not accepted",
    "403": "The call is forbidden",
    "404": "There is nothing at this address",
    "500": "The system’s own error, as JSON",
    "html502": "A proxy’s HTML page instead of an answer",
    "html503": "A proxy’s HTML page instead of an answer",
    "html200": "An HTML page with status 200 where JSON belongs",
    "slow": "The answer comes after so many seconds",
    "reset": "The connection breaks before the work is done",
    "timeout": "No answer at all, and the work is not done",
    "truncated": "The work is done; the JSON of the answer is cut in half",
    "commit_then_reset": "The work is done; then the connection breaks",
    "commit_then_timeout": "The work is done; the answer never comes",
    "commit_then_500": "The work is done; the answer says 500",
    "commit_then_422": "The work is done; the answer says 422",
}
AFTER_COMMIT = (
    "truncated",
    "commit_then_reset",
    "commit_then_timeout",
    "commit_then_500",
    "commit_then_422",
)


@dataclass(frozen=True, slots=True)
class Switches:
    """All switches with the values of a well-behaved, unhurried day.

    What each means in plain words: `sandbox/switch_texts.py`, shown on the page.
    """

    latency_ms: int = 0
    # Faults on order: {system, match, where, fault, times, skip, seconds, body,
    # headers}; see sandbox/faults.py.
    fail_next: list[dict[str, Any]] = field(default_factory=list)
    published_limits: bool = False
    daily_limits: bool = True
    webhook_mode: str = "normal"
    webhook_delay_ms: int = 0
    webhooks_paused: bool = False
    lost_refresh_answer: bool = False

    zoho_last_modified_filter: bool = True
    zoho_throttle_tokens: bool = False
    zoho_daily_limit: int = 1000
    zoho_minute_limit: int = 100
    zoho_concurrent_limit: int = 5
    zoho_limits_with_200: bool = False
    zoho_webhook_endpoint: bool = False
    zoho_access_token_seconds: int = 3600
    # What the fact sheet marks as not verified: the sandbox can do either.
    zoho_missing_status: int = 404
    zoho_names_ignore_case: bool = True
    zoho_names_unique_everywhere: bool = True
    zoho_blank_clears: bool = True
    zoho_partial_addresses: bool = False
    zoho_array_keeps_person_ids: bool = True
    zoho_person_edits_bump: bool = True
    zoho_default_hides_inactive: bool = False
    zoho_largest_page: int = 200
    zoho_list_custom_fields: bool = True
    zoho_unknown_custom_fields: str = "refuse"
    zoho_unique_upsert: bool = True
    zoho_comment_in_answer: bool = True
    zoho_partial_project_updates: bool = False
    zoho_projects_block_delete: bool = False
    zoho_api_edits_fire: bool = True
    zoho_deletes_fire: bool = True
    zoho_documents_sort_by_change: bool = True

    search_lag_ms: int = 0
    lowercase_search_names: bool = False
    allow_duplicates: bool = False
    companyname_on_put: bool = False
    refresh_grace_seconds: int = 30
    access_token_seconds: int = 86399
    # Where HighLevel's behaviour is not known, each of these is one of two or more.
    highlevel_match_order: str = "email,phone"
    put_refuses_duplicates: bool = True
    invalid_phone: str = "refuse"
    unknown_custom_field: str = "skip"
    deleted_contact_status: int = 400
    children_move_contact: bool = False
    tags_move_contact: bool = True
    page_limit_clamped: bool = False
    list_oldest_first: bool = False
    list_always_has_next: bool = False
    custom_field_folders: bool = False
    slots_enforced: bool = True
    workflow_status: int = 201
    spent_token_status: int = 400
    client_credentials_grant: bool = False
    inactive_locations: bool = False
    webhook_body: str = "flat"
    webhook_signatures: str = "both"
    task_create_lacks_contact: bool = True
    echo_api_writes: bool = True
    highlevel_burst_limit: int = 100
    highlevel_daily_limit: int = 200_000
    # "a": only 429 is tried again; "b": any answer but 2xx (highlevel.md §9.2).
    highlevel_retry_policy: str = "a"

    @classmethod
    def load(cls, store: Store) -> Self:
        """What is set now; asked for several times a call, hence remembered."""
        stored = store.peek(KIND, ID) or _NOTHING
        known = _loaded.get(store)
        if known is None or known[0] is not stored:
            names = {each.name for each in fields(cls)}
            values = {name: stored[name] for name in names & stored.keys()}
            known = _loaded[store] = stored, cls(**values)
        return known[1]  # type: ignore[return-value]

    @classmethod
    def save(cls, store: Store, **changes: Any) -> Self:
        """Apply the changes to what is stored; refuses unknown names and bad types."""
        with store.lock:
            switches = replace(cls.load(store), **changes)
            switches.check()
            store.put(KIND, ID, asdict(switches))
        return switches

    @classmethod
    def forget(cls, store: Store) -> Self:
        """Back to the well-behaved day."""
        return cls.save(store, **asdict(DEFAULTS))

    def check(self) -> None:
        for each in fields(self):
            value, wanted = getattr(self, each.name), type(getattr(DEFAULTS, each.name))
            if type(value) is not wanted:
                raise TypeError(f"{each.name} must be {wanted.__name__}")
            if isinstance(value, int) and value < 0:
                raise ValueError(f"{each.name} must not be negative")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {choices}")
        for fault in self.fail_next:
            if fault.get("fault") not in FAULTS:
                raise ValueError(f"fault must be one of {tuple(FAULTS)}")


_NOTHING: Document = {}
# The last set of each store, with the document it was read from.
_loaded: WeakKeyDictionary[Store, tuple[Document, Switches]] = WeakKeyDictionary()
DEFAULTS = Switches()

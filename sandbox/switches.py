"""Switches: how well the stand-ins behave, kept in the store and set on the page."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from sandbox.store import Store

KIND, ID = "switches", "all"
WEBHOOK_MODES = ("normal", "duplicate", "shuffle", "lost")
FAULTS = (
    "429",
    "500",
    "html503",
    "reset",
    "truncated",
    "slow",
    "commit_then_timeout",
    "commit_then_500",
    "commit_then_422",
)


@dataclass(frozen=True, slots=True)
class Switches:
    """All switches with the values of a well-behaved, unhurried day."""

    latency_ms: int = 0
    # One-shot faults: {system, match, fault, times, seconds}; see sandbox/faults.py.
    fail_next: list[dict[str, Any]] = field(default_factory=list)
    published_limits: bool = False
    webhook_mode: str = "normal"
    webhooks_paused: bool = False

    zoho_last_modified_filter: bool = True
    zoho_throttle_tokens: bool = False
    zoho_daily_limit: int = 1000
    zoho_minute_limit: int = 100
    zoho_concurrent_limit: int = 5
    zoho_webhook_endpoint: bool = True
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

    search_lag_ms: int = 0
    lowercase_search_names: bool = False
    allow_duplicates: bool = False
    companyname_on_put: bool = False
    lost_refresh_answer: bool = False
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
        stored = store.get(KIND, ID) or {}
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    @classmethod
    def save(cls, store: Store, **changes: Any) -> Self:
        """Apply the changes to what is stored; refuses unknown names and bad types."""
        with store.lock:
            switches = replace(cls.load(store), **changes)
            switches.check()
            store.put(KIND, ID, asdict(switches))
        return switches

    def check(self) -> None:
        for each in fields(self):
            value, wanted = getattr(self, each.name), type(getattr(DEFAULTS, each.name))
            if type(value) is not wanted:
                raise TypeError(f"{each.name} must be {wanted.__name__}")
        if self.webhook_mode not in WEBHOOK_MODES:
            raise ValueError(f"webhook_mode must be one of {WEBHOOK_MODES}")
        for fault in self.fail_next:
            if fault.get("fault") not in FAULTS:
                raise ValueError(f"fault must be one of {FAULTS}")


DEFAULTS = Switches()

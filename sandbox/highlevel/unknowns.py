"""What is not known of HighLevel: the switches that let the stand-in behave each way.

The defaults are what was seen live or what the vendor's documents say; where neither
says anything, the stricter behaviour.
"""

from __future__ import annotations

from sandbox.switches import Switches

# Name and what it means, as on the page of switches.
UNKNOWNS: dict[str, str] = {
    "highlevel_match_order": "Fields that make a duplicate, first one first",
    "put_refuses_duplicates": "Refuse a PUT that takes another contact's key",
    "invalid_phone": "A phone number that cannot be one",
    "unknown_custom_field": "A custom field that does not exist",
    "deleted_contact_status": "Answer for a deleted contact (400 or 404)",
    "children_move_contact": "Notes and tasks move the contact's dateUpdated",
    "tags_move_contact": "Tags move the contact's dateUpdated",
    "page_limit_clamped": "Cut a page size that is too large instead of refusing it",
    "list_oldest_first": "GET /contacts/ begins with the oldest",
    "list_always_has_next": "The last page of GET /contacts/ has a next address too",
    "custom_field_folders": "The list of custom fields holds their folders too",
    "slots_enforced": "Refuse an appointment outside the calendar's hours",
    "workflow_status": "Answer when a workflow is joined (200 or 201)",
    "spent_token_status": "Answer to a spent refresh token (400 or 401)",
    "client_credentials_grant": "Give tokens for client_credentials",
    "inactive_locations": "Refuse to refresh tokens: the location is not active",
    "webhook_body": "Webhooks are flat or wrapped in “data”",
    "webhook_signatures": "Signatures of webhooks (na: the current one says N/A)",
    "task_create_lacks_contact": "TaskCreate comes without contactId and body",
    "echo_api_writes": "Changes made by the API are told by webhook too",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "highlevel_match_order": ("email,phone", "phone,email", "email", "phone"),
    "invalid_phone": ("refuse", "drop", "keep"),
    "unknown_custom_field": ("skip", "refuse"),
    "webhook_body": ("flat", "wrapped"),
    "webhook_signatures": ("both", "current", "legacy", "na", "none"),
}


def match_fields(switches: Switches) -> tuple[str, ...]:
    """The fields by which the location tells duplicates, in the order of matching."""
    return tuple(switches.highlevel_match_order.split(","))

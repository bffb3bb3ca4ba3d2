"""What each switch means, in plain words, grouped as on the page."""

from __future__ import annotations

GROUPS: dict[str, dict[str, str]] = {
    "Both systems": {
        "published_limits": "Refuse calls over the published rate limits",
        "daily_limits": "The limit of the day counts too (off: only the short ones do)",
        "latency_ms": "Delay of every answer, in milliseconds",
        "lost_refresh_answer": "Lose the next answer of a token refresh: it is done, "
        "but a 504 comes back",
        "webhook_mode": "How webhooks are delivered: once, twice, in another order, "
        "every second one never, or none at all",
        "webhook_delay_ms": "Webhooks leave so many milliseconds after the change",
        "webhooks_paused": "Hold webhooks back until this is off again",
    },
    "HighLevel": {
        "search_lag_ms": "Search lags behind writes by so many milliseconds",
        "lowercase_search_names": "Search rows have lower-case names alone",
        "allow_duplicates": "Allow contacts with the same e-mail or phone",
        "companyname_on_put": "Accept companyName on PUT",
        "refresh_grace_seconds": "A used refresh token works so many seconds more",
        "access_token_seconds": "Life of an access token, in seconds",
        "highlevel_burst_limit": "Calls in 10 seconds",
        "highlevel_daily_limit": "Calls in a day",
        "highlevel_retry_policy": "Webhook retries (a: only on 429, b: on any failure)",
    },
    "HighLevel: what its documents leave open": {
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
    },
    "Zoho Invoice": {
        "zoho_throttle_tokens": "Refuse the 11th access token in ten minutes "
        "(published limits do so too)",
        "zoho_access_token_seconds": "Life of an access token, in seconds",
        "zoho_minute_limit": "Calls in a minute",
        "zoho_daily_limit": "Calls in a day; a day ends at the organization’s midnight",
        "zoho_concurrent_limit": "Calls at the same time",
    },
    "Zoho Invoice: what its documents leave open": {
        "zoho_last_modified_filter": "Honour the last_modified_time filter of the "
        "contact list (off: ignore it silently)",
        "zoho_default_hides_inactive": "A contact list without filter_by hides "
        "inactive contacts",
        "zoho_largest_page": "Rows on the largest page; more are never given",
        "zoho_list_custom_fields": "A contact list names the custom fields in "
        "page_context",
        "zoho_missing_status": "HTTP status of “does not exist” (code 1002)",
        "zoho_limits_with_200": "Refuse over the limits with HTTP 200: only the code "
        "in the body tells",
        "zoho_names_ignore_case": "Contact names that differ only in case are the same",
        "zoho_names_unique_everywhere": "Inactive contacts and vendors keep their "
        "names taken",
        "zoho_blank_clears": "An empty text clears a field (off: it is passed over)",
        "zoho_partial_addresses": "An address sent in part keeps its other lines "
        "(off: they become blank)",
        "zoho_array_keeps_person_ids": "Persons sent with their ids keep them (off: "
        "they come back with new ids)",
        "zoho_person_edits_bump": "A change to a person changes the contact’s time too",
        "zoho_unknown_custom_fields": "A custom field that does not exist",
        "zoho_unique_upsert": "Contacts can be updated by a unique custom field",
        "zoho_comment_in_answer": "The answer to a new comment carries the comment "
        "(off: a message alone)",
        "zoho_documents_sort_by_change": "Invoices, estimates and payments can be "
        "sorted by when they changed",
        "zoho_partial_project_updates": "A project can be changed in part (off: its "
        "required fields must be sent again)",
        "zoho_projects_block_delete": "A contact with a project cannot be deleted "
        "(off: its projects go with it)",
        "zoho_webhook_endpoint": "Offer the webhook settings by API, as a sister "
        "product does",
        "zoho_api_edits_fire": "Webhooks tell of changes made by API too",
        "zoho_deletes_fire": "Webhooks tell of deletes",
    },
}

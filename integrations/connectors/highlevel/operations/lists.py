"""What a location has to choose from, and the searches that list it."""

from __future__ import annotations

from integrations.connectors.highlevel.child_specs import CALENDARS_SCOPE
from integrations.connectors.highlevel.spec import (
    CAMPAIGNS_SCOPE,
    CUSTOM_FIELDS_SCOPE,
    TAGS_SCOPE,
    USERS_SCOPE,
    WORKFLOWS_SCOPE,
)
from integrations.connectors.operations import Call, Operation, Options, Output

CALENDARS = "calendars"  # the part of the API with a version of its own
LOCATION = {"locationId": "{account}"}

TAGS_CALL = Call("GET", "/locations/{account}/tags", "list tags", "tags")
FIELDS_CALL = Call(
    "GET",
    "/locations/{account}/customFields",
    "list custom fields",
    "customFields",
    {"model": "contact"},
)
USERS_CALL = Call("GET", "/users/", "list users", "users", LOCATION)
CALENDARS_CALL = Call(
    "GET", "/calendars/", "list calendars", "calendars", LOCATION, api=CALENDARS
)
CAMPAIGNS_CALL = Call("GET", "/campaigns/", "list campaigns", "campaigns", LOCATION)
WORKFLOWS_CALL = Call("GET", "/workflows/", "list workflows", "workflows", LOCATION)

TAGS = Options(TAGS_CALL, value="name", scope=TAGS_SCOPE)
USERS = Options(USERS_CALL, scope=USERS_SCOPE)
CALENDARS_OPTIONS = Options(CALENDARS_CALL, scope=CALENDARS_SCOPE)
CAMPAIGNS = Options(CAMPAIGNS_CALL, scope=CAMPAIGNS_SCOPE)
WORKFLOWS = Options(WORKFLOWS_CALL, scope=WORKFLOWS_SCOPE)

ID, NAME, STATUS = (
    Output("id", "ID"),
    Output("name", "Name"),
    Output("status", "Status"),
)

OPERATIONS = (
    Operation(
        "hl.list_calendars",
        32,
        "search",
        "calendar",
        "List calendars",
        "Lists the calendars of the location.",
        (ID, NAME, Output("slotDuration", "Minutes a slot", "number")),
        call=CALENDARS_CALL,
        scopes=(CALENDARS_SCOPE,),
        sample={
            "id": "CalSample00000000001",
            "name": "First visit",
            "slotDuration": 30,
        },
    ),
    Operation(
        "hl.list_tags",
        36,
        "search",
        "tag",
        "List tags",
        "Lists the tags that the location knows.",
        (ID, NAME),
        call=TAGS_CALL,
        scopes=(TAGS_SCOPE,),
        sample={"id": "TagSample00000000001", "name": "customer"},
    ),
    Operation(
        "hl.list_custom_fields",
        37,
        "search",
        "custom_field",
        "List custom fields",
        "Lists the fields that the location made for its contacts.",
        (ID, NAME, Output("fieldKey", "Key"), Output("dataType", "Type")),
        call=FIELDS_CALL,
        scopes=(CUSTOM_FIELDS_SCOPE,),
        sample={
            "id": "FldSample00000000001",
            "name": "Favourite colour",
            "fieldKey": "contact.favourite_colour",
            "dataType": "TEXT",
        },
    ),
    Operation(
        "hl.list_campaigns",
        38,
        "search",
        "campaign",
        "List campaigns",
        "Lists the campaigns of the location.",
        (ID, NAME, STATUS),
        call=CAMPAIGNS_CALL,
        scopes=(CAMPAIGNS_SCOPE,),
        sample={"id": "CmpSample00000000001", "name": "Welcome", "status": "published"},
    ),
    Operation(
        "hl.list_workflows",
        39,
        "search",
        "workflow",
        "List workflows",
        "Lists the workflows of the location.",
        (ID, NAME, STATUS, Output("updatedAt", "Changed on", "datetime")),
        call=WORKFLOWS_CALL,
        scopes=(WORKFLOWS_SCOPE,),
        sample={
            "id": "1f7c2c1e-0000-4000-8000-000000000001",
            "name": "Ask for a review",
            "status": "published",
            "updatedAt": "2026-01-05T09:30:00.000Z",
        },
    ),
)

"""What a contact takes part in: followers, campaigns, workflows."""

from __future__ import annotations

from dataclasses import replace

from integrations.connectors.highlevel.contact_spec import CONTACT
from integrations.connectors.highlevel.operations.contacts import CONTACT_ID
from integrations.connectors.highlevel.operations.lists import (
    CAMPAIGNS,
    USERS,
    WORKFLOWS,
)
from integrations.connectors.highlevel.spec import WRITE_SCOPE
from integrations.connectors.operations import Call, Input, Operation, Output

FOLLOWERS_NOW = (Output("followers", "Followers now", "list"),)
FOLLOWERS = Input("followers", "Users", "ids", required=True, options=USERS)
DONE = (Output("succeded", "Done", "bool"),)
DONE_SAMPLE = {"succeded": True}
FOLLOWING = {"followers": ["UsrSample00000000001"]}
CAMPAIGN = Input(
    "campaign_id", "Campaign", "choice", "path", required=True, options=CAMPAIGNS
)
WORKFLOW = Input(
    "workflow_id", "Workflow", "choice", "path", required=True, options=WORKFLOWS
)
CONTACTS = "/contacts/{contact_id}"
JOIN_WORKFLOW = Operation(
    "hl.add_to_workflow",
    63,
    "action",
    "workflow",
    "Add contact to workflow",
    "Starts a workflow for a contact.",
    DONE,
    (
        CONTACT_ID,
        WORKFLOW,
        Input("event_start", "Time of the event", "datetime", name="eventStartTime"),
    ),
    Call("POST", f"{CONTACTS}/workflow/{{workflow_id}}", "add to workflow"),
    scopes=(WRITE_SCOPE,),
    is_idempotent=False,
    sample=DONE_SAMPLE,
    noun="contact",
)

OPERATIONS = (
    Operation(
        "hl.add_followers",
        58,
        "action",
        CONTACT,
        "Add followers",
        "Lets users follow a contact.",
        FOLLOWERS_NOW,
        (CONTACT_ID, FOLLOWERS),
        Call("POST", f"{CONTACTS}/followers", "add followers", repeatable=True),
        scopes=(WRITE_SCOPE,),
        sample=FOLLOWING,
        noun="contact",
    ),
    Operation(
        "hl.remove_followers",
        59,
        "action",
        CONTACT,
        "Remove followers",
        "Lets users no longer follow a contact.",
        FOLLOWERS_NOW,
        (CONTACT_ID, FOLLOWERS),
        Call("DELETE", f"{CONTACTS}/followers", "remove followers"),
        scopes=(WRITE_SCOPE,),
        sample=FOLLOWING,
        noun="contact",
    ),
    Operation(
        "hl.add_to_campaign",
        60,
        "action",
        "campaign",
        "Add contact to campaign",
        "Puts a contact into a campaign, which may send it messages.",
        DONE,
        (CONTACT_ID, CAMPAIGN),
        Call(
            "POST",
            f"{CONTACTS}/campaigns/{{campaign_id}}",
            "add to campaign",
            sends_body=True,
        ),
        scopes=(WRITE_SCOPE,),
        is_idempotent=False,
        sample=DONE_SAMPLE,
        noun="contact",
    ),
    Operation(
        "hl.remove_from_campaign",
        61,
        "action",
        "campaign",
        "Remove contact from campaign",
        "Takes a contact out of a campaign.",
        DONE,
        (CONTACT_ID, CAMPAIGN),
        Call("DELETE", f"{CONTACTS}/campaigns/{{campaign_id}}", "remove from campaign"),
        scopes=(WRITE_SCOPE,),
        sample=DONE_SAMPLE,
        noun="contact",
    ),
    Operation(
        "hl.remove_from_all_campaigns",
        62,
        "action",
        "campaign",
        "Remove contact from every campaign",
        "Takes a contact out of all campaigns at once. Which they were is not kept.",
        DONE,
        (CONTACT_ID,),
        Call("DELETE", f"{CONTACTS}/campaigns/removeAll", "remove from campaigns"),
        scopes=(WRITE_SCOPE,),
        is_dangerous=True,
        sample=DONE_SAMPLE,
        noun="contact",
    ),
    JOIN_WORKFLOW,
    replace(
        JOIN_WORKFLOW,
        key="hl.remove_from_workflow",
        row=64,
        label="Remove contact from workflow",
        sentence="Stops a workflow for a contact.",
        call=Call(
            "DELETE", f"{CONTACTS}/workflow/{{workflow_id}}", "remove from workflow"
        ),
        inputs=(CONTACT_ID, WORKFLOW),
        is_idempotent=True,
    ),
)

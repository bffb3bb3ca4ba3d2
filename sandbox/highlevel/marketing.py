"""Campaigns and workflows: listed, and made at HighLevel's own screens only (§15)."""

from __future__ import annotations

from flask import Blueprint

from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document, Store

routes = Blueprint("marketing", __name__)
CAMPAIGN, WORKFLOW = "highlevel_campaign", "highlevel_workflow"
CAMPAIGNS = (
    ("SbxCampaignWelcome01", "Welcome", "published"),
    ("SbxCampaignReviews02", "Ask for a review", "draft"),
)
WORKFLOWS = (
    ("6f9b1f1e-2d4f-4b7a-9a11-000000000001", "New enquiry", "published"),
    ("6f9b1f1e-2d4f-4b7a-9a11-000000000002", "Missed appointment", "published"),
    ("6f9b1f1e-2d4f-4b7a-9a11-000000000003", "Birthday", "draft"),
)
MADE_AT = "2025-11-03T09:00:00.000Z"


def seed(store: Store, location_id: str) -> None:
    """The campaigns and workflows that somebody made at the screens."""
    for id, name, status in CAMPAIGNS:
        campaign = {"id": id, "name": name, "status": status, "locationId": location_id}
        store.put(CAMPAIGN, id, campaign)
    for id, name, status in WORKFLOWS:
        workflow = {
            "id": id,
            "name": name,
            "status": status,
            "version": 1,
            "createdAt": MADE_AT,
            "updatedAt": MADE_AT,
            "locationId": location_id,
        }
        store.put(WORKFLOW, id, workflow)


@routes.get("/campaigns/", strict_slashes=False)
@guarded("campaigns.readonly")
def campaigns(call: Call) -> Answer:
    return {"campaigns": _of_location(call, CAMPAIGN)}


@routes.get("/workflows/", strict_slashes=False)
@guarded("workflows.readonly")
def workflows(call: Call) -> Answer:
    return {"workflows": _of_location(call, WORKFLOW)}


def campaign_of(call: Call, campaign_id: str) -> Document:
    """The campaign, or HighLevel's refusal of an id it does not know."""
    return _known(call, CAMPAIGN, campaign_id, "Campaign")


def workflow_of(call: Call, workflow_id: str) -> Document:
    """The workflow, or HighLevel's refusal of an id it does not know."""
    return _known(call, WORKFLOW, workflow_id, "Workflow")


def _of_location(call: Call, kind: str) -> list[Document]:
    location = call.query_location()
    every = call.ctx.store.all(kind)
    return [each for each in every if each["locationId"] == location["id"]]


def _known(call: Call, kind: str, id: str, noun: str) -> Document:
    found = call.ctx.store.get(kind, id)
    if found is None:
        raise Refusal(400, f"{noun} with id {id} not found")
    call.location(found["locationId"])
    return found

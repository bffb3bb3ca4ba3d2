"""What a contact takes part in: followers, campaigns, workflows, a business (§5)."""

from __future__ import annotations

from flask import Blueprint

from sandbox.highlevel import directory, marketing, validation
from sandbox.highlevel.contacts import contact_of, saved, succeeded
from sandbox.highlevel.validation import Messages
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded, no_such_address

routes = Blueprint("memberships", __name__)
FOLLOWERS: validation.Schema = {"followers": validation.texts}
WORKFLOW: validation.Schema = {"eventStartTime": validation.moment}
BULK_MAXIMUM = 50


def _ids(name: str, value: object) -> Messages:
    if isinstance(value, list) and len(value) > BULK_MAXIMUM:
        return [f"{name} must contain no more than {BULK_MAXIMUM} elements"]
    return validation.texts(name, value)


BUSINESS: validation.Schema = {
    "locationId": validation.filled,
    "ids": _ids,
    "businessId": validation.nullable(validation.text),
}


@routes.post("/contacts/<contact_id>/followers")
@guarded("contacts.write")
def follow(call: Call, contact_id: str) -> Answer:
    call.check(FOLLOWERS, ("followers",))
    before: list[str] = contact_of(call, contact_id).get("followers", [])
    added = [each for each in call.body["followers"] if each not in before]
    _keep_followers(call, contact_id, before + added)
    return {"followers": before + added, "followersAdded": added}, 201


@routes.delete("/contacts/<contact_id>/followers")
@guarded("contacts.write")
def unfollow(call: Call, contact_id: str) -> Answer:
    call.check(FOLLOWERS, ("followers",))
    before: list[str] = contact_of(call, contact_id).get("followers", [])
    removed = [each for each in before if each in call.body["followers"]]
    left = [each for each in before if each not in removed]
    _keep_followers(call, contact_id, left)
    return {"followers": left, "followersRemoved": removed}


@routes.post("/contacts/<contact_id>/campaigns/<campaign_id>")
@guarded("contacts.write")
def campaign_join(call: Call, contact_id: str, campaign_id: str) -> Answer:
    contact_of(call, contact_id)
    marketing.campaign_of(call, campaign_id)
    return succeeded(call), 201


@routes.delete("/contacts/<contact_id>/campaigns/<campaign_id>")
@guarded("contacts.write")
def campaign_leave(call: Call, contact_id: str, campaign_id: str) -> Answer:
    """Also ``…/campaigns/removeAll``, under v3 ``remove-all``, which leaves all."""
    if campaign_id == "remove-all" and not call.is_v3:
        raise no_such_address()
    contact_of(call, contact_id)
    return succeeded(call)


@routes.post("/contacts/<contact_id>/workflow/<workflow_id>")
@guarded("contacts.write")
def workflow_join(call: Call, contact_id: str, workflow_id: str) -> Answer:
    call.check(WORKFLOW)
    contact_of(call, contact_id)
    marketing.workflow_of(call, workflow_id)
    # The spec says 200; the live API answered 201 (§5).
    return succeeded(call), call.ctx.switches().workflow_status


@routes.delete("/contacts/<contact_id>/workflow/<workflow_id>")
@guarded("contacts.write")
def workflow_leave(call: Call, contact_id: str, workflow_id: str) -> Answer:
    contact_of(call, contact_id)
    return succeeded(call)


@routes.post("/contacts/bulk/business")
@guarded()
def business_set(call: Call) -> Answer:
    call.check(BUSINESS, ("locationId", "ids"))
    if "businessId" not in call.body:
        raise Refusal(422, ["businessId must be a string"])
    location = call.location(call.body["locationId"])
    done = []
    for contact_id in call.body["ids"]:
        contact = directory.contact_get(call.ctx.store, contact_id)
        if contact and contact["locationId"] == location["id"]:
            saved(call, contact_id, {"businessId": call.body["businessId"]})
            done.append(contact_id)
    return {"success": True, "ids": done}


def _keep_followers(call: Call, contact_id: str, followers: list[str]) -> None:
    contact = contact_of(call, contact_id)
    directory.put(call.ctx.store, {**contact, "followers": followers})

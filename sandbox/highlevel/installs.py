"""Installations of the app: in one location, or in an agency with several (§2.2, §9)."""

from __future__ import annotations

from sandbox.highlevel.accounts import COMPANY_ID
from sandbox.store import Document, Store

INSTALL = "highlevel_install"


def install_of(store: Store, location: Document) -> Document | None:
    """The installation through which the app is in a location: its own, or the
    agency's if that approved it; None without one."""
    own = store.get(INSTALL, location["id"])
    if own is not None:
        return own
    agency = store.get(INSTALL, location["companyId"])
    reached = (agency or {}).get("approved", [])
    return agency if location["id"] in reached else None


def install_put(store: Store, owner: Document, at: str) -> None:
    """Remember an installation; one of the agency keeps what was approved before."""
    with store.lock:
        former = store.get(INSTALL, owner["subject"]) or {}
        approved = [*former.get("approved", []), *owner.get("approvedLocations", [])]
        install = {
            "id": owner["subject"],
            "class": owner["class"],
            "installedAt": at,
            "approved": list(dict.fromkeys(approved)),
            "future": bool(owner.get("future")),
            "every": bool(owner.get("every")),
        }
        store.put(INSTALL, owner["subject"], install)


def install_drop(store: Store, account_id: str) -> bool:
    """Forget an installation, or a location's part in the agency's; False if none."""
    with store.lock:
        if store.delete(INSTALL, account_id):
            return True
        location = store.get("highlevel_location", account_id)
        agency = install_of(store, location) if location else None
        if agency is None:
            return False
        left = [each for each in agency["approved"] if each != account_id]
        changes = {"approved": left, "every": False}
        store.put(INSTALL, agency["id"], {**agency, **changes})
        return True


def install_for_new(store: Store, location_id: str) -> bool:
    """Let an agency's installation take in a new location, if it wants future ones."""
    with store.lock:
        agency = store.get(INSTALL, COMPANY_ID)
        if agency is None or not agency["future"]:
            return False
        approved = [*agency["approved"], location_id]
        store.put(INSTALL, COMPANY_ID, {**agency, "approved": approved})
        return True

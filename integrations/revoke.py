"""Revoke: telling a vendor that we no longer use what it gave us."""

from __future__ import annotations

import logging

import httpx

from crosswalk.crypto import decrypt
from crosswalk.errors import CrosswalkError
from integrations.endpoints import endpoints_for
from integrations.http import client_build
from integrations.models import Grant
from integrations.session import default_transport

log = logging.getLogger(__name__)


def grant_revoke(grant: Grant, *, transport: httpx.BaseTransport | None = None) -> bool:
    """Revoke a grant's refresh token where the vendor can; say whether it was done.

    A courtesy: we forget the token whatever the vendor answers.
    """
    try:
        url = endpoints_for(grant.kind, grant.site, grant.data_center).revoke
        token = decrypt(grant.credentials).get("refresh_token")
        if not url or not token:
            return False
        with client_build(transport or default_transport()) as client:
            return client.post(url, params={"token": token}).is_success
    except (httpx.HTTPError, CrosswalkError) as error:
        log.info("Revoking grant %s failed: %s", grant.pk, type(error).__name__)
        return False

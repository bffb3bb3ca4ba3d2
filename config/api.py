"""What programs may ask of a workspace, with a key of it (workspaces/keys.py)."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from config.status import status
from workspaces.keys import KeyRequest, api


@api("status")
@require_safe
def workspace_status(request: KeyRequest) -> JsonResponse:
    """Give how connections and syncs are going, as crosswalk_status prints it."""
    found = status(request.workspace)
    for connection in found["connections"]:
        del connection["webhook_url"]  # whoever knows it may send notices
    return JsonResponse(found)

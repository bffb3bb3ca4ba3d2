"""Finding what an address under /w/<workspace>/ names: a mapping, and its fields."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField
from django.http import Http404
from django.shortcuts import get_object_or_404

from integrations import registry
from integrations.fields.catalogue import own_fields
from mapping.forms import Catalogue
from mapping.models import Mapping
from mapping.pairings import object_specs, pairing
from workspaces.models import Workspace


def mapping_get(workspace: Workspace, sync: int, object_type: str) -> Mapping:
    """Return a mapping of the workspace with its sync; 404 if it is not here."""
    if sync > BigIntegerField.MAX_BIGINT:  # Django checks this of `pk` alone
        raise Http404
    found = Mapping.objects.select_related(
        "sync__left", "sync__right", "sync__workspace", "published"
    )
    return get_object_or_404(
        found, workspace=workspace, sync_id=sync, object_type=object_type
    )


def catalogue_of(sync: Any, object_type: str) -> Catalogue:
    """Return the fields of both sides of a sync, and what its sides are called."""
    left, right = registry.spec(sync.left.kind), registry.spec(sync.right.kind)
    same = left.kind == right.kind
    try:
        found = pairing(left.kind, right.kind, object_type)
        return Catalogue(
            *object_specs(sync.left, sync.right, object_type),
            sync.left.name if same else left.label,
            sync.right.name if same else right.label,
            left_is_complete=own_fields(sync.left, found.left).is_complete,
            right_is_complete=own_fields(sync.right, found.right).is_complete,
        )
    except KeyError:
        raise Http404 from None

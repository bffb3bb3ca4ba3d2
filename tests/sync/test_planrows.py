"""Rows of a plan: names of systems are marked, and whatever they are called is text."""

from __future__ import annotations

from sync.models import Sync
from sync.telling.planrows import with_systems
from tests.config.rows import connection_make
from workspaces.models import Workspace


def test_names_are_marked_once_and_never_markup(workspace: Workspace) -> None:
    left = connection_make(workspace, "highlevel", "sys", "loc1")
    right = connection_make(workspace, "highlevel", "sys <b>", "loc2")

    marked = with_systems(Sync(left=left, right=right), "New at sys <b>, not at sys.")

    assert marked == (
        'New at <span class="sys sys-r">sys &lt;b&gt;</span>, '
        'not at <span class="sys sys-l">sys</span>.'
    )

"""Set-ups under way: their steps, what each still needs, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from crosswalk.clock import now
from integrations import registry
from integrations.models import Connection, Site
from mapping.models import Mapping
from sync.models import Plan, Setup, Sync
from workspaces.models import Workspace

STEPS = ("systems", "left", "right", "rules", "scope", "fields", "test")
SIDES = ("left", "right")
WORKING = (Connection.Health.ACTIVE, Connection.Health.DEGRADED)


@dataclass(frozen=True, slots=True)
class System:
    """A system that can be chosen: its kind, and which installation of it."""

    kind: str
    site: str = Site.VENDOR

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.site}"

    @property
    def name(self) -> str:
        return registry.CONNECTORS[self.kind]

    @property
    def label(self) -> str:
        return f"{self.name} (sandbox)" if self.site == Site.SANDBOX else self.name


def systems_on_offer() -> list[System]:
    """Return what the wizard offers: the real systems, then the sandbox's."""
    sites = [Site.VENDOR, *([Site.SANDBOX] if settings.SANDBOX else [])]
    return [System(kind, site) for site in sites for kind, _ in registry.kinds()]


def system_of(key: str) -> System | None:
    """Return the system on offer that has a key."""
    return next((each for each in systems_on_offer() if each.key == key), None)


def default_systems(workspace: Workspace) -> tuple[System, System]:
    """Return the pair to begin with: the sandbox's while nothing real is connected."""
    real = Connection.objects.filter(workspace=workspace, grant__site=Site.VENDOR)
    site = Site.SANDBOX if settings.SANDBOX and not real.exists() else Site.VENDOR
    return System("highlevel", site), System("zoho_invoice", site)


def setup_title(setup: Setup) -> str:
    """Return what a set-up is about: "HighLevel and Zoho Invoice"."""
    return f"{side_system(setup, 'left').label} and {side_system(setup, 'right').label}"


def side_system(setup: Setup, side: str) -> System:
    """Return the system chosen for a side."""
    return System(getattr(setup, f"{side}_kind"), getattr(setup, f"{side}_site"))


def side_connection(setup: Setup, side: str) -> Connection | None:
    """Return the connection of a side, None while there is none."""
    found: Connection | None = getattr(setup, side)
    return found


def setup_start(
    *, workspace: Workspace, left: System, right: System, actor: AbstractBaseUser
) -> Setup:
    """Begin a set-up; a side with one fitting connection takes it at once."""
    setup = Setup(workspace=workspace, started_by_id=actor.pk)
    return setup_systems(setup=setup, left=left, right=right)


def setup_systems(*, setup: Setup, left: System, right: System) -> Setup:
    """Choose the two systems; a connection that no longer fits is let go."""
    for side, system in (("left", left), ("right", right)):
        setattr(setup, f"{side}_kind", system.kind)
        setattr(setup, f"{side}_site", system.site)
        connection = side_connection(setup, side)
        if connection and not fits(setup, side, connection):
            setattr(setup, side, None)
    for side in SIDES:
        offers = connections_on_offer(setup, side)
        if side_connection(setup, side) is None and len(offers) == 1:
            setattr(setup, side, offers[0])
    setup.save()
    return setup


def fits(setup: Setup, side: str, connection: Connection) -> bool:
    """Say whether a connection is of the system chosen for a side."""
    chosen = side_system(setup, side)
    return (
        connection.workspace_id == setup.workspace_id
        and connection.kind == chosen.kind
        and connection.grant.site == chosen.site
    )


def connections_on_offer(setup: Setup, side: str) -> list[Connection]:
    """Return the working connections a side could use, not those of the other."""
    chosen = side_system(setup, side)
    other = side_connection(setup, "right" if side == "left" else "left")
    found = Connection.objects.filter(
        workspace_id=setup.workspace_id,
        kind=chosen.kind,
        grant__site=chosen.site,
        health__in=WORKING,
    ).select_related("grant")
    return [each for each in found.order_by("name") if each != other]


def setup_attach(*, setup: Setup, side: str, connection: Connection) -> bool:
    """Use a connection on a side; False when it is of another system."""
    if not fits(setup, side, connection):
        return False
    setattr(setup, side, connection)
    setup.save(update_fields=[side])
    return True


def setup_finish(*, sync: Sync) -> None:
    """Close the set-up of a sync that went live. Idempotent."""
    Setup.objects.filter(sync=sync, finished_at=None).update(finished_at=now())


def step_is_done(setup: Setup, step: str) -> bool:
    """Say whether a step has all it needs."""
    if step in SIDES:
        connection = side_connection(setup, step)
        return connection is not None and connection.health in WORKING
    if step in ("rules", "scope"):  # everybody takes part unless it is said
        sync = setup.sync
        return sync is not None and (sync.left_id, sync.right_id) == (
            setup.left_id,
            setup.right_id,
        )
    if step == "fields":
        if setup.sync_id is None:
            return False
        mapped = Mapping.objects.filter(
            sync_id=setup.sync_id, object_type="contact", published__isnull=False
        )
        return mapped.exists()
    if step == "test":
        return setup.sync_id is not None and plan_ready(setup.sync_id) is not None
    return True


def step_now(setup: Setup) -> str:
    """Return the first step that is not done, the last when all are."""
    return next((step for step in STEPS if not step_is_done(setup, step)), STEPS[-1])


def step_is_open(setup: Setup, step: str) -> bool:
    """Say whether a step may be opened: all before it are done."""
    return STEPS.index(step) <= STEPS.index(step_now(setup))


def plan_ready(sync_id: int) -> Plan | None:
    """Return the plan of a sync that can be approved, if there is one."""
    ready = Plan.objects.filter(sync_id=sync_id, state=Plan.State.READY)
    return ready.order_by("-pk").first()

"""People of a workspace: adding, changing roles, removing; never the last owner."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email, user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from crosswalk.errors import CrosswalkError
from workspaces.models import Membership, Workspace
from workspaces.owner import user_build
from workspaces.selectors import workspace_url
from workspaces.services import audit


class MemberRefused(CrosswalkError):
    """A change of members that a workspace must not take."""

    code = "member_refused"


@transaction.atomic
def member_add(
    *, workspace: Workspace, email: str, role: str, actor: User
) -> Membership:
    """Add a person by e-mail; one without an account gets it, without a password."""
    user = _user_of(email)
    membership, is_new = Membership.objects.get_or_create(
        workspace=workspace, user=user, defaults={"role": role}
    )
    if not is_new:
        raise MemberRefused(f"{user.email} is in this workspace already.")
    audit(
        workspace=workspace,
        actor=actor,
        action="member.added",
        subject=user.email,
        data={"role": role},
    )
    transaction.on_commit(lambda: _invite(membership))
    return membership


def _user_of(email: str) -> User:
    known = filter_users_by_email(email, prefer_verified=True)
    if known:
        found = known[0]
        assert isinstance(found, User)  # noqa: S101 - the only user model there is
        return found
    user = user_build(email)
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    return user


def invitation_url(membership: Membership) -> str | None:
    """Return the link by which a new person chooses a password.

    None when the account has a password, or belongs to another workspace as well:
    nobody else's account may be entered by adding it here.
    """
    user = membership.user
    if user.has_usable_password() or user.memberships.count() != 1:
        return None
    key = default_token_generator.make_token(user)
    uid = user_pk_to_url_str(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": uid, "key": key}
    )
    return f"{settings.BASE_URL}{path}"


@transaction.atomic
def member_invite(*, membership: Membership, actor: User) -> None:
    """Send a new person the link again; the one before works no longer.

    Raises MemberRefused for somebody who has come in already.
    """
    if invitation_url(membership) is None:
        raise MemberRefused(f"{membership.user.email} has an account already.")
    user = membership.user
    user.set_unusable_password()  # another one: links are made from it
    user.save(update_fields=["password"])
    audit(
        workspace=membership.workspace,
        actor=actor,
        action="member.invited",
        subject=user.email,
    )
    transaction.on_commit(lambda: _invite(membership))


def _invite(membership: Membership) -> None:
    context = {
        "workspace": membership.workspace,
        "password_url": invitation_url(membership),
        "url": f"{settings.BASE_URL}{workspace_url(membership.workspace)}",
    }
    send_mail(
        subject=f"You have been added to {membership.workspace.name} on Crosswalk",
        message=render_to_string("workspaces/email/invitation.txt", context),
        from_email=None,
        recipient_list=[membership.user.email],
        fail_silently=True,  # the page shows the link as well
    )


@transaction.atomic
def member_set_role(*, membership: Membership, role: str, actor: User) -> None:
    """Change what a person may do."""
    if membership.role == role:
        return
    _keep_an_owner(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit(
        workspace=membership.workspace,
        actor=actor,
        action="member.role_changed",
        subject=membership.user.email,
        data={"before": before, "after": role},
    )


@transaction.atomic
def member_remove(*, membership: Membership, actor: User) -> None:
    """Take a person out of a workspace; the account stays."""
    _keep_an_owner(membership)
    audit(
        workspace=membership.workspace,
        actor=actor,
        action="member.removed",
        subject=membership.user.email,
        data={"role": membership.role},
    )
    membership.delete()


def _keep_an_owner(membership: Membership) -> None:
    """Refuse what would leave a workspace without an owner."""
    owners = set(
        Membership.objects.select_for_update()
        .filter(workspace=membership.workspace, role=Membership.Role.OWNER)
        .values_list("pk", flat=True)
    )
    if owners == {membership.pk}:
        raise MemberRefused(
            "A workspace needs an owner. Make somebody else an owner first."
        )

"""Endpoints: where a vendor is reached, by site, data centre and settings.

Settings win over the connector's own table and over what a token answer says; no
web form ever names an address. Whoever may set an address gets the client secret,
so plain http is for this machine only.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

from crosswalk.errors import AuthError, ConfigError
from integrations import registry
from integrations.connectors.oauth import Endpoints
from integrations.models import Site

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

# kind → data centre → the stand-in's sign-in and API roots under SANDBOX_URL
SANDBOX_ROOTS = {
    "highlevel": {"": ("/highlevel", "/highlevel")},
    "zoho_invoice": {
        "us": ("/zoho/accounts", "/zoho/api"),
        "eu": ("/zoho-eu/accounts", "/zoho-eu/api"),
    },
}


def endpoints_for(
    kind: str, site: str, data_center: str = "", api_url: str = ""
) -> Endpoints:
    """Return where a kind is reached; ConfigError for an address we may not use.

    `api_url` is what a token answer said; it counts only where no setting speaks
    and the address is one of the vendor's own.
    """
    if site == Site.SANDBOX:
        found = sandbox_endpoints(kind, data_center)
    else:
        own = own_endpoints(kind, data_center)
        if api_url and is_known_api(kind, api_url):
            own = with_api(own, api_url)
        override = OVERRIDES.get(kind)
        found = override(own, data_center) if override else own
    for url in (found.api, found.authorize, found.token, found.revoke):
        require_safe(url)
    return found


def data_center_of(kind: str, site: str, accounts_server: str) -> str:
    """Return the data centre whose sign-in server a callback names.

    The browser brought it and the client secret goes there next, so only
    addresses of the vendor's list or of the settings are taken: else AuthError.
    """
    wanted = accounts_server.strip().rstrip("/").lower()
    for code, root in accounts_roots(kind, site).items():
        if wanted == root.lower():
            return code
    label = registry.spec(kind).label
    raise AuthError(
        f"The answer names a sign-in server that is not one of {label}'s. Nothing "
        "was sent there. Start connecting again.",
        detail=f"accounts-server {accounts_server[:200]!r}",
        code="unknown_data_center",
    )


def accounts_roots(kind: str, site: str) -> dict[str, str]:
    """Return data centre → sign-in root, as the callback may name them."""
    known = dict(registry.connector(kind).data_centers)
    if site == Site.SANDBOX:
        centers = SANDBOX_ROOTS[kind].items()
        return {code: settings.SANDBOX_URL + roots[0] for code, roots in centers}
    if kind == "zoho_invoice" and settings.ZOHO_ACCOUNTS_URL:
        given = roots_in(settings.ZOHO_ACCOUNTS_URL)
        if "" in given:  # one server for all of them
            return {next(iter(known), ""): given[""], **known}
        return {**known, **given}
    return known


def known_data_centers(kind: str) -> list[str]:
    """Return the codes a person may choose from; [] where there are none."""
    return list(registry.connector(kind).data_centers)


def own_endpoints(kind: str, data_center: str) -> Endpoints:
    """Return the vendor's own addresses of a data centre."""
    module = registry.connector(kind)
    return module.endpoints(data_center) if data_center else module.endpoints()


def is_known_api(kind: str, url: str) -> bool:
    """Say whether an API address is one of the vendor's own."""
    centers = registry.connector(kind).data_centers
    own = {own_endpoints(kind, code).api for code in centers}
    return url.rstrip("/") in own


def sandbox_endpoints(kind: str, data_center: str) -> Endpoints:
    """Return the stand-in's addresses: the vendor's paths under its roots."""
    centers = SANDBOX_ROOTS.get(kind)
    if centers is None:
        raise ConfigError(f"The sandbox has no stand-in for “{kind}”.")
    code = data_center or next(iter(centers))
    if code not in centers:
        raise ConfigError(
            f"The sandbox has no data centre “{code}”.", path="data_center"
        )
    accounts, api = (settings.SANDBOX_URL + path for path in centers[code])
    return moved(own_endpoints(kind, ""), accounts, api)


def moved(own: Endpoints, accounts: str, api: str) -> Endpoints:
    """Return the same paths under other roots."""
    return Endpoints(
        api=api.rstrip("/"),
        authorize=under(accounts, own.authorize),
        token=under(accounts, own.token),
        revoke=under(accounts, own.revoke),
    )


def highlevel_override(own: Endpoints, data_center: str) -> Endpoints:
    """HighLevel: whole addresses; the token's follows the API root when only that
    is set."""
    api = settings.HIGHLEVEL_API_URL.rstrip("/")
    token = under(api, own.token) if api else own.token
    return Endpoints(
        api=api or own.api,
        authorize=settings.HIGHLEVEL_AUTHORIZE_URL or own.authorize,
        token=settings.HIGHLEVEL_TOKEN_URL or token,
        revoke=under(api, own.revoke) if api else own.revoke,
    )


def zoho_override(own: Endpoints, data_center: str) -> Endpoints:
    """Zoho: roots, one for all data centres or one each."""
    accounts = root_for(settings.ZOHO_ACCOUNTS_URL, data_center)
    api = root_for(settings.ZOHO_API_URL, data_center)
    if not accounts:
        return with_api(own, api or own.api)
    return moved(own, accounts, api or own.api)


OVERRIDES: dict[str, Callable[[Endpoints, str], Endpoints]] = {
    "highlevel": highlevel_override,
    "zoho_invoice": zoho_override,
}


def roots_in(setting: str) -> dict[str, str]:
    """Return data centre → root of a setting; "" stands for all of them."""
    roots = {}
    for part in filter(None, (each.strip() for each in setting.split(","))):
        code, equals, url = part.partition("=")
        if equals and code.strip().isalpha():
            roots[code.strip()] = url.strip().rstrip("/")
        else:
            roots[""] = part.rstrip("/")
    return roots


def root_for(setting: str, data_center: str) -> str:
    """Return a setting's root for a data centre, "" when it names none."""
    roots = roots_in(setting)
    code = data_center or ("us" if "us" in roots else next(iter(roots), ""))
    return roots.get(code) or roots.get("", "")


def with_api(own: Endpoints, api: str) -> Endpoints:
    """Return the same endpoints with another API root."""
    return Endpoints(api.rstrip("/"), own.authorize, own.token, own.revoke)


def under(root: str, url: str) -> str:
    """Return the path of an address under another root, "" for no address."""
    return root.rstrip("/") + urlsplit(url).path if url else ""


def is_loopback_url(url: str) -> bool:
    """Say whether an address is of this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK_HOSTS


def oauth_is_possible(kind: str, site: str) -> bool:
    """Say whether the vendor accepts our redirect address."""
    if site == Site.SANDBOX or not registry.spec(kind).oauth.needs_https:
        return True
    if settings.BASE_URL.startswith("https://"):
        return True
    return is_loopback_url(endpoints_for(kind, site).authorize)


def require_safe(url: str) -> None:
    """Raise ConfigError for an address that secrets must not be sent to."""
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname and parts.username is None:
        return
    if parts.scheme == "http" and is_loopback_url(url):
        return
    raise ConfigError(
        f"The address {parts.scheme}://{parts.hostname or ''} in the settings cannot "
        "be used: it must start with https, or with http on this machine."
    )

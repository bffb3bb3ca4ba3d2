"""Calls to addresses that people typed in: only to the public internet.

An address of a webhook may name anything: this server's own database, a router, a
cloud's metadata service. So the name is resolved here, every address it has must be a
public one, and the call goes to exactly the address that was looked at: a name that
answers otherwise the second time leads nowhere. Redirects are not followed. Hosts that
the installation's own settings name are let through, by plain http too.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Sequence
from urllib.parse import urlsplit

import httpx

from crosswalk.errors import ConfigError
from integrations.http import client_build

MAX_URL_LENGTH = 2000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Resolve = Callable[[str, int], Sequence[str]]


class AddressRefused(httpx.TransportError):
    """The address leads to a place that must not be called."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host name; raise ConnectError when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise httpx.ConnectError("The host name is not known.") from exc
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, whatever form it takes."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in NAT64:
            return False  # an IPv4 address in disguise
    return ip.is_global and not ip.is_multicast


def url_checked(url: str, allowed: Collection[str] = ()) -> str:
    """Return an address that may be called, as far as it tells by itself.

    Raises ConfigError with a sentence. What its name resolves to is looked at with
    each call.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").lower()
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise ConfigError("This is not an address. It begins with https://.") from None
    is_ours = host in allowed
    if len(url) > MAX_URL_LENGTH or any(ord(c) < 33 for c in url):
        raise ConfigError("This is not an address. It begins with https://.")
    if not host or parts.scheme not in ({"http", "https"} if is_ours else {"https"}):
        raise ConfigError("Enter an address that begins with https://.")
    if parts.username or parts.password:
        raise ConfigError("Enter the address without a name or a password in it.")
    if is_ours:
        return url
    if port not in (None, 443, 8443):
        raise ConfigError("Only the ports 443 and 8443 are called.")
    if _is_address(host) and not is_public(host):
        raise ConfigError(
            "This address is inside a private network. Only public ones are called, "
            "and hosts that CROSSWALK_ALERT_HOSTS names."
        )
    return url


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class PublicOnly(httpx.BaseTransport):
    """Sends to public addresses alone; `inner` makes the call."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        allowed: Collection[str] = (),
        resolve: Resolve = resolve,
    ) -> None:
        self.inner = inner
        self.allowed = frozenset(allowed)
        self.resolve = resolve

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host.lower()
        if host in self.allowed:
            return self.inner.handle_request(request)
        if request.url.scheme != "https":
            raise AddressRefused("The address is not https.")
        found = self.resolve(host, request.url.port or 443)
        if not found or not all(is_public(each) for each in found):
            raise AddressRefused("The address leads into a private network.")
        # the name stays in the Host header and in the certificate's check
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=found[0])
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


def outbound_client(
    allowed: Collection[str], transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """Return the client for addresses that people typed in."""
    inner = transport or httpx.HTTPTransport()
    return client_build(PublicOnly(inner, allowed=allowed))

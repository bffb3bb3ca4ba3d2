"""Addresses that people typed in lead nowhere but to the public internet."""

from __future__ import annotations

import httpx
import pytest

from crosswalk.errors import ConfigError
from integrations.outbound import PublicOnly, is_public, url_checked

PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::"),
    *("fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    *("2001:0:7f00:1::", "not an address", ""),
)


def called(url: str, addresses: list[str], allowed=()) -> list[httpx.Request]:
    """Return what is sent where a name leads to some addresses."""
    got: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(200)

    transport = PublicOnly(
        httpx.MockTransport(answer),
        allowed=allowed,
        resolve=lambda host, port: addresses,
    )
    with httpx.Client(transport=transport) as client:
        client.post(url, content=b"x")
    return got


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111"])
def test_public_ones_are(address):
    assert is_public(address)


def test_the_call_goes_to_the_address_that_was_looked_at():
    (request,) = called("https://hooks.example.com/a", ["93.184.215.14"])

    assert request.url.host == "93.184.215.14"
    assert request.headers["host"] == "hooks.example.com"
    assert request.extensions["sni_hostname"] == "hooks.example.com"


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.215.14", "::1"], []])
def test_a_name_that_leads_inside_is_not_called(addresses):
    with pytest.raises(httpx.TransportError):
        called("https://hooks.example.com/a", addresses)


def test_plain_http_is_not_called():
    with pytest.raises(httpx.TransportError):
        called("http://hooks.example.com/a", ["93.184.215.14"])


def test_a_host_of_the_settings_is_called_as_it_is():
    (request,) = called("http://chat.lan/a", ["10.0.0.1"], allowed=["chat.lan"])

    assert request.url.host == "chat.lan"


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "example.com", "https://"),
        *("https://127.0.0.1/", "https://[::1]/", "https://u:p@example.com/"),
        *("https://example.com:22/", "https://example.com:99999/", "https://[x/"),
        *("https://exa mple.com/", "https://example.com/\n", "javascript:alert(1)"),
        "https://example.com/" + "x" * 3000,
    ],
)
def test_bad_addresses_get_a_sentence(url):
    if url.endswith("\n"):  # white space around is nobody's fault
        assert url_checked(url) == url.strip()
        return
    with pytest.raises(ConfigError) as refused:
        url_checked(url)
    assert refused.value.message.endswith(".")


def test_a_good_address_is_taken():
    assert url_checked(" https://hooks.slack.com/services/T/B/x ").endswith("/x")
    assert url_checked("http://chat.lan:8065/x", ["chat.lan"])

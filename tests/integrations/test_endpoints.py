"""Endpoints: no address from a browser or an answer is called unless it is the vendor's."""

from __future__ import annotations

from typing import Any

import pytest

from crosswalk.errors import AuthError, ConfigError
from integrations.access.endpoints import data_center_of, endpoints_for, is_known_api
from integrations.http import client_build
from integrations.models import Site


@pytest.mark.parametrize(
    ("server", "code"),
    [
        ("https://accounts.zoho.in", "in"),
        ("https://accounts.zoho.com/", "us"),
        ("https://accounts.zoho.com.cn", "cn"),
        ("https://ACCOUNTS.zohocloud.ca", "ca"),
    ],
)
def test_the_callback_names_the_data_centre(server: str, code: str) -> None:
    assert data_center_of("zoho_invoice", Site.VENDOR, server) == code


@pytest.mark.parametrize(
    "server",
    [
        "",
        "http://accounts.zoho.com",
        "https://accounts.zoho.com.evil.example",
        "https://accounts.zoho.com@evil.example",
        "https://evil.example/accounts.zoho.com",
        "https://accounts.zoho.com:8443",
        "https://accounts.zoho.com:port",
        "https://accounts.zoho.com/x",
        "http://169.254.169.254",
        "accounts.zoho.com",
    ],
)
def test_no_other_address_is_sent_the_secret(server: str) -> None:
    with pytest.raises(AuthError) as caught:
        data_center_of("zoho_invoice", Site.VENDOR, server)

    assert caught.value.code == "unknown_data_center"


def test_only_zohos_api_domains_are_known() -> None:
    assert is_known_api("zoho_invoice", "https://www.zohoapis.com.au")
    assert not is_known_api("zoho_invoice", "http://www.zohoapis.com.au")
    assert not is_known_api("zoho_invoice", "https://www.zohoapis.evil.example")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.zohoapis.evil.example",
        "http://169.254.169.254",
        "https://me@www.zohoapis.com",
        "file:///etc/passwd",
    ],
)
def test_what_a_token_answer_says_is_not_called_unless_known(url: str) -> None:
    found = endpoints_for("zoho_invoice", Site.VENDOR, "us", api_url=url)

    assert found.api == "https://www.zohoapis.com"


@pytest.mark.parametrize(
    "url",
    ["http://evil.example", "http://10.0.0.1", "https://me:pw@x.example", "ftp://x"],
)
def test_settings_allow_plain_http_for_this_machine_only(
    url: str, settings: Any
) -> None:
    settings.HIGHLEVEL_API_URL = url

    with pytest.raises(ConfigError):
        endpoints_for("highlevel", Site.VENDOR)


def test_redirects_are_never_followed() -> None:
    with client_build() as client:
        assert not client.follow_redirects

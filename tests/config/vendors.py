"""A stand-in for both vendors that only answers credential checks."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx


class Vendors:
    """Knows one token and one refresh token; `down` breaks the network."""

    def __init__(self) -> None:
        self.token = "pit-00000000-1111"
        self.refresh_tokens = ["1000.refresh.token1", "1000.refresh.token2"]
        self.down = False
        self.asked: list[str] = []
        self.in_transaction: list[bool] = []
        self.watch: Callable[[], bool] = bool

    def __call__(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        self.in_transaction.append(self.watch())
        if self.down:
            raise httpx.ConnectError("down", request=request)
        if request.url.path == "/oauth/v2/token":
            return self.refresh(parse_qs(request.content.decode()))
        if request.url.path.startswith("/locations/"):
            return self.location(request)
        if request.url.path == "/invoice/v3/organizations":
            return httpx.Response(
                200, json={"code": 0, "organizations": [ORGANIZATION]}
            )
        return httpx.Response(404, json={"message": "not here"})

    def refresh(self, form: dict[str, list[str]]) -> httpx.Response:
        if form["refresh_token"][0] not in self.refresh_tokens:
            return httpx.Response(200, json={"error": "invalid_code"})
        return httpx.Response(
            200,
            json={
                "access_token": "1000.access.1",
                "expires_in": 3600,
                "api_domain": "https://www.zohoapis.com",
                "token_type": "Bearer",
            },
        )

    def location(self, request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] != f"Bearer {self.token}":
            return httpx.Response(401, json={"message": "Invalid JWT"})
        location = {
            "id": "loc1",
            "name": "Acme London",
            "timezone": "Europe/London",
            "country": "GB",
        }
        return httpx.Response(200, json={"location": location})


ORGANIZATION = {
    "organization_id": "700000001",
    "name": "Acme Ltd",
    "time_zone": "Europe/London",
    "country": "United Kingdom",
    "country_code": "GB",
    "currency_code": "GBP",
}

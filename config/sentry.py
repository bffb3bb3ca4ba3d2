"""Sentry, where a DSN is set: errors leave without personal data and without secrets."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from crosswalk.redact import redact

# what may hold data of people or of the environment
LEFT_OUT = ("request", "user", "server_name", "breadcrumbs", "modules", "extra")


def scrubbed(event: dict[str, Any], hint: dict[str, Any] | None = None) -> Any:
    """Return an event without what is nobody's business, secrets hidden."""
    kept = {name: value for name, value in event.items() if name not in LEFT_OUT}
    for value in (kept.get("exception") or {}).get("values", []):
        for frame in (value.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    return redact(kept)


def sentry_start(dsn: str, version: str, sdk: Any = None) -> None:
    """Send errors to Sentry from now on; raise ImproperlyConfigured without its SDK."""
    try:
        sdk = sdk or import_module("sentry_sdk")
    except ImportError as exc:
        raise ImproperlyConfigured(
            "CROSSWALK_SENTRY_DSN is set, but sentry-sdk is not installed: "
            "pip install sentry-sdk."
        ) from exc
    sdk.init(
        dsn=dsn,
        release=f"crosswalk@{version}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0,
        before_send=scrubbed,
    )

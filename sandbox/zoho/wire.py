"""Zoho Invoice on the wire: envelope, errors, authorisation, organization, times.

Section numbers refer to the fact sheet `zoho-invoice.md`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from sandbox.context import Context, current_context
from sandbox.faults import after_commit_fault, before_request_fault
from sandbox.store import Document
from sandbox.zoho import grants, quota

API = "/api/invoice/v3"
ORGANIZATION_HEADER = "X-com-zoho-invoice-organizationid"

blueprint = Blueprint("zoho", __name__)


class ZohoError(Exception):
    """Becomes `{"code": …, "message": …}`; the table of codes is §4.5."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid_value(name: str) -> ZohoError:
    return ZohoError(2, f"Invalid value passed for {name}")


def missing(what: str) -> ZohoError:
    """The HTTP status is not verified, so a switch sets it when it is answered."""
    return ZohoError(MISSING, f"{what} does not exist", 404)


MISSING = 1002
NOT_AUTHORIZED = (57, "You are not authorized to perform this operation", 401)


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised API call."""

    context: Context
    organization: Document
    user_id: str

    @property
    def organization_id(self) -> str:
        return str(self.organization["organization_id"])

    @property
    def largest_page(self) -> int:
        """Above 200 is not verified; 200 is taken as the maximum (§3)."""
        return self.context.switches().zoho_largest_page

    @property
    def args(self) -> MultiDict[str, str]:
        return request.args

    def body(self) -> dict[str, Any]:
        """The JSON body, or the old form field JSONString that holds it (§3)."""
        text = request.form.get("JSONString") or request.get_data(as_text=True)
        try:
            value = json.loads(text or "{}")
        except ValueError:
            raise ZohoError(4, "Invalid value passed for JSONString") from None
        if not isinstance(value, dict):
            raise ZohoError(4, "Invalid value passed for JSONString")
        return value


View = Callable[..., Response]


def route(
    method: str, rule: str, scope: str, *, organization: bool = True
) -> Callable[[View], View]:
    """Register an API endpoint behind authorisation, organization and quota.

    `scope` is `<module>.<CREATE|READ|UPDATE|DELETE>`; §2 says that state-change POSTs
    need CREATE.
    """

    def register(view: View) -> View:
        @functools.wraps(view)
        def guarded(**parts: str) -> Response:
            context = current_context()
            token = _authorised(context, scope)
            place = _organization(context) if organization else _default(context)
            refusal = quota.count(context, place)
            if refusal:
                raise ZohoError(*refusal)
            return view(Call(context, place, token["user_id"]), **parts)

        blueprint.add_url_rule(
            API + rule,
            endpoint=f"{method} {rule}".replace(".", "_"),
            view_func=guarded,
            methods=[method],
        )
        return view

    return register


def answer(
    message: str = "success", status: int = 200, **resources: object
) -> Response:
    body = json.dumps({"code": 0, "message": message, **resources}, ensure_ascii=False)
    return Response(body, status, mimetype="application/json")


def created(message: str, path: str, **resources: object) -> Response:
    response = answer(message, 201, **resources)
    # The live header still shows the old path; nobody should follow it (§1).
    response.headers["Location"] = f"/api/v3/{path}"
    return response


def local_time(organization: Document, iso: str) -> str:
    """A stored UTC time as Zoho prints it: org zone, no colon in the offset (§3)."""
    return _printed(organization["time_zone"], iso, "%Y-%m-%dT%H:%M:%S%z")


def local_date(organization: Document, iso: str) -> str:
    return _printed(organization["time_zone"], iso, "%d %b %Y")


@functools.lru_cache(maxsize=100_000)
def _printed(zone: str, iso: str, form: str) -> str:
    """A page of 200 rows prints 800 times, most of them printed before."""
    return datetime.fromisoformat(iso).astimezone(ZoneInfo(zone)).strftime(form)


def data_center() -> str:
    """Which of the two invented data centres was called."""
    return "eu" if request.path.startswith("/zoho-eu/") else "us"


def root_url(dc: str) -> str:
    return request.host_url.rstrip("/") + ("/zoho-eu" if dc == "eu" else "/zoho")


def _authorised(context: Context, scope: str) -> Document:
    """Only the header counts, only with Zoho's own word (§2.7)."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    token = None
    if kind.lower() == "zoho-oauthtoken":
        token = grants.access_token_get(context, value.strip(), data_center())
    if token is None or not grants.allows(token["scope"], scope):
        raise ZohoError(*NOT_AUTHORIZED)
    return token


def _organization(context: Context) -> Document:
    """By header or by query; both may be sent (§1)."""
    given = request.headers.get(ORGANIZATION_HEADER, "").strip()
    given = given or request.args.get("organization_id", "").strip()
    if not given:
        raise ZohoError(6, "CompanyID/CompanyName is not specified")
    organization = context.store.get("zoho.organization", given)
    if organization is None:
        message = (
            "This user is not associated with the CompanyID/CompanyName:" + given + "."
        )
        raise ZohoError(6041, message)
    return organization


def _default(context: Context) -> Document:
    organizations = context.store.all("zoho.organization")
    return next(each for each in organizations if each["is_default_org"])


@blueprint.errorhandler(ZohoError)
def _refused(error: ZohoError) -> Response:
    status = error.status
    if error.code == MISSING:
        status = current_context().switches().zoho_missing_status
    body = json.dumps({"code": error.code, "message": error.message})
    return Response(body, status, mimetype="application/json")


@blueprint.before_request
def _before() -> Response | None:
    if not _is_vendor_call():
        return None
    return before_request_fault("zoho", request, current_context().switches())


@blueprint.after_request
def _after(response: Response) -> Response:
    if "/api/" in request.path:
        response.headers["Server"] = "ZGS"
        response.headers["build_version"] = "sandbox"
        quota.add_headers(response)
    if not _is_vendor_call():
        return response
    return after_commit_fault("zoho", request, response, current_context().switches())


def _is_vendor_call() -> bool:
    """Faults and delays strike what the vendor has too, not the sandbox's own paths."""
    return "/_sandbox/" not in request.path


@blueprint.teardown_request
def _teardown(_: BaseException | None) -> None:
    quota.release()


def _http_error(error: HTTPException) -> Response:
    code, message = {
        404: (5, "Invalid URL Passed"),
        405: (37, "The HTTP method is not allowed for the requested resource"),
        413: (15, "Please ensure that the request is smaller"),
    }.get(error.code or 500, (1000, "Internal Error"))
    body = json.dumps({"code": code, "message": message})
    response = Response(body, error.code or 500, mimetype="application/json")
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


@blueprint.record_once
def _answer_unknown_paths(state: Any) -> None:
    for prefix in ("/zoho", "/zoho-eu"):
        state.app.extensions["http_errors"][prefix] = _http_error

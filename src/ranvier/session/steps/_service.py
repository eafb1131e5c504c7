"""The metadata service: asked over HTTP, bounded in time, and believed only when right.

What it answers with an error is an error, whatever stands in it.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ranvier.core import format_error, to_text
from ranvier.session.steps._failures import refuse_service
from ranvier.session.steps._step import StepParameter, warn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

    from ranvier.session.faults import Finding

_MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 65536
_SHOWN = 300

SERVICE = (
    StepParameter(
        "metadata_service_url",
        ("string",),
        "address of the metadata service; without it nothing is asked there",
    ),
    StepParameter(
        "metadata_service_base_url", ("string",), "older name of the address"
    ),
    StepParameter("metadata_api_base_url", ("string",), "older name of the address"),
    StepParameter(
        "metadata_service_timeout",
        ("number",),
        "how long it may take to answer, s",
        default=10,
        rules={"exclusiveMinimum": 0},
    ),
)


def find_service(parameters: Mapping[str, Any]) -> str:
    """Give the address of the service.

    Returns
    -------
    str
        Without a "/" at its end; empty if none is set.
    """
    for parameter in SERVICE[:3]:
        if given := parameters.get(parameter.name):
            return str(given).rstrip("/")
    return ""


def warn_unasked(check: str, what: str) -> Finding:
    """Make the warning of a step that had no service to ask.

    Parameters
    ----------
    check
        The step.
    what
        Remained undone.

    Returns
    -------
    Finding
        A warning.
    """
    return warn(
        check,
        f"{what}: no metadata service is set.",
        "RV-S48",
        mend="set `metadata_service_url`, or take the step out",
    )


def fetch_json(base: str, path: str, name: str, timeout_s: float) -> Any:
    """Get something from the service.

    Parameters
    ----------
    base
        Address of the service, http or https.
    path
        Of the thing, such as "/api/v2/subject/".
    name
        Of the thing, after the path; empty if there is none.
    timeout_s
        For the whole answer, s.

    Returns
    -------
    object
        What its JSON says.

    Raises
    ------
    StepError
        If there is no answer in time, or an error, or no JSON.
    """
    url = f"{base}{path}{quote(name, safe='')}"
    if urlsplit(url).scheme not in ("http", "https"):
        raise refuse_service(url, "no web address", "begin it with http:// or https://")
    body = _fetch(url, timeout_s)
    try:
        return json.loads(body)
    except ValueError as error:
        found = f"no JSON: {_shorten(body)}"
        raise refuse_service(url, found, "look at the address in a browser") from error


def _fetch(url: str, timeout_s: float) -> bytes:
    import urllib.error
    import urllib.request  # 20 ms that a session without a service need not pay
    from http.client import HTTPException

    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - http only, looked at before
    deadline = time.monotonic() + timeout_s
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
            return _read(answer, url, deadline, timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            found = f"HTTP {error.code} {error.reason}: {_shorten(error.read(_CHUNK))}"
        mend = "look whether it knows this name; tell who runs the service"
        raise refuse_service(url, found, mend) from error
    except TimeoutError as error:
        raise _build_late(url, timeout_s) from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise _build_late(url, timeout_s) from error
        found = (
            format_error(reason) if isinstance(reason, Exception) else to_text(reason)
        )
        mend = "look at the network and the address; or take the step out"
        raise refuse_service(url, found, mend) from error


def _read(answer: HTTPResponse, url: str, deadline: float, timeout_s: float) -> bytes:
    # The time limit of a socket is for each read: a service that drips would hold a
    # session for ever.
    body = bytearray()
    while chunk := answer.read1(_CHUNK):
        body += chunk
        if len(body) > _MOST_BYTES:
            found = f"more than {_MOST_BYTES // 1024**2} MiB"
            raise refuse_service(url, found, "look at the address in a browser")
        if time.monotonic() > deadline:
            raise _build_late(url, timeout_s)
    return bytes(body)


def _build_late(url: str, timeout_s: float) -> Exception:
    return refuse_service(
        url,
        f"no whole answer within {timeout_s:g} s",
        "look whether it runs; or raise `metadata_service_timeout`",
    )


def _shorten(body: bytes) -> str:
    text = " ".join(body.decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

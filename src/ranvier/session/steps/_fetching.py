"""The subject's metadata: fetched from the service into the session folder."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, cast

from ranvier.session.steps._failures import refuse, refuse_service
from ranvier.session.steps._places import write_json
from ranvier.session.steps._service import (
    SERVICE,
    fetch_json,
    find_service,
    warn_unasked,
)
from ranvier.session.steps._step import (
    AFTER,
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
)


class Kind(NamedTuple):
    """What is fetched of a subject.

    Parameters
    ----------
    fact
        Its name in the metadata: "subject", "procedures"; also that of its file.
    path
        Where the service has it.
    """

    fact: str
    path: str


_SUBJECT = Kind("subject", "/api/v2/subject/")
_PROCEDURES = Kind("procedures", "/api/v2/procedures/")


def fetch_subject(context: StepContext, kind: Kind) -> StepResult:
    """Fetch what the service knows of the subject, and keep it as it came.

    Returns
    -------
    StepResult
        Skipped if no service is set.

    Raises
    ------
    StepError
        If the service gives an error, or tells of another subject.
    """
    parameters = context.parameters
    base = find_service(parameters)
    if not base:
        return StepResult.skipped(
            warn_unasked(context.step, f"the {kind.fact} was not fetched")
        )
    subject = find_subject(context)
    timeout_s = float(
        parameters.get(f"metadata_{kind.fact}_timeout")
        or parameters["metadata_service_timeout"]
    )
    told = fetch_json(base, kind.path, subject, timeout_s)
    _check_subject(told, subject, f"{base}{kind.path}{subject}")
    name = str(parameters.get(f"metadata_{kind.fact}_path") or f"{kind.fact}.json")
    file = write_json(context.session_folder, name, told)
    return StepResult.done(files=(file,), data={kind.fact: told})


def find_subject(context: StepContext) -> str:
    """Give the subject that is asked for.

    Returns
    -------
    str
        Of the step's parameters, else that of the session.

    Raises
    ------
    StepError
        If none is known.
    """
    given = context.parameters.get("metadata_subject_id")
    given = given or context.parameters.get("metadata_mouse_id")
    subject = str(given or context.record.subject or "").strip()
    if not subject:
        raise refuse("no subject is known.", "set `subject_id`")
    return subject


def _check_subject(told: object, subject: str, url: str) -> None:
    if not isinstance(told, dict):
        found = f"a {type(told).__name__}, no table"
        raise refuse_service(url, found, "look at the address in a browser")
    other = cast("dict[str, Any]", told).get("subject_id", subject)
    if str(other) != subject:
        found = f'subject "{other}", asked for "{subject}"'
        raise refuse_service(url, found, "tell who runs the service")


_ID = (
    StepParameter(
        "metadata_subject_id",
        ("string", "integer"),
        "subject that is asked for; that of the session if not given",
    ),
    StepParameter("metadata_mouse_id", ("string", "integer"), "older name of the same"),
)

STEPS = (
    ShippedStep(
        "metadata_subject_fetch",
        "Fetches the subject's metadata from the metadata service.",
        (BEFORE, AFTER),
        partial(fetch_subject, kind=_SUBJECT),
        (
            *SERVICE,
            *_ID,
            StepParameter(
                "metadata_subject_path",
                ("string",),
                "file in the session folder; `subject.json` if not given",
            ),
        ),
    ),
    ShippedStep(
        "metadata_procedures_fetch",
        "Fetches the subject's procedures from the metadata service.",
        (BEFORE, AFTER),
        partial(fetch_subject, kind=_PROCEDURES),
        (
            *SERVICE,
            *_ID,
            StepParameter(
                "metadata_procedures_timeout",
                ("number",),
                "how long this answer may take, s; else `metadata_service_timeout`",
                rules={"minimum": 0},
            ),
            StepParameter(
                "metadata_procedures_path",
                ("string",),
                "file in the session folder; `procedures.json` if not given",
            ),
        ),
    ),
)

"""Project and protocol of a session: as set, looked up where there is a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ranvier.session.operator import Question, QuestionKind
from ranvier.session.steps._failures import refuse_service
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
    note,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.session.faults import Finding

_PROJECTS = "/api/v2/project_names"
_PROTOCOLS = "/api/v2/protocols/"


def check_project(context: StepContext) -> StepResult:
    """Find the project among those of the service, and write down what the session is.

    A name that is set and known is taken as it is; else a person chooses.

    Returns
    -------
    StepResult
        A warning if the name could not be looked up.

    Raises
    ------
    OperatorError
        If a name is not known and nobody chooses one.
    StepError
        If the service gives an error.
    """
    parameters = context.parameters
    wanted = _first(parameters["metadata_project_name"], parameters["project_name"])
    known, findings = _list_projects(context)
    project = match_name(wanted, known)
    if project is None:
        project = _choose_project(context, wanted, known)
    protocol = list_texts(parameters["protocol_id"])
    if not protocol:
        prompt = str(parameters["metadata_protocol_prompt"] or "Protocol (its DOI)?")
        answer = context.operator.ask(Question("protocol", prompt, is_required=False))
        protocol = list_texts(answer)
    person = _first(parameters["operator"], context.record.user)
    told = {"project_name": project, "protocol_id": protocol, "operator": person}
    files = _write(context, "metadata_project_path", "project.json", told)
    data: dict[str, Any] = {"project": project}
    if protocol:
        data["protocol"] = protocol[0]
    if person:
        data["experimenters"] = [person]
    return StepResult.done(*findings, files=files, data=data)


def check_protocol(context: StepContext) -> StepResult:
    """Look the protocol up in the service, and keep what that says of it.

    Returns
    -------
    StepResult
        Skipped if no service is set.

    Raises
    ------
    OperatorError
        If no name is set and nobody tells one.
    StepError
        If the service gives an error.
    """
    parameters = context.parameters
    base = find_service(parameters)
    if not base:
        finding = warn_unasked(context.step, "the protocol was not looked up")
        return StepResult.skipped(finding)
    name = _first(parameters["metadata_protocol_name"], parameters["protocol_name"])
    if not name:
        prompt = str(parameters["metadata_protocol_prompt"] or "Name of the protocol?")
        name = str(context.operator.ask(Question("protocol_name", prompt)))
    timeout_s = float(parameters["metadata_service_timeout"])
    told = fetch_json(base, _PROTOCOLS, name, timeout_s)
    if not isinstance(told, dict):
        url = f"{base}{_PROTOCOLS}{name}"
        found = f"a {type(told).__name__}, no table"
        raise refuse_service(url, found, "look at the address in a browser")
    table = cast("dict[str, Any]", told)
    files = _write(context, "metadata_protocol_path", "protocol.json", table)
    doi = _first(table.get("protocol_doi"), table.get("doi"))
    return StepResult.done(files=files, data={"protocol": doi or name})


def match_name(wanted: str, known: Sequence[str]) -> str | None:
    """Find a name among others, whatever the case of its letters.

    Parameters
    ----------
    wanted
        Empty if none is.
    known
        Empty if nobody knows them: then what is wanted is taken.

    Returns
    -------
    str or None
        As it stands there; None if it doesn't.

    Examples
    --------
    >>> match_name("ophys", ["Ophys", "Ephys"])
    'Ophys'
    """
    if not known:
        return wanted or None
    return next((name for name in known if name.lower() == wanted.lower()), None)


def list_texts(value: object) -> list[str]:
    """Give one text, several or none as a list.

    Returns
    -------
    list of str
        Without empty ones.

    Examples
    --------
    >>> list_texts(2415)
    ['2415']
    """
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [str(item).strip() for item in items if item not in (None, "")]


def _first(*values: object) -> str:
    return next((str(value).strip() for value in values if value), "")


def _list_projects(context: StepContext) -> tuple[list[str], tuple[Finding, ...]]:
    own = list_texts(context.parameters["projects"])
    base = find_service(context.parameters)
    if not base:
        return own, (warn_unasked(context.step, "the project was not looked up"),)
    timeout_s = float(context.parameters["metadata_service_timeout"])
    told = fetch_json(base, _PROJECTS, "", timeout_s)
    names = list_texts(cast("object", told)) if isinstance(told, list) else []
    if not names:
        found = "no list of names"
        mend = "look at the address in a browser"
        raise refuse_service(f"{base}{_PROJECTS}", found, mend)
    return names, (note(context.step, f"{len(names)} projects are known."),)


def _choose_project(context: StepContext, wanted: str, known: Sequence[str]) -> str:
    prompt = str(context.parameters["metadata_project_prompt"] or "Which project?")
    if not known:
        return str(context.operator.ask(Question("project", prompt)))
    if wanted:
        context.operator.warn(f'There is no project "{wanted}".')
    question = Question("project", prompt, QuestionKind.CHOICE, tuple(known))
    return str(context.operator.ask(question))


def _write(
    context: StepContext, key: str, name: str, told: dict[str, Any]
) -> tuple[str, ...]:
    file = str(context.parameters.get(key) or name)
    return (write_json(context.session_folder, file, told),)


def _text(name: str, meaning: str) -> StepParameter:
    return StepParameter(name, ("string",), meaning)


_PROTOCOL_ID = StepParameter(
    "protocol_id", ("string", "integer", "array"), "protocols of the session"
)

STEPS = (
    ShippedStep(
        "metadata_project_validator",
        "Finds the project among those that are known, and writes `project.json`.",
        (BEFORE, AFTER),
        check_project,
        (
            *SERVICE,
            _text("metadata_project_name", "project of the session"),
            _text("project_name", "older name of the same"),
            StepParameter(
                "projects", ("array",), "projects to choose from, without a service"
            ),
            _text("metadata_project_prompt", "how a project is asked for"),
            _text("metadata_project_path", "file; `project.json` if not given"),
            _PROTOCOL_ID,
            _text("metadata_protocol_prompt", "how a protocol is asked for"),
            _text("operator", "first and last name of who conducts the session"),
            _text("metadata_operator_prompt", "of older files, does nothing"),
        ),
    ),
    ShippedStep(
        "metadata_protocol_validator",
        "Looks the protocol up in the metadata service and writes `protocol.json`.",
        (BEFORE, AFTER),
        check_protocol,
        (
            *SERVICE,
            _text("metadata_protocol_name", "protocol of the session"),
            _text("protocol_name", "older name of the same"),
            _text("metadata_protocol_prompt", "how a protocol is asked for"),
            _text("metadata_protocol_path", "file; `protocol.json` if not given"),
            _PROTOCOL_ID,
        ),
    ),
)

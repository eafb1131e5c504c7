"""The rig's own `instrument.json`, copied into the session."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, cast

from ranvier.session.operator import Question, QuestionKind, Table
from ranvier.session.parameters import resolve_path
from ranvier.session.steps._failures import refuse, refuse_file
from ranvier.session.steps._places import find_inside, write_new
from ranvier.session.steps._step import (
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    warn,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.faults import StepError

_MOST = 10


def fetch_instrument(context: StepContext) -> StepResult:
    """Copy the file that is named, or one that a person chooses of those found.

    Returns
    -------
    StepResult
        With the file's content; a warning if there is none and it is not required.

    Raises
    ------
    StepError
        If there is none, or it is no JSON.
    OperatorError
        If nobody chooses.
    """
    given = context.parameters["instrument_json_source_path"]
    if given:
        source = resolve_path(str(given), context.session_folder)
    else:
        found = find_instruments(context)
        if not found:
            return _miss(context)
        source = _choose(context, found)
    content, instrument = _read(source)
    name = str(context.parameters["instrument_json_destination_name"])
    path = find_inside(context.session_folder, name)
    file = write_new(context.session_folder, path, content)
    return StepResult.done(files=(file,), data={"instrument": instrument})


def find_instruments(context: StepContext) -> list[Path]:
    """Find the files that could be meant.

    Returns
    -------
    list of Path
        The newest first, at most ten.

    Raises
    ------
    StepError
        If no folder is named.
    """
    root = context.parameters["instrument_json_source_root"]
    if not root:
        raise refuse(
            "it is not said where instrument.json is.",
            "set `instrument_json_source_path` or `instrument_json_source_root`",
        )
    folder = resolve_path(str(root), context.session_folder)
    name = str(context.parameters["instrument_json_filename"])
    pattern = f"**/{name}" if context.parameters["instrument_json_recursive"] else name
    found = [path for path in folder.glob(pattern) if path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:_MOST]


def _choose(context: StepContext, found: list[Path]) -> Path:
    zone = context.record.start.tzinfo
    rows = [
        (str(path), f"{dt.datetime.fromtimestamp(path.stat().st_mtime, zone):%F %R}")
        for path in found
    ]
    context.operator.show(Table("Found", ("file", "changed"), tuple(rows)))
    names = tuple(name for name, _ in rows)
    prompt = "Which one describes the rig as it is today?"
    question = Question(
        "instrument_json", prompt, QuestionKind.CHOICE, names, default=names[0]
    )
    return found[names.index(str(context.operator.ask(question)))]


def _read(source: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        content = source.read_bytes()
        instrument = json.loads(content)
    except OSError as error:
        raise _build_unread(source, str(error.strerror or error)) from error
    except ValueError as error:
        raise _build_unread(source, f"no JSON: {error}") from error
    if not isinstance(instrument, dict):
        raise _build_unread(source, "no table")
    return content, cast("dict[str, Any]", instrument)


def _build_unread(source: Path, found: str) -> StepError:
    return refuse_file(source, found, "mend it, or name another one")


def _miss(context: StepContext) -> StepResult:
    root = str(context.parameters["instrument_json_source_root"])
    problem = "no instrument.json was found."
    mend = "look at `instrument_json_source_root` and `instrument_json_filename`"
    if context.parameters["instrument_json_required"]:
        raise refuse(problem, mend, found=f"none below {root}")
    return StepResult.done(warn(context.step, problem, "RV-S49", found=root, mend=mend))


STEPS = (
    ShippedStep(
        "instrument_json_fetch",
        "Copies the rig's `instrument.json` into the session.",
        (BEFORE,),
        fetch_instrument,
        (
            StepParameter(
                "instrument_json_source_path", ("string",), "the file, if it is known"
            ),
            StepParameter(
                "instrument_json_source_root", ("string",), "folder to look in"
            ),
            StepParameter(
                "instrument_json_filename",
                ("string",),
                "name to look for",
                default="instrument.json",
                rules={"pattern": r"^[^/\\]+$"},
            ),
            StepParameter(
                "instrument_json_recursive",
                ("boolean",),
                "true looks in all folders below",
                default=True,
            ),
            StepParameter(
                "instrument_json_destination_name",
                ("string",),
                "file in the session folder",
                default="instrument.json",
            ),
            StepParameter(
                "instrument_json_required",
                ("boolean",),
                "false: none found is a warning only",
                default=True,
            ),
        ),
    ),
)

"""The stimulus table of a session: as the program wrote it, never made up."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

from ranvier.session.steps._failures import refuse, refuse_file
from ranvier.session.steps._places import find_inside, write_new
from ranvier.session.steps._step import (
    AFTER,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    note,
    warn,
)
from ranvier.session.steps._stimulus_table import (
    COLUMNS,
    TableError,
    derive_epochs,
    read_presentations,
    write_presentations,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.faults import Finding

_FILE = "stimulus_table.csv"
_PROGRAM_START = "program_start"


def make_table(context: StepContext) -> StepResult:
    """Read the table of the program, write it with our columns, and derive epochs.

    Returns
    -------
    StepResult
        With `epochs` where the dates of the times are known; else a warning.

    Raises
    ------
    StepError
        If there is no such table, or it does not say what was told of it.
    """
    values = context.parameters
    source = find_inside(context.session_folder, str(values["stimulus_table_source"]))
    columns = cast("dict[str, str]", values["stimulus_table_columns"])
    unit = str(values["stimulus_table_time_unit"])
    try:
        text = source.read_text(encoding="utf-8-sig")
        name = str(values["stimulus_table_stimulus_name"] or "")
        rows = read_presentations(text, columns, unit, name)
    except FileNotFoundError as error:
        found = "the program did not write it"
        mend = "look at its log; or name its file in `stimulus_table_source`"
        raise refuse_file(source, found, mend) from error
    except (OSError, UnicodeDecodeError, TableError) as error:
        mend = "mend it, or `stimulus_table_columns` and `stimulus_table_time_unit`"
        raise refuse_file(source, str(error), mend) from error
    file = _write(context, source, write_presentations(rows))
    zero, findings = _find_zero(context, unit)
    epochs = derive_epochs(rows, zero)
    data: dict[str, Any] = {"stimulus_table_rows": len(rows)}
    if epochs:
        modalities = values["stimulus_modalities"]
        more = {"modalities": list(modalities)} if modalities else {}
        data["epochs"] = [{**epoch, **more} for epoch in epochs]
    text = f"{len(rows)} stimuli, {len(epochs)} epochs."
    return StepResult.done(
        note(context.step, text), *findings, files=(file,), data=data
    )


def _write(context: StepContext, source: Path, table: str) -> str:
    path = context.session_folder / _FILE
    if path == source:
        mend = "have the program write it under another name"
        raise refuse_file(source, "this is the name of the table that is made", mend)
    return write_new(context.session_folder, path, table.encode())


def _find_zero(
    context: StepContext, unit: str
) -> tuple[dt.datetime | None, tuple[Finding, ...]]:
    """Give the date of time 0 of the table, and how far that can be believed."""
    given = str(context.parameters["stimulus_table_time_zero"] or "")
    if unit == "iso":
        return None, ()
    if not given:
        problem = "no epochs: it is not known when time 0 of the table was."
        mend = "set `stimulus_table_time_zero`"
        return None, (warn(context.step, problem, "RV-S49", mend=mend),)
    if given != _PROGRAM_START:
        try:
            date = dt.datetime.fromisoformat(given)
        except ValueError:
            date = None
        if date is None or date.tzinfo is None:
            wanted = f'"{_PROGRAM_START}", or a date with its offset from UTC'
            problem = "`stimulus_table_time_zero` is no date."
            raise refuse(problem, "mend it", found=given, wanted=wanted)
        return date, ()
    if not context.record.attempts:
        problem = "no program ran whose start could be time 0."
        raise refuse(problem, "set a date as `stimulus_table_time_zero`")
    problem = "epochs are counted from the start of the program: early by its loading."
    finding = warn(context.step, problem, "RV-S49", mend="have it write dates")
    return context.record.attempts[-1].start, (finding,)


STEPS = (
    ShippedStep(
        "stimulus_table",
        "Reads the stimuli that the program wrote and tells their epochs.",
        (AFTER,),
        make_table,
        (
            StepParameter(
                "stimulus_table_source",
                ("string",),
                "CSV file that the program wrote, in the session folder",
                is_required=True,
            ),
            StepParameter(
                "stimulus_table_columns",
                ("object",),
                "what our columns are called there: " + ", ".join(COLUMNS),
                default={},
                rules={
                    "propertyNames": {"enum": list(COLUMNS)},
                    "additionalProperties": {"type": "string"},
                },
            ),
            StepParameter(
                "stimulus_table_time_unit",
                ("string",),
                "of its times: s, ms, or iso for dates",
                default="s",
                rules={"enum": ["s", "ms", "iso"]},
            ),
            StepParameter(
                "stimulus_table_time_zero",
                ("string",),
                "when time 0 was: a date, or program_start",
            ),
            StepParameter(
                "stimulus_table_stimulus_name",
                ("string",),
                "name of all stimuli, if no column says it",
            ),
            StepParameter("stimulus_modalities", ("array",), '"Visual", "Auditory", …'),
        ),
    ),
)

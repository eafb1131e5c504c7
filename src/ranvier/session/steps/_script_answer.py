"""What the answer of a script means: done, or failed, and what it found out; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ranvier.session.faults import Finding, Verdict
from ranvier.session.steps._failures import refuse_outcome
from ranvier.session.steps._step import StepResult, warn

if TYPE_CHECKING:
    from collections.abc import Mapping

_WANTED = "None, True or 0 if all is well; False, another number or an exception if not"


def judge_answer(path: str, where: str, answer: Mapping[str, Any]) -> StepResult:
    """Judge what a function of a script gave back.

    Parameters
    ----------
    path
        Of the script, as the parameter file has it.
    where
        Of its entry there.
    answer
        As `_script_child` gives it.

    Returns
    -------
    StepResult
        None, True and 0 are well; False, another whole number, an exception and a
        missing function have failed. Anything else is data: a mapping by its names,
        other values under "result".
    """
    function = str(answer.get("function", ""))
    match answer["kind"]:
        case "returned":
            return _judge_value(path, where, function, answer["value"])
        case "foreign":
            return _judge_foreign(path, where, function, str(answer["type"]))
        case "exited":
            return _judge_exit(path, where, answer["code"])
        case "missing":
            wanted = " or ".join(answer["wanted"])
            there = ", ".join(answer["found"]) or "none"
            return _fail(path, where, f"functions: {there}", f"a function {wanted}")
        case _:
            text = str(answer["traceback"]).rstrip()
            return _fail(path, where, f"{answer['problem']}\n{text}", _WANTED)


def _judge_value(path: str, where: str, function: str, value: object) -> StepResult:
    if value is None or value is True:
        return StepResult.done()
    if value is False or isinstance(value, int):
        if value == 0 and value is not False:
            return StepResult.done()
        return _fail(path, where, f"{function} gave {value}", _WANTED)
    if isinstance(value, dict):
        return StepResult.done(data=cast("dict[str, Any]", value))
    return StepResult.done(data={"result": value})


def _judge_foreign(path: str, where: str, function: str, kind: str) -> StepResult:
    finding = warn(
        path,
        "the script gave something that can't be kept.",
        "RV-S45",
        where=where,
        found=f"{function} gave a {kind}",
        wanted="a value of JSON",
        mend="have it return a table of plain values",
    )
    return StepResult.done(finding)


def _judge_exit(path: str, where: str, code: object) -> StepResult:
    if code in (None, 0):
        return StepResult.done()
    return _fail(path, where, f"sys.exit({code!r})", _WANTED)


def _fail(path: str, where: str, found: str, wanted: str) -> StepResult:
    error = refuse_outcome(path, where, found, wanted)
    return StepResult(Verdict.FAILED, (Finding.from_error(error, path),))

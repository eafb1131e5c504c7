"""Has metadata validated by AIND's own library, in the environment of another Python.

The library takes seconds to import, and its two versions can't be installed together;
neither belongs into the process that runs a session.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ranvier.core import format_error
from ranvier.session.faults import Finding, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECK = "schema"
_MEND_LIBRARY = (
    "install it there: `python -m pip install aind-data-schema==1.4.0` for "
    'session.json, `"aind-data-schema>=2.9,<2.10"` for acquisition.json, each in an '
    "environment of its own"
)


def check_metadata(folder: Path, python: str | Path, limit_s: float = 120.0) -> Report:
    """Validate the metadata of one session.

    Parameters
    ----------
    folder
        Of the session.
    python
        Interpreter of an environment that has aind-data-schema 1.x or 2.x.
    limit_s
        Time after which the child is ended, s.

    Returns
    -------
    Report
        Every fault with its file and field; also what was checked and what this
        version of the library does not know.
    """
    return check_folders([folder], python, limit_s)[0]


def check_folders(
    folders: Sequence[Path], python: str | Path, limit_s: float = 120.0
) -> tuple[Report, ...]:
    """Validate the metadata of several sessions with one import of the library.

    Parameters
    ----------
    folders
        Of the sessions.
    python
        Interpreter of an environment that has aind-data-schema 1.x or 2.x.
    limit_s
        Time after which the child is ended, s.

    Returns
    -------
    tuple of Report
        One for each folder.
    """
    result = _run_checker(folders, str(python), limit_s)
    if isinstance(result, Finding):
        return tuple(Report((result,)) for _ in folders)
    if not result.get("known"):
        finding = _lacks_library(str(python), result["library"])
        return tuple(Report((finding,)) for _ in folders)
    return tuple(
        _read_folder(folder, found, str(result["library"]))
        for folder, found in zip(folders, result["folders"], strict=True)
    )


def _run_checker(
    folders: Sequence[Path], python: str, limit_s: float
) -> dict[str, Any] | Finding:
    script = Path(__file__).with_name("_checker.py")
    # "-E": our PYTHONPATH is not that environment's.
    command = [python, "-E", str(script), *(str(folder) for folder in folders)]
    try:
        child = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _fails(python, format_error(error))
    lines = child.stdout.decode("utf-8", "replace").splitlines()
    try:
        return cast("dict[str, Any]", json.loads(lines[-1]))
    except (IndexError, ValueError):
        words = child.stderr.decode("utf-8", "replace").strip()[-1000:]
        return _fails(python, f"exit code {child.returncode}; {words}")


def _read_folder(folder: Path, found: dict[str, Any], library: str) -> Report:
    name = f"aind-data-schema {library}"
    broken = {error["file"] for error in found["errors"]}
    passed = [file for file in found["checked"] if file not in broken]
    findings = [_refuses(folder, error, name) for error in found["errors"]]
    findings += [_remarks(folder, warning) for warning in found["warnings"]]
    findings += [_says(f"{file} is valid under {name}.", folder) for file in passed]
    findings += [
        _says(f"{file} was not checked: {name} does not know it.", folder)
        for file in found["skipped"]
    ]
    if not found["checked"]:
        findings.append(_finds_none(folder, name))
    return Report.of(findings)


def _refuses(folder: Path, error: dict[str, str], library: str) -> Finding:
    field = f"`{error['field']}`" if error["field"] else "the whole"
    problem = f"{error['file']}: {field} is refused by {library}: {error['problem']}"
    return Finding(
        Severity.ERROR,
        _CHECK,
        problem=problem,
        code="RV-S76",
        where=f"{folder / error['file']}, {field}",
        found=error["found"],
        mend="correct what tells the field: a step, a parameter, the rig's TOML",
    )


def _remarks(folder: Path, warning: dict[str, str]) -> Finding:
    return Finding(
        Severity.OK,
        _CHECK,
        f"{warning['file']}: the library remarks: {warning['problem']}",
        where=str(folder),
    )


def _says(problem: str, folder: Path) -> Finding:
    return Finding(Severity.OK, _CHECK, problem, where=str(folder))


def _finds_none(folder: Path, library: str) -> Finding:
    return Finding(
        Severity.ERROR,
        _CHECK,
        problem="there is no metadata that could be checked.",
        code="RV-S77",
        where=str(folder),
        wanted=f"files that {library} knows",
        mend="write them: `ranvier session finalise`; or use the other version",
    )


def _lacks_library(python: str, library: str | None) -> Finding:
    found = f"aind-data-schema {library}" if library else "no aind-data-schema"
    return Finding(
        Severity.ERROR,
        _CHECK,
        problem="the interpreter has no aind-data-schema that ranvier can check with.",
        code="RV-S78",
        where=python,
        found=found,
        wanted="aind-data-schema 1.x or 2.x",
        mend=_MEND_LIBRARY,
    )


def _fails(python: str, found: str) -> Finding:
    return Finding(
        Severity.ERROR,
        _CHECK,
        problem="the check of metadata could not be run.",
        code="RV-S78",
        where=python,
        found=found,
        wanted="a Python that runs the check and answers",
        mend="name the interpreter of an environment that has aind-data-schema",
    )

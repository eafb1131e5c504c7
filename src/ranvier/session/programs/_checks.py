"""Whether a program can be started as asked, seen before anything is."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.session.faults import Finding, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.session.programs._spec import ProgramSpec

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def check_program(spec: ProgramSpec) -> Report:
    """See whether a program is there, may be run, and is asked for in a sound way.

    Parameters
    ----------
    spec
        The program.

    Returns
    -------
    Report
        All that forbids to start it; nothing is started.
    """
    check = f'program "{spec.name}"'
    findings = [
        Finding(
            Severity.ERROR,
            check,
            f'the program "{spec.name}" can\'t be started: {reason}.',
            code="RV-S30",
            found=found,
            mend=mend,
        )
        for reason, found, mend in _iter_faults(spec)
    ]
    if not findings:
        found = str(find_program(spec))
        findings.append(Finding(Severity.OK, check, f"is there: {found}"))
    return Report.of(findings)


def find_program(spec: ProgramSpec) -> Path | None:
    """Find the file of a program.

    Returns
    -------
    Path or None
        Of a path that is relative, from the working folder; of a bare name, the first
        on the PATH that it will run with. None if there is none.
    """
    if not spec.command or not spec.command[0]:
        return None
    if os.path.dirname(spec.command[0]):  # noqa: PTH120 - Path("./x") forgets the dot
        path = spec.folder / spec.command[0]
        return path if path.exists() else None
    search = spec.environment.get("PATH", os.environ.get("PATH", os.defpath))
    found = shutil.which(spec.command[0], path=search)
    if found is None:
        return None
    return Path(found) if Path(found).is_absolute() else spec.folder / found


def _iter_faults(spec: ProgramSpec) -> Iterator[tuple[str, str, str]]:
    if not _NAME.fullmatch(spec.name):
        mend = "use letters, digits, dashes, dots: files are named after it"
        yield "its name can't be that of a file", repr(spec.name), mend
    yield from _iter_file_faults(spec)
    words = [*spec.command, *spec.environment, *spec.environment.values()]
    if any("\0" in word for word in words):
        yield "its command has a zero byte", repr(spec.command), "take it out"
    yield from _iter_pattern_faults(spec)
    yield from _iter_number_faults(spec)


def _iter_file_faults(spec: ProgramSpec) -> Iterator[tuple[str, str, str]]:
    if not spec.folder.is_dir():
        mend = "make the folder, or correct its path"
        yield "its working folder is not there", str(spec.folder), mend
    named = spec.command[0] if spec.command else ""
    path = find_program(spec)
    if path is None:
        mend = "install it, or correct its path"
        yield "it is not there", named or "an empty command", mend
    elif not path.is_file():
        yield "it is no file", str(path), "give the program itself, not its folder"
    elif not os.access(path, os.X_OK):
        mend = f"make it executable, or give the program that runs {path.name}"
        yield "its file may not be executed", str(path), mend


def _iter_pattern_faults(spec: ProgramSpec) -> Iterator[tuple[str, str, str]]:
    for pattern in (*spec.stderr.patterns, *spec.retry.patterns):
        try:
            re.compile(pattern)
        except re.error as error:
            mend = "write it as Python's re reads it"
            yield "a pattern is no regular expression", f"{pattern!r}: {error}", mend


def _iter_number_faults(spec: ProgramSpec) -> Iterator[tuple[str, str, str]]:
    limits, retry = spec.limits, spec.retry
    positive = {
        "memory_bytes": limits.memory_bytes,
        "start_s": limits.start_s,
        "silence_s": limits.silence_s,
        "run_s": limits.run_s,
        "sample_interval_s": spec.sample_interval_s,
    }
    for name, value in positive.items():
        if value is not None and not value > 0:
            mend = "give more than 0, or nothing for no limit"
            told = limits.keys.get(name, name)
            yield f"{told} is not above zero", str(value), mend
    waits = {"stop_s": limits.stop_s, "delay_s": retry.delay_s}
    for name, value in waits.items():
        if not 0 <= value < float("inf"):
            told = limits.keys.get(name, name)
            yield f"{told} is no time to wait", str(value), "give seconds, 0 or more"
    if retry.max_retries is None and not retry.ask:
        mend = "give a number, or let the operator be asked each time"
        yield "it would be retried without end", "max_retries is None", mend
    elif retry.max_retries is not None and retry.max_retries < 0:
        yield "max_retries is below 0", str(retry.max_retries), "give 0 or more"

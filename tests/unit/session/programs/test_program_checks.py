"""What forbids to start a program."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ranvier.session.faults import Verdict
from ranvier.session.programs import (
    Limits,
    ProgramSpec,
    RetryPolicy,
    StderrPolicy,
    check_program,
    find_program,
)


@pytest.fixture
def spec(tmp_path):
    return ProgramSpec("task", (sys.executable, "task.py"), tmp_path)


def reasons(spec):
    return [f.problem.split("started: ")[1] for f in check_program(spec).errors]


def test_a_program_that_is_there_is_well(spec):
    report = check_program(spec)

    assert report.verdict is Verdict.OK
    assert sys.executable in report.findings[0].problem


@pytest.mark.parametrize("command", [(), ("",), ("no-such-program",), ("./none",)])
def test_a_program_that_is_not_there_is_refused(spec, command):
    assert reasons(replace(spec, command=command)) == ["it is not there."]


def test_a_folder_is_no_program(spec):
    assert reasons(replace(spec, command=(str(spec.folder),))) == ["it is no file."]


def test_a_file_that_may_not_be_executed_is_refused(spec):
    (spec.folder / "task.sh").touch()
    told = reasons(replace(spec, command=("./task.sh",)))

    assert told == ["its file may not be executed."]


def test_a_relative_path_is_that_of_the_working_folder(spec):
    program = spec.folder / "bin" / "task"
    program.parent.mkdir()
    program.touch(mode=0o755)

    assert find_program(replace(spec, command=("bin/task",))) == program


def test_a_bare_name_is_looked_for_on_the_path_of_the_program(spec):
    program = spec.folder / "task"
    program.touch(mode=0o755)
    own = replace(spec, command=("task",), environment={"PATH": str(spec.folder)})

    assert find_program(own) == program


def test_a_working_folder_that_is_missing_is_refused(spec):
    told = reasons(replace(spec, folder=Path(spec.folder, "none")))

    assert told == ["its working folder is not there."]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "a/b"}, "name"),
        ({"name": ""}, "name"),
        ({"stderr": StderrPolicy(patterns=("(",))}, "regular expression"),
        ({"retry": RetryPolicy(patterns=("[",))}, "regular expression"),
        ({"retry": RetryPolicy(max_retries=None)}, "without end"),
        ({"retry": RetryPolicy(max_retries=-1)}, "below 0"),
        ({"retry": RetryPolicy(delay_s=-1)}, "delay_s"),
        ({"limits": Limits(memory_bytes=0)}, "memory_bytes"),
        ({"limits": Limits(silence_s=float("nan"))}, "silence_s"),
        ({"limits": Limits(stop_s=float("inf"))}, "stop_s"),
        ({"sample_interval_s": 0}, "sample_interval_s"),
        ({"environment": {"A": "\0"}}, "zero byte"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_name(spec, change, word):
    told = reasons(replace(spec, **change))

    assert len(told) == 1
    assert word in told[0]


def test_all_faults_are_told_at_once(spec):
    told = reasons(replace(spec, name="", command=("none",), folder=Path("nowhere")))

    assert len(told) == 3


def test_a_person_may_be_asked_without_end(spec):
    asked = replace(spec, retry=RetryPolicy(max_retries=None, ask=True))

    assert check_program(asked).verdict is Verdict.OK

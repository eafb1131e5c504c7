"""What parameters say of the acquisition."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ranvier.session.conduct._task_plan import TaskPlan
from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import merge
from ranvier.session.programs import NET_EXCEPTIONS, StderrMode

SESSION = Path("/data/M1_2026-11-20_10-00-00")
CODE = Path("/code/task")
BONSAI = {
    "launcher": "bonsai",
    "script_path": r"src\task.bonsai",
    "bonsai_exe_path": "bonsai/Bonsai.exe",
}


def plan(**values):
    return TaskPlan(merge(file=values), SESSION, CODE)


def test_bonsai_lies_in_the_repository_and_writes_into_the_session():
    properties = {"Table_path": r"tables\one.csv", "Reward": True}
    command = plan(**BONSAI, script_parameters=properties).plan_program().command

    assert (
        str(CODE / "bonsai" / "Bonsai.exe"),
        str(CODE / "src" / "task.bonsai"),
        "--start",
        "--no-editor",
        "-p",
        f"Table_path={SESSION / 'tables' / 'one.csv'}",
        "-p",
        "Reward=true",
        "-p",
        f"RootFolder={SESSION}",
    ) == command


@pytest.mark.parametrize(
    ("keys", "mode", "patterns", "stop_after_s"),
    [
        ({}, StderrMode.WARN, NET_EXCEPTIONS, None),
        ({"stderr_policy": "warn"}, StderrMode.WARN, (), None),
        ({"stderr_policy": "ignore"}, StderrMode.IGNORE, (), None),
        ({"bonsai_fail_on_stderr": True}, StderrMode.FAIL, NET_EXCEPTIONS, None),
        ({"stderr_fail_patterns": ["boom"]}, StderrMode.WARN, ("boom",), None),
        (
            {
                "acquisition_error_terminate": True,
                "acquisition_error_grace_period_sec": 2,
            },
            StderrMode.WARN,
            NET_EXCEPTIONS,
            2.0,
        ),
    ],
)
def test_lines_on_stderr_mean_what_is_set(keys, mode, patterns, stop_after_s):
    policy = plan(**BONSAI, **keys).plan_program().stderr

    assert (mode, patterns, stop_after_s) == (
        policy.mode,
        policy.patterns,
        policy.stop_after_s,
    )


def test_limits_of_zero_are_off():
    limits = plan(
        **BONSAI,
        memory_limit_mb=500,
        process_start_timeout_sec=0,
        silence_timeout_sec=0,
        run_timeout_sec=60,
    ).plan_program().limits  # fmt: skip

    assert (
        limits.memory_bytes,
        limits.start_s,
        limits.silence_s,
        limits.run_s,
    ) == (500_000_000, None, None, 60)


def test_a_python_script_is_told_where_to_write():
    spec = plan(
        launcher="python", script_path="task.py", script_parameters={"n": 3}
    ).plan_program()

    assert (sys.executable, str(CODE / "task.py"), "--n=3") == spec.command
    assert str(SESSION) == spec.environment["OUTPUT_FOLDER"]


@pytest.mark.parametrize(
    "values",
    [
        {"script_path": "echo"},
        {"launcher": "command", "command": ["echo"]},
        {"launcher": "base", "command": ["echo"]},
    ],
)
def test_a_name_without_a_folder_is_looked_for_on_the_path(values):
    assert plan(**values).plan_program().command == ("echo",)


def test_without_a_script_there_is_nothing_to_run():
    empty = plan(launcher="base")

    assert empty.plan_program() is None
    assert empty.plan_graph() is None
    assert empty.plan_matlab() is None


def test_a_graph_may_run_beside_a_program():
    both = plan(
        **BONSAI,
        graph_path="loop.yaml",
        graph_duration="2 min",
        graph_parameters={"detector.level": 2, "camera": {"rate_hz": 30}},
    )
    graph = both.plan_graph()

    assert both.plan_program() is not None
    assert (graph.graph, graph.duration_s) == (CODE / "loop.yaml", 120.0)
    assert graph.parameters == {"detector": {"level": 2}, "camera": {"rate_hz": 30}}


def test_a_call_of_matlab_has_the_defaults_of_older_files():
    call = plan(launcher="matlab", script_parameters={"gain": 2}).plan_matlab()

    assert (call.engine_name, call.entrypoint) == ("slap2_launcher", "slap2_launcher")
    assert (call.args, call.parameters) == (("execute",), {"gain": 2})


def test_a_secret_is_kept_off_the_command_line(monkeypatch):
    monkeypatch.setenv("LAB_TOKEN", "abc")
    named = {"script_path": "echo", "script_arguments": ["--key={env:LAB_TOKEN}"]}
    with pytest.raises(ParameterValidationError, match="command line"):
        plan(**named).plan_program()
    spec = plan(
        script_path="echo", program_environment={"KEY": "{env:LAB_TOKEN}"}
    ).plan_program()

    assert spec.environment == {"KEY": "abc"}


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"launcher": "bonsai", "script_path": "a.bonsai"}, "bonsai_exe_path"),
        ({"launcher": "python"}, "script_path"),
        ({"launcher": "graph"}, "graph_path"),
    ],
)
def test_what_a_launcher_needs_is_named(values, key):
    with pytest.raises(ParameterValidationError) as caught:
        plan(**values).check()

    assert key == caught.value.where

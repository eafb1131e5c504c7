"""A function in a shared MATLAB session, called, cancelled, resumed."""

from __future__ import annotations

import queue
import threading

import pytest

from ranvier.session.faults import ProgramError, Verdict
from ranvier.session.programs._listener import SilentListener
from ranvier.session.programs._matlab import run_matlab
from ranvier.session.programs._matlab_spec import MatlabSpec, build_matlab_args
from ranvier.session.programs._stop import StopSignal
from ranvier.testing import FakeEngine


class Listener(SilentListener):
    def __init__(self):
        self.starts, self.lines, self.ends = [], [], []
        self.started_once = threading.Event()

    def started(self, pid, command, attempt):
        self.starts.append((pid, list(command), attempt))
        self.started_once.set()

    def said(self, stream, text):
        self.lines.append((stream, text))

    def exited(self, end):
        self.ends.append(end)


def spec_of(**fields):
    quick = {"connect_interval_s": 0.001, "connect_timeout_s": 5.0}
    return MatlabSpec(**{"engine_name": "rig", "entrypoint": "task"} | quick | fields)


def run(task, tmp_path, stop=None, listener=None, n_absent=0, **fields):
    engine = FakeEngine({"task": task}, n_absent=n_absent)
    stop, listener = stop or StopSignal(), listener or Listener()
    end = run_matlab(spec_of(**fields), tmp_path, listener, stop, engine)
    return end, engine, listener


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("append", ["a", "b", "FOLDER"]),
        ("prepend", ["FOLDER", "a", "b"]),
        ("ignore", ["a", "b"]),
        (1, ["a", "FOLDER", "b"]),
        (9, ["a", "b", "FOLDER"]),
        (-1, ["FOLDER", "a", "b"]),
    ],
)
def test_the_session_folder_stands_where_it_is_wanted(tmp_path, position, expected):
    spec = spec_of(
        args=("a", "b"), session_folder_position=position, enable_resume=False
    )
    there = [str(tmp_path) if each == "FOLDER" else each for each in expected]

    assert list(build_matlab_args(spec, tmp_path)) == there


def test_pairs_follow_and_the_resume_keyword_is_always_given(tmp_path):
    spec = spec_of(
        parameters={"gain": 2}, pass_session_folder=False, resume_stage="acquire"
    )

    assert build_matlab_args(spec, tmp_path) == ("gain", 2, "resume", False)
    assert build_matlab_args(spec, tmp_path, is_resume=True) == (
        "gain",
        2,
        "resume",
        True,
        "resume_stage",
        "acquire",
    )


def test_a_resume_keyword_of_ones_own_is_left_alone(tmp_path):
    spec = spec_of(args=("Resume", 1), pass_session_folder=False)

    assert build_matlab_args(spec, tmp_path) == ("Resume", 1)
    assert not spec.is_resumable


def test_a_function_that_returns_is_a_success_and_what_it_says_is_kept(tmp_path):
    def task(call):
        call.say("stdout", "half way")
        call.say("stderr", "a little late")
        return 7

    end, engine, listener = run(task, tmp_path, nargout=1, args=("execute",))
    logs = tmp_path / "launcher_metadata"

    assert (end.verdict, end.exit_code, end.attempts) == (Verdict.OK, 0, 1)
    assert engine.calls == [("task", ("execute", str(tmp_path), "resume", False))]
    assert listener.starts[0][:1] + listener.starts[0][2:] == (None, 1)
    assert listener.starts[0][1][:3] == ["matlab", "task", "execute"]
    assert (logs / "matlab.stdout.log").read_text() == "half way\nresult: 7\n"
    assert (logs / "matlab.stderr.log").read_text() == "a little late\n"
    assert listener.ends == [end]
    assert engine.closed == [False]


def test_a_function_that_fails_fails_the_program(tmp_path):
    def task(call):
        raise ValueError("Undefined function 'laser'.")

    end, engine, _ = run(task, tmp_path, keep_engine_alive=False)

    assert (end.verdict, end.exit_code) == (Verdict.FAILED, 1)
    assert "Undefined function 'laser'." in end.findings[0].found
    assert end.findings[0].code == "RV-S38"
    assert len(engine.calls) == 1
    assert engine.closed == [True]


def test_a_matlab_that_died_is_waited_for_and_goes_on(tmp_path):
    def task(call):
        if not call.args[-1]:
            raise ConnectionError("engine has terminated")

    end, engine, listener = run(task, tmp_path, n_absent=2)

    assert (end.verdict, end.exit_code, end.attempts) == (Verdict.WARNING, 0, 2)
    assert [args[-1] for _, args in engine.calls] == [False, True]
    assert [each.verdict for each in listener.ends] == [Verdict.FAILED, Verdict.OK]
    assert "engine has terminated" in end.findings[0].found


def test_it_does_not_go_round_for_ever(tmp_path):
    def task(call):
        raise ConnectionError("engine has terminated")

    end, engine, _ = run(task, tmp_path, max_resumes=2)
    once, only, _ = run(task, tmp_path, enable_resume=False)

    assert (end.verdict, end.attempts, len(engine.calls)) == (Verdict.FAILED, 3, 3)
    assert (once.verdict, len(only.calls)) == (Verdict.FAILED, 1)


def test_a_matlab_that_does_not_come_back_fails_with_what_was_lost(tmp_path):
    engine = FakeEngine({})

    def die(call):
        engine._shared_as = "gone"
        raise ConnectionError("engine has terminated")

    engine._functions = {"task": die}
    spec = spec_of(connect_timeout_s=0.05)
    end = run_matlab(spec, tmp_path, Listener(), StopSignal(), engine)

    assert (end.verdict, end.exit_code, end.attempts) == (Verdict.FAILED, None, 1)
    assert ["terminated" in f.found for f in end.findings] == [True, False]


def test_a_session_that_is_not_shared_is_said_with_its_name(tmp_path):
    engine = FakeEngine({}, shared_as="other")
    spec = spec_of(connect_timeout_s=0.02)
    with pytest.raises(ProgramError, match="can't be reached") as caught:
        run_matlab(spec, tmp_path, Listener(), StopSignal(), engine)

    assert caught.value.code == "RV-S37"
    assert "shareEngine('rig')" in caught.value.mend
    assert engine.closed == [False]


def stopped(task, tmp_path, n_requests=1, **fields):
    stop, listener, ends = StopSignal(), Listener(), queue.SimpleQueue()

    def work():
        ends.put(run(task, tmp_path, stop=stop, listener=listener, **fields))

    thread = threading.Thread(target=work)
    thread.start()
    assert listener.started_once.wait(5)
    for _ in range(n_requests):
        stop.request("operator")
    thread.join(5)
    return ends.get(timeout=1)


def test_a_stop_cancels_the_call(tmp_path):
    end, engine, _ = stopped(lambda call: call.wait(), tmp_path)

    assert (end.verdict, end.is_stopped) == (Verdict.OK, True)
    assert len(engine.calls) == 1


@pytest.mark.parametrize(
    ("limit_s", "n_requests", "told"),
    [
        (0.05, 1, "0.05 s after it was asked to end"),
        (60.0, 2, "when a second request to stop broke off the wait"),
    ],
)
def test_a_call_that_does_not_end_when_cancelled_is_said(
    tmp_path, limit_s, n_requests, told
):
    released = threading.Event()
    end, _, _ = stopped(
        lambda call: released.wait(5),
        tmp_path,
        n_requests,
        cancel_timeout_s=limit_s,
    )
    released.set()

    assert (end.verdict, end.is_stopped, end.exit_code) == (Verdict.FAILED, True, None)
    assert end.findings[0].found == f"the function still ran {told}"


def test_a_stop_ends_the_wait_for_matlab(tmp_path):
    stop = StopSignal()
    engine = FakeEngine({}, shared_as="other")
    engine_asked = threading.Event()
    connect = engine.connect

    def ask(name):
        engine_asked.set()
        connect(name)

    engine.connect = ask
    ends = queue.SimpleQueue()
    spec = spec_of(connect_timeout_s=0, connect_interval_s=60)
    thread = threading.Thread(
        target=lambda: ends.put(run_matlab(spec, tmp_path, Listener(), stop, engine))
    )
    thread.start()
    assert engine_asked.wait(5)
    stop.request("operator")
    thread.join(5)
    end = ends.get(timeout=1)

    assert (end.verdict, end.attempts, end.is_stopped) == (Verdict.SKIPPED, 0, True)


def test_a_stop_before_means_it_is_not_called_at_all(tmp_path):
    stop = StopSignal()
    stop.request("operator")
    end, engine, _ = run(lambda call: None, tmp_path, stop=stop)

    assert (end.verdict, end.attempts, engine.calls) == (Verdict.SKIPPED, 0, [])

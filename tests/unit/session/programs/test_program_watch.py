"""What is done with a program at a moment, by table and by chance."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.session.faults import Verdict
from ranvier.session.programs import (
    Limits,
    ProgramEnd,
    ProgramSpec,
    RetryPolicy,
    StderrMode,
    StderrPolicy,
)
from ranvier.session.programs._events import (
    Exited,
    Looked,
    Passed,
    Said,
    Sampled,
    StopAsked,
)
from ranvier.session.programs._retry import Retry, choose_retry
from ranvier.session.programs._watch import (
    KILL_S,
    Fired,
    Instruction,
    Phase,
    ProgramWatch,
)

SAMPLE, LOOK, STOP, KILL, DONE = Instruction
ASK = StopAsked(is_urgent=False)
URGE = StopAsked(is_urgent=True)
OK = Exited(0, None)
PORT = "System.InvalidOperationException: the port COM3 is closed."


def make(**words):
    words.setdefault("sample_interval_s", 1000.0)
    return ProgramSpec("task", ("task",), Path(), **words)


def play(spec, *moments):
    """Give what is ordered at each (time, event); samples at 0 are left out."""
    watch = ProgramWatch(spec, 1, 0.0)
    orders = [watch.step(time, event) for time, event in moments]
    return watch, [[o for o in some if o is not SAMPLE] for some in orders]


def limited(**limits):
    return make(limits=Limits(stop_s=5.0, **limits))


@pytest.mark.parametrize(
    ("limits", "moments", "orders"),
    [
        pytest.param({}, [(9e9, Passed())], [[]], id="no limit fires never"),
        pytest.param(
            {"start_s": 3},
            [(2, Passed()), (3, Passed())],
            [[], [Fired("start_s", 3, 3), STOP]],
            id="no sign of life by then",
        ),
        pytest.param(
            {"start_s": 3},
            [(2, Said("stdout", ("a",))), (99, Passed())],
            [[], []],
            id="a word in time",
        ),
        pytest.param(
            {"silence_s": 2},
            [(1, Said("stderr", ("a",))), (2.9, Passed()), (3, Passed())],
            [[], [], [Fired("silence_s", 2, 2), STOP]],
            id="silent since its last word",
        ),
        pytest.param(
            {"silence_s": 2},
            [(2, Passed())],
            [[Fired("silence_s", 2, 2), STOP]],
            id="silent from its start",
        ),
        pytest.param(
            {"start_s": 9, "silence_s": 2},
            [(8, Passed()), (8, Said("stdout")), (10, Passed())],
            [[], [], [Fired("silence_s", 2, 2), STOP]],
            id="slow to start, then silent",
        ),
        pytest.param(
            {"silence_s": 2, "heartbeat": Path("x")},
            [(2, Passed()), (2, Looked(is_alive=True)), (4, Passed())],
            [[LOOK], [], [LOOK]],
            id="silent, yet alive",
        ),
        pytest.param(
            {"silence_s": 2, "heartbeat": Path("x")},
            [(2, Passed()), (2, Looked(is_alive=False))],
            [[LOOK], [Fired("silence_s", 2, 2), STOP]],
            id="silent, and dead",
        ),
        pytest.param(
            {"run_s": 4},
            [(3, Said("stdout")), (4, Said("stdout"))],
            [[], [Fired("run_s", 4, 4), STOP]],
            id="too long, however lively",
        ),
        pytest.param(
            {"memory_bytes": 10},
            [(1, Sampled(10)), (2, Sampled(11))],
            [[], [Fired("memory_bytes", 11, 10), STOP]],
            id="the first sample above fires",
        ),
        pytest.param(
            {"memory_bytes": 10},
            [(1, Sampled(11)), (2, Sampled(11)), (3, Sampled(12))],
            [[Fired("memory_bytes", 11, 10), STOP], [], [KILL]],
            id="it grows on while it ends",
        ),
        pytest.param(
            {"run_s": 4},
            [(4, Passed()), (8.9, Passed()), (9, Passed()), (9.1, OK)],
            [[Fired("run_s", 4, 4), STOP], [], [KILL], [DONE]],
            id="it does not end when asked",
        ),
    ],
)
def test_a_limit_fires_once_and_then_the_program_is_ended(limits, moments, orders):
    assert play(limited(**limits), *moments)[1] == orders


@pytest.mark.parametrize(
    ("moments", "orders"),
    [
        ([(1, ASK), (2, OK)], [[STOP], [DONE]]),
        ([(1, ASK), (2, ASK)], [[STOP], []]),
        ([(1, ASK), (2, URGE), (3, URGE)], [[STOP], [KILL], []]),
        ([(1, URGE)], [[KILL]]),
        (
            [(1, ASK), (6, Passed()), (7, Exited(None, "SIGKILL"))],
            [[STOP], [KILL], [DONE]],
        ),
        ([(1, URGE), (1 + KILL_S, Passed()), (99, OK)], [[KILL], [DONE], []]),
        ([(1, OK), (2, ASK)], [[DONE], []]),
    ],
)
def test_a_stop_asks_then_kills(moments, orders):
    assert play(make(), *moments)[1] == orders


def test_it_is_looked_at_from_the_start_and_then_at_each_interval():
    watch = ProgramWatch(make(sample_interval_s=2.0), 1, 10.0)
    orders = [watch.step(time, Passed()) for time in (10, 11, 12, 13.9, 14)]

    assert orders == [[SAMPLE], [], [SAMPLE], [], [SAMPLE]]
    assert watch.next_s == 16


def end_of(spec, *moments):
    return play(spec, *moments)[0].end


STDERR = Said("stderr", ("the cable is long",))
NET = Said("stderr", (PORT, "   at Bonsai.IO.CreateSerialPort()"))


@pytest.mark.parametrize(
    ("policy", "moments", "verdict", "codes"),
    [
        (StderrPolicy(), [(1, OK)], "ok", []),
        (StderrPolicy(), [(1, Exited(3, None))], "failed", ["RV-S31"]),
        (StderrPolicy(), [(1, Exited(None, "SIGSEGV"))], "failed", ["RV-S31"]),
        (StderrPolicy(), [(1, STDERR), (2, OK)], "warning", ["RV-S32"]),
        (StderrPolicy(), [(1, NET), (2, OK)], "failed", ["RV-S32"]),
        (StderrPolicy(StderrMode.IGNORE), [(1, STDERR), (2, OK)], "ok", []),
        (StderrPolicy(StderrMode.IGNORE), [(1, NET), (2, OK)], "failed", ["RV-S32"]),
        (StderrPolicy(StderrMode.FAIL), [(1, STDERR), (2, OK)], "failed", ["RV-S32"]),
        (
            StderrPolicy(StderrMode.FAIL),
            [(1, Said("stderr", (" ",))), (2, OK)],
            "ok",
            [],
        ),
        (StderrPolicy(patterns=()), [(1, NET), (2, OK)], "warning", ["RV-S32"]),
        (StderrPolicy(), [(1, STDERR), (2, Exited(1, None))], "failed", ["RV-S31"]),
        (StderrPolicy(), [(1, ASK), (2, NET), (3, OK)], "ok", []),
        (StderrPolicy(), [(1, NET), (2, ASK), (3, OK)], "failed", ["RV-S32"]),
        (StderrPolicy(), [(1, ASK), (2, Exited(None, "SIGINT"))], "ok", []),
        (StderrPolicy(), [(1, ASK), (2, Exited(130, None))], "ok", []),
        (StderrPolicy(), [(1, ASK), (2, Exited(3, None))], "warning", ["RV-S31"]),
        (
            StderrPolicy(),
            [(1, URGE), (2, Exited(None, "SIGKILL"))],
            "warning",
            ["RV-S34"],
        ),
        (StderrPolicy(), [(1, Exited(0, None, ("sh",)))], "warning", ["RV-S34"]),
        (StderrPolicy(), [(1, Exited(0, None, unkept="full"))], "failed", ["RV-S36"]),
        (StderrPolicy(), [(1, Exited(None, None, lost="gone"))], "failed", ["RV-S31"]),
        (
            StderrPolicy(),
            [(1, URGE), (1 + KILL_S, Passed())],
            "failed",
            ["RV-S31", "RV-S34"],
        ),
    ],
)
def test_the_verdict_is_that_of_the_table(policy, moments, verdict, codes):
    end = end_of(make(stderr=policy), *moments)

    assert end.verdict.value == verdict
    assert [finding.code for finding in end.findings] == codes
    assert end.is_stopped == any(isinstance(event, StopAsked) for _, event in moments)


def test_a_broken_limit_fails_it_and_says_what_was_allowed():
    spec = limited(memory_bytes=2**30)
    end = end_of(spec, (1, Sampled(3 * 2**30)), (2, Exited(None, "SIGINT")))

    assert end.verdict is Verdict.FAILED
    assert [(f.code, f.problem) for f in end.findings] == [
        ("RV-S33", "task: it took 3,072 MiB of memory (limit 1,024 MiB).")
    ]


KEYS = {
    "memory_bytes": "memory_key",
    "start_s": "start_key",
    "silence_s": "silence_key",
    "run_s": "run_key",
    "stop_s": "stop_key",
}


@pytest.mark.parametrize(
    ("limits", "moment", "told"),
    [
        ({"silence_s": 2}, (2, Passed()), "it said nothing for 2.0 s (limit 2 s)"),
        (
            {"silence_s": 2, "heartbeat": Path("x")},
            (2.5, Looked(is_alive=False)),
            "it said nothing for 2.5 s and changed no file (limit 2 s)",
        ),
        (
            {"start_s": 0.5},
            (0.5, Passed()),
            "it said nothing for 0.50 s after its start (limit 0.5 s)",
        ),
        ({"run_s": 4}, (4, Passed()), "it ran for 4.0 s (limit 4 s)"),
        (
            {"memory_bytes": 2**20},
            (1, Sampled(2**21)),
            "it took 2 MiB of memory (limit 1 MiB)",
        ),
    ],
)
def test_a_broken_limit_is_a_sentence_that_names_the_parameter(limits, moment, told):
    before = [(2, Passed())] if "heartbeat" in limits else []
    moments = (*before, moment, (9, Exited(None, "SIGINT")))
    (bare,) = end_of(limited(**limits), *moments).findings
    (named,) = end_of(limited(**limits, keys=KEYS), *moments).findings
    key = KEYS[next(iter(limits))]

    assert bare.problem == named.problem == f"task: {told}."
    assert named.mend == f"find out why; or raise `{key}`"
    assert not any(name in str(bare) for name in KEYS)


@pytest.mark.parametrize(
    ("moments", "told", "found", "mend"),
    [
        (
            [(1, ASK), (6, Passed())],
            "did not end when it was asked to",
            "it had 5 s",
            "raise `stop_key`",
        ),
        (
            [(1, ASK), (2, URGE)],
            "killed at once, at a second request to stop",
            "",
            "what it had not written",
        ),
        (
            [(1, Sampled(11)), (2, Sampled(12))],
            "took ever more memory while it was to end",
            "",
            "raise `memory_key`",
        ),
    ],
)
def test_a_kill_is_told_with_its_own_reason(moments, told, found, mend):
    spec = limited(memory_bytes=10, keys=KEYS)
    finding = end_of(spec, *moments, (9, Exited(None, "SIGKILL"))).findings[-1]

    assert (finding.code, finding.found) == ("RV-S34", found)
    assert told in finding.problem
    assert mend in finding.mend


def test_a_line_that_fails_it_may_end_it_after_a_while():
    spec = make(stderr=StderrPolicy(stop_after_s=2.0))
    moments = [(1, NET), (2, NET), (2.9, Passed()), (3, Passed()), (4, Exited(1, None))]
    watch, orders = play(spec, *moments)

    assert orders == [[], [], [], [STOP], [DONE]]
    assert [f.code for f in watch.end.findings] == ["RV-S32"]


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (PORT, True),
        ("Unhandled Exception: System.ArgumentException: x", True),
        ("Unhandled exception. System.IO.FileNotFoundException: x", True),
        ("Bonsai.WorkflowRuntimeException: x", True),
        (" ---> OpenCV.Net.CVException: x", True),
        ("Harp.HarpException", True),
        ("System.AggregateException`1[A]: x", True),
        ("   at System.IO.Ports.SerialPort.Open()", False),
        ("warning: a System.Exception was handled", False),
        ("Traceback (most recent call last):", False),
        ("ValueError: System.Exception", False),
        ("", False),
    ],
)
def test_exceptions_of_dotnet_are_known_by_their_line(line, is_one):
    end = end_of(make(), (1, Said("stderr", (line,))), (2, OK))

    assert (end.verdict is Verdict.FAILED) == is_one


def test_endless_errors_take_no_memory_and_the_first_is_told():
    lines = tuple(f"System.Exception: {n}" for n in range(5000))
    end = end_of(make(), (1, Said("stderr", lines)), (2, OK))
    (finding,) = end.findings

    assert "5,000 lines" in finding.problem
    assert finding.found.splitlines()[0] == "System.Exception: 0"
    assert len(finding.found.splitlines()) == 20


FAILED = ProgramEnd(Verdict.FAILED, 3)


@pytest.mark.parametrize(
    ("policy", "end", "is_retryable", "retry"),
    [
        (RetryPolicy(), FAILED, True, "NO"),
        (RetryPolicy(1), FAILED, True, "YES"),
        (RetryPolicy(1), FAILED, False, "NO"),
        (RetryPolicy(1), ProgramEnd(Verdict.FAILED, 3, attempts=2), True, "NO"),
        (RetryPolicy(2), ProgramEnd(Verdict.FAILED, 3, attempts=2), True, "YES"),
        (RetryPolicy(1), ProgramEnd(Verdict.WARNING, 0), True, "NO"),
        (RetryPolicy(1), ProgramEnd(Verdict.FAILED, 3, is_stopped=True), True, "NO"),
        (RetryPolicy(1, ask=True), FAILED, True, "ASK"),
        (RetryPolicy(0, ask=True), FAILED, True, "NO"),
        (RetryPolicy(None, ask=True), FAILED, True, "ASK"),
        (RetryPolicy(None), FAILED, True, "NO"),
    ],
)
def test_it_is_retried_as_the_policy_says(policy, end, is_retryable, retry):
    assert choose_retry(policy, end, is_retryable=is_retryable) is Retry[retry]


def test_only_what_was_said_makes_it_retryable():
    spec = make(retry=RetryPolicy(1, patterns=("COM3",)))
    before, after = ProgramWatch(spec, 1, 0), ProgramWatch(spec, 1, 0)
    before.step(1, Said("stdout", ("COM3",)))
    after.step(1, Said("stderr", ("no", "COM3 is closed")))

    assert not before.is_retryable
    assert after.is_retryable
    assert ProgramWatch(make(), 1, 0).is_retryable


EVENTS = st.sampled_from(
    [
        *(Passed(), ASK, URGE, STDERR, NET, Said("stdout", ("a",)), Sampled(5)),
        *(Sampled(50), Looked(is_alive=True), Looked(is_alive=False), OK),
    ]
)
MAYBE_S = st.none() | st.floats(0.1, 20)


@given(
    st.lists(st.tuples(st.floats(0, 5), EVENTS), max_size=40),
    st.builds(
        Limits,
        memory_bytes=st.none() | st.just(10),
        start_s=MAYBE_S,
        silence_s=MAYBE_S,
        run_s=MAYBE_S,
        stop_s=st.floats(0, 5),
        heartbeat=st.none() | st.just(Path("x")),
    ),
)
def test_whatever_happens_phases_go_forward_and_it_ends_once(steps, limits):
    watch = ProgramWatch(make(limits=limits, sample_interval_s=1.0), 1, 0.0)
    now_s, phases, orders = 0.0, [Phase.RUNNING], []
    for wait_s, event in steps:
        now_s += wait_s
        orders += watch.step(now_s, event)
        phases.append(watch.phase)
        assert watch.phase is Phase.OVER or watch.next_s is not None
        assert watch.next_s is None or watch.next_s > now_s
    ranks = [list(Phase).index(phase) for phase in phases]

    assert ranks == sorted(ranks)
    assert sum(isinstance(order, Fired) for order in orders) <= 1
    assert max(orders.count(order) for order in (STOP, KILL, DONE)) <= 1
    assert (DONE in orders) == (watch.phase is Phase.OVER)
    assert KILL not in orders or watch.phase in (Phase.KILLING, Phase.OVER)


@given(st.floats(0.1, 10))
def test_a_stopped_program_that_never_answers_is_over_in_bounded_time(stop_s):
    watch = ProgramWatch(make(limits=Limits(stop_s=stop_s)), 1, 0.0)
    watch.step(1.0, ASK)
    while watch.phase is not Phase.OVER:
        now_s = watch.next_s
        watch.step(now_s, Passed())

    assert now_s == pytest.approx(1.0 + stop_s + KILL_S)

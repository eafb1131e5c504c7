"""The record that an audit trail gives, whole or cut off anywhere."""

import dataclasses
import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.audit import AuditKind, AuditLine
from ranvier.core import SessionError
from ranvier.session.faults import Finding, Severity, Verdict
from ranvier.session.record import SessionRecord, SessionState, project

ZONE = dt.timezone(dt.timedelta(hours=-8))
START = dt.datetime(2026, 11, 20, 10, 0, 0, tzinfo=ZONE)
FINDING = {"severity": "error", "check": "bonsai", "problem": "it failed."}


def at(seconds):
    return START + dt.timedelta(seconds=seconds)


def trail(*told, created=None):
    first = {"session": "M1_2026-11-20_10-00-00", "subject": "M1", **(created or {})}
    rows = [("session_created", 0, first), *told]
    return [
        AuditLine(
            n, 0, at(seconds).isoformat(), kind, fields.get("node", ""), fields, "", ""
        )
        for n, (kind, seconds, fields) in enumerate(rows)
    ]


def read(*told, created=None):
    return project(trail(*told, created=created))


STARTED = ("acquisition_started", 10, {})
BEGUN = ("program_started", 11, {"program": "bonsai", "attempt": 1, "command": ["b"]})
ENDED = (
    "program_exited",
    60,
    {"program": "bonsai", "attempt": 1, "exit_code": 3, "verdict": "failed",
     "findings": [FINDING]},
)  # fmt: skip
OVER = ("acquisition_finished", 61, {"verdict": "failed"})
FINISHED = ("session_finished", 90, {"verdict": "failed", "exit_status": 1})


def test_a_trail_without_a_session_is_refused():
    lines = [AuditLine(0, 0, START.isoformat(), "run_created", "", {}, "", "")]

    with pytest.raises(SessionError, match="tells of no session") as caught:
        project(lines)

    assert caught.value.code == "RV-S85"


def test_a_first_line_without_a_date_is_no_session():
    line = trail()[0]._replace(wall="yesterday")

    with pytest.raises(SessionError):
        project([line])


def test_a_session_that_was_only_created_knows_what_its_first_line_says():
    record = read(created={"user": "ana", "argv": ["a"], "origins": {"x": "rig"}})

    assert record.state is SessionState.CREATED
    assert (record.subject, record.user, record.rig) == ("M1", "ana", None)
    assert record.start == START
    assert record.start.utcoffset() == dt.timedelta(hours=-8)
    assert record.end is None
    assert record.verdict is None


def test_a_failed_program_and_its_times_are_known():
    record = read(STARTED, BEGUN, ENDED, OVER, FINISHED)
    attempt = record.attempts[0]

    assert record.state is SessionState.FINISHED
    assert (attempt.start, attempt.end, attempt.exit_code) == (at(11), at(60), 3)
    assert attempt.verdict is Verdict.FAILED
    assert attempt.findings == (Finding(Severity.ERROR, "bonsai", "it failed."),)
    assert (record.acquisition_start, record.acquisition_end) == (at(11), at(60))
    assert record.end == at(60)
    assert record.is_end_seen
    assert (record.verdict, record.exit_status) == (Verdict.FAILED, 1)


def test_the_acquisition_has_no_end_while_another_attempt_may_follow():
    record = read(STARTED, BEGUN, ENDED)

    assert record.acquisition_end is None
    assert record.state is SessionState.RUNNING


def test_each_end_belongs_to_its_own_attempt():
    again = ("program_started", 70, {"program": "bonsai", "attempt": 2})
    well = ("program_exited", 99, {"program": "bonsai", "attempt": 2, "exit_code": 0})
    record = read(STARTED, BEGUN, ENDED, again, well)

    assert [a.exit_code for a in record.attempts] == [3, 0]
    assert [a.end for a in record.attempts] == [at(60), at(99)]


def test_a_session_without_an_acquisition_ends_when_it_is_finished():
    record = read(FINISHED)

    assert record.end == at(90)
    assert record.acquisition_start is None


def test_a_lost_session_has_no_end_until_it_is_finalised():
    lines = [STARTED, BEGUN, ("resources", 40, {"program": "bonsai"})]
    lost = read(*lines)
    mended = ("recovered", 7000, {}), ("session_finalised", 7001, {"why": "died"})
    final = read(*lines, *mended)

    assert lost.end is None
    assert final.state is SessionState.FINISHED
    assert final.end == final.acquisition_end == final.last_seen == at(40)
    assert not final.is_end_seen
    assert final.attempts[0].end is None
    assert final.verdict is Verdict.FAILED
    assert final.finalised == {"time": at(7001), "why": "died", "by": ""}


def test_finalising_a_finished_session_changes_nothing_of_what_became_of_it():
    record = read(STARTED, BEGUN, ENDED, OVER, FINISHED, ("session_finalised", 999, {}))

    assert (record.verdict, record.exit_status) == (Verdict.FAILED, 1)
    assert record.end == at(60)
    assert record.is_end_seen


def test_a_graph_run_of_the_same_trail_is_part_of_the_acquisition():
    record = read(
        STARTED,
        ("run_created", 12, {"run": "r1"}),
        ("run_started", 14, {}),
        ("loss", 20, {"stream": "cam.frames", "count": 4, "node": "cam"}),
        ("run_finished", 50, {"reason": "stopped", "error": None}),
        ("acquisition_finished", 51, {}),
    )
    run = record.runs[0]

    assert (run.run, run.start, run.end, run.reason) == (
        "r1",
        at(14),
        at(50),
        "stopped",
    )
    assert (record.acquisition_start, record.acquisition_end) == (at(14), at(50))
    assert record.losses[0]["count"] == 4


def test_a_step_done_again_is_told_twice_and_its_last_word_counts():
    fields = {"step": "weight", "phase": "after", "number": 0}
    record = read(
        ("step_started", 5, {**fields, "parameters": {"unit": "g"}}),
        ("step_finished", 6, {**fields, "status": "ok", "data": {"weight": 20.0}}),
        FINISHED,
        ("step_started", 200, fields),
        ("step_finished", 201, {**fields, "status": "ok", "data": {"weight": 21.5}}),
    )

    assert [s.start for s in record.steps] == [at(5), at(200)]
    assert [s.verdict for s in record.steps] == [Verdict.OK, Verdict.OK]
    assert record.steps[0].parameters == {"unit": "g"}
    assert record.data_of("weight") == 21.5
    assert record.end == at(90)


def test_a_step_whose_start_is_missing_took_as_long_as_it_says():
    fields = {"step": "s", "phase": "before", "number": 1, "took_s": 2.0}
    record = read(("step_finished", 6, fields))

    assert (record.steps[0].start, record.steps[0].end) == (at(4), at(6))


def test_an_epoch_is_dated_in_the_offset_of_the_session():
    epoch = {
        "name": "gratings", "start": "2026-11-20T18:01:00+00:00",
        "end": "2026-11-20T10:02:00", "modalities": ["Visual"],
        "trials": {"total": 9, "rewarded": None}, "reward": 12,
    }  # fmt: skip
    record = read(("epoch", 120, epoch))
    first = record.epochs[0]

    assert (first.start, first.end) == (at(60), at(120))
    assert first.start.utcoffset() == dt.timedelta(hours=-8)
    assert first.trials == {"total": 9}
    assert first.reward_ul == 12.0


def test_what_can_not_be_placed_is_named_not_guessed():
    record = read(
        ("epoch", 1, {"name": "no start"}),
        ("program_exited", 2, {"program": "never started"}),
        ("session_created", 3, {"session": "another"}),
    )

    assert record.unread == (1, 2, 3)
    assert record.epochs == record.attempts == ()
    assert record.session == "M1_2026-11-20_10-00-00"


def test_what_the_difference_of_the_code_does_not_hold_is_known():
    lines = ["big.bin: 2000000 bytes"]
    record = read(("repository_ready", 2, {"url": "u", "left_out": lines}))

    assert record.repository.left_out == ("big.bin: 2000000 bytes",)


def test_the_peers_get_their_clock_offsets():
    fields = {"role": "master", "peers": ["imaging", "video"],
              "offsets_ns": {"video": -7}}  # fmt: skip
    record = read(("peers_agreed", 1, fields))

    assert record.role == "master"
    assert record.peers == ({"name": "imaging"}, {"name": "video", "offset_ns": -7})


def test_secrets_are_withheld_wherever_they_came_in():
    record = read(
        ("answered", 1, {"question": "camera_password", "answer": "abc"}),
        ("repository_ready", 2, {"url": "https://me:abc@host/x.git"}),
        ("program_started", 3, {"command": ["x", "-p", "apiKey=abc"]}),
        created={"parameters": {"a": {"password": "abc"}}, "argv": ["--token", "abc"]},
    )

    assert "abc" not in repr(dataclasses.replace(record, input_text=""))


def test_a_fault_keeps_its_traceback():
    error = {"type": "NodeError", "problem": "too high", "code": "RV-N20", "mend": ""}
    record = read(("fault", 5, {"error": error, "traceback": "line 3", "node": "cam"}))
    told = record.faults[0]

    assert (told["problem"], told["traceback"], told["node"]) == (
        "too high",
        "line 3",
        "cam",
    )
    assert told["time"] == at(5).isoformat()


def test_lines_of_kinds_that_are_not_known_are_left_out():
    record = read(("from_the_future", 5, {"a": 1}))

    assert record.unread == ()
    assert record.last_seen == at(5)


WORDS = st.text(max_size=8)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
FLAT = st.lists(PLAIN, max_size=3) | st.dictionaries(WORDS, PLAIN, max_size=3)
JSON = PLAIN | FLAT | st.lists(FLAT, max_size=3) | st.dictionaries(WORDS, FLAT)
KINDS = [kind.value for kind in AuditKind]
FIELD = st.sampled_from(
    [
        "program",
        "attempt",
        "exit_code",
        "verdict",
        "status",
        "findings",
        "peers",
        "offsets_ns",
        "role",
        "start",
        "end",
        "trials",
        "reward",
        "command",
        "argv",
        "error",
        "step",
        "phase",
        "number",
        "took_s",
        "data",
        "files",
        "processes",
        "system",
        "session",
        "subject",
        "question",
        "answer",
        "parameters",
        "name",
        "time",
        "self",
        "at",
    ]
)
LINES = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 9000), st.dictionaries(FIELD, JSON)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(LINES, max_size=12), st.dictionaries(FIELD, JSON))
def test_nothing_that_stands_in_a_trail_stops_the_projection(told, created):
    assert isinstance(read(*told, created=created), SessionRecord)


@st.composite
def sessions(draw):
    """A legal trail: programs with retries, samples, steps, an end or none."""
    told = [("preflight", {"verdict": "ok", "findings": []})]
    for number in range(draw(st.integers(0, 2))):
        told += _step("before", number)
    told.append(("acquisition_started", {}))
    for attempt in range(1, draw(st.integers(1, 3)) + 1):
        known = {"program": "bonsai", "attempt": attempt}
        told.append(("program_started", known))
        told += [("resources", {"program": "bonsai", "system": {}})] * draw(
            st.integers(0, 3)
        )
        told += [("epoch", {"name": "e", "start": at(3).isoformat()})] * draw(
            st.integers(0, 2)
        )
        told.append(("program_exited", {**known, "exit_code": draw(st.integers(0, 3))}))
    told.append(("acquisition_finished", {"verdict": "ok"}))
    told += _step("after", 0)
    if draw(st.booleans()):
        told.append(("session_finished", {"verdict": "ok", "exit_status": 0}))
    else:
        told.append(("session_finalised", {"why": "it died", "by": "ana"}))
    return [(kind, place, fields) for place, (kind, fields) in enumerate(told)]


def _step(phase, number):
    fields = {"step": "s", "phase": phase, "number": number}
    return [("step_started", fields), ("step_finished", {**fields, "status": "ok"})]


LISTS = ("attempts", "runs", "steps", "epochs", "samples", "answers", "faults", "peers",
         "stops", "notes", "losses", "limits", "said", "files", "unread")  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(sessions())
def test_every_prefix_of_a_session_has_a_record_and_its_lists_only_grow(told):
    lines = trail(*told)
    records = [project(lines[:n]) for n in range(1, len(lines) + 1)]

    for before, after in itertools.pairwise(records):
        for name in LISTS:
            old, new = getattr(before, name), getattr(after, name)
            assert [_place(item) for item in new[: len(old)]] == list(map(_place, old))
        assert before.start == after.start
    assert records[-1].state is SessionState.FINISHED
    assert records[-1].end is not None


def _place(item):
    names = ("start", "attempt", "step", "number", "time")
    return [getattr(item, name, None) for name in names]

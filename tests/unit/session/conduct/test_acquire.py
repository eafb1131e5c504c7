"""Programs and graphs side by side: who ends with whom, and what is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ranvier.audit import AUDIT_FILE, read_audit
from ranvier.session.conduct._acquire import acquire
from ranvier.session.conduct._trail import SessionTrail
from ranvier.session.faults import ProgramError, Verdict
from ranvier.session.programs import ProgramEnd, StopSignal


@dataclass
class FakeAcquisition:
    """Runs until it is stopped, or ends at once with a verdict or an error."""

    name: str
    leads: bool = True
    verdict: Verdict | None = None
    error: Exception | None = None
    folder: Path = Path()
    shown: tuple | None = None
    heard: list = field(default_factory=list)

    def run(self, listener, stop, on_running):
        listener.started(1, [self.name], 1)
        if self.error:
            raise self.error
        on_running()
        if self.verdict is None:
            stop.wait(10)
            self.heard += stop.requests
        end = ProgramEnd(self.verdict or Verdict.OK, 0, is_stopped=bool(self.heard))
        listener.exited(end)
        return end


@pytest.fixture
def trail(tmp_path):
    with SessionTrail(tmp_path) as trail:
        yield trail


def test_what_leads_takes_the_others_with_it(trail):
    program = FakeAcquisition("bonsai", verdict=Verdict.OK)
    graph = FakeAcquisition("graph", leads=False)
    ends = acquire([program, graph], trail, StopSignal())

    assert [end.verdict for end in ends] == [Verdict.OK, Verdict.OK]
    assert [request.reason for request in graph.heard] == ["bonsai has ended"]


def test_what_leads_waits_until_the_others_run(trail, tmp_path):
    graph = FakeAcquisition("graph", leads=False)
    acquire([FakeAcquisition("bonsai", verdict=Verdict.OK), graph], trail, StopSignal())
    lines = read_audit(tmp_path / AUDIT_FILE)
    started = [x.fields["program"] for x in lines if x.kind == "program_started"]

    assert started == ["graph", "bonsai"]


def test_what_does_not_lead_ends_alone(trail):
    graph = FakeAcquisition("graph", leads=False, verdict=Verdict.OK)
    program = FakeAcquisition("bonsai")
    stop = StopSignal()
    thread = threading.Thread(target=lambda: (stop.wait(0.2), stop.request("operator")))
    thread.start()
    acquire([program, graph], trail, stop)
    thread.join()

    assert [request.by for request in program.heard] == ["operator"]


def test_what_fails_ends_all(trail):
    graph = FakeAcquisition("graph", leads=False, verdict=Verdict.FAILED)
    program = FakeAcquisition("bonsai")  # begins, and is told to stop
    ends = acquire([program, graph], trail, StopSignal())

    assert [end.verdict for end in ends] == [Verdict.OK, Verdict.FAILED]
    assert [request.reason for request in program.heard] == ["graph failed"]


def test_what_can_not_begin_ends_all_and_is_raised(trail):
    error = ProgramError("it is not there.", code="RV-S30", mend="install it")
    broken = FakeAcquisition("bonsai", error=error)
    graph = FakeAcquisition("graph", leads=False)
    with pytest.raises(ProgramError, match="it is not there"):
        acquire([broken, graph], trail, StopSignal())

    assert [request.reason for request in graph.heard] == ["bonsai failed"]


def test_a_stop_reaches_all_and_the_trail_tells_of_each(trail, tmp_path):
    pair = [FakeAcquisition("bonsai"), FakeAcquisition("graph", leads=False)]
    stop = StopSignal()
    stop.request("operator", "Ctrl-C")
    acquire(pair, trail, stop)
    lines = read_audit(tmp_path / AUDIT_FILE)
    kinds = sorted((line.fields["program"], line.kind) for line in lines)

    assert all(each.heard[0].by == "operator" for each in pair)
    assert kinds == [
        ("bonsai", "program_exited"),
        ("bonsai", "program_started"),
        ("graph", "program_exited"),
        ("graph", "program_started"),
    ]

from __future__ import annotations

import os
import signal

import pytest

from ranvier.cli._follow import Interrupts, follow
from ranvier.cli._outcome import report
from ranvier.cli._views import NoView
from ranvier.core import RunError
from ranvier.runtime import Finished, RunStatus

_ANY = RunStatus("r", "g", "running")


@pytest.fixture(autouse=True)
def handler():
    """Give Ctrl-C back to pytest."""
    before = signal.getsignal(signal.SIGINT)
    yield before
    signal.signal(signal.SIGINT, before)


class FakeRun:
    """A run that shows so many statuses, and then is over."""

    def __init__(self, n_looks=3, at_look=None, refuses=False, late=0):
        self.words = []
        self._n_looks, self._at_look, self._refuses = n_looks, at_look, refuses
        self._late = late

    def open_screen(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def watch(self, interval_s):
        for n in range(self._n_looks):
            if self._at_look:
                self._at_look(n)
            yield _ANY

    def stop(self, reason=""):
        self._take("stop")

    def abort(self):
        self._take("abort")

    def _take(self, word):
        self.words.append(word)
        if self._refuses:
            raise RunError("it is over.", code="RV-R33", mend="nothing")

    def wait(self, timeout_s=None):
        if self._late:
            self._late -= 1
            raise TimeoutError
        return Finished("stopped", [], "folder")


class FakeView(NoView):
    def __init__(self):
        self.said, self.ended = [], ""

    def say(self, text):
        self.said.append(text)

    def end(self, reason):
        self.ended = reason


def interrupt_at(*looks):
    def at_look(n):
        if n in looks:
            os.kill(os.getpid(), signal.SIGINT)

    return at_look


def test_a_run_is_shown_until_it_is_over():
    view = FakeView()

    with Interrupts() as interrupts:
        finished = follow(FakeRun(), view, interrupts)

    assert "stopped" == finished.reason == view.ended


def test_the_first_ctrl_c_stops_and_the_second_ends_it_at_once():
    run = FakeRun(5, interrupt_at(1, 3))

    with Interrupts() as interrupts:
        follow(run, FakeView(), interrupts)

    assert run.words == ["stop", "abort"]


def test_the_third_ctrl_c_gets_a_person_out():
    run = FakeRun(5, interrupt_at(0, 1, 2))

    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        follow(run, FakeView(), interrupts)


def test_a_ctrl_c_too_many_does_not_cost_the_words_at_the_end():
    with Interrupts() as interrupts:
        follow(FakeRun(3, interrupt_at(1)), FakeView(), interrupts)

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_refusal_is_shown_and_the_view_goes_on():
    view = FakeView()

    with Interrupts() as interrupts:
        finished = follow(FakeRun(3, interrupt_at(1), refuses=True), view, interrupts)

    assert "it is over." in view.said
    assert finished.reason == "stopped"


def test_a_view_that_was_cut_off_is_opened_again():
    with Interrupts() as interrupts:
        finished = follow(FakeRun(late=3), FakeView(), interrupts)

    assert finished.reason == "stopped"


def test_ctrl_c_is_as_before_afterwards():
    before = signal.getsignal(signal.SIGINT)

    with Interrupts():
        pass

    assert before is signal.getsignal(signal.SIGINT)


@pytest.mark.parametrize(
    ("reason", "errors", "status"),
    [
        ("completed", [], 0),
        ("stopped", [], 0),
        ("failed", [], 1),
        ("completed", ["RecordingError"], 1),
        ("failed", ["GraphError", "RunError"], 2),
        ("failed", ["RunError"], 1),
        ("failed", ["NoSuchError"], 1),
    ],
)
def test_the_exit_status_tells_the_truth(reason, errors, status, tmp_path, capsys):
    told = [
        {"type": each, "problem": "broken.", "code": "RV-X01", "mend": "mend it"}
        for each in errors
    ]

    found = report(Finished(reason, told, str(tmp_path)), quiet=False)

    shown = capsys.readouterr()
    assert status == found
    assert len(errors) == shown.err.count("mend    mend it")
    assert shown.out.startswith(reason)


def test_quiet_prints_the_folder_only(tmp_path, capsys):
    report(Finished("completed", [], str(tmp_path)), quiet=True)

    assert f"{tmp_path}\n" == capsys.readouterr().out

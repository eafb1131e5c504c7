"""The adapter to MATLAB Engine for Python, over a stand-in of that foreign package."""

from __future__ import annotations

import importlib
import sys
import types
from concurrent.futures import CancelledError
from importlib.machinery import PathFinder

import pytest

from ranvier.session.faults import ProgramError, Verdict
from ranvier.session.programs._matlab_engine import MatlabEngine, check_matlab


class Call:
    def __init__(self, outcome, sinks):
        self.outcome, self.sinks, self.is_cancelled = outcome, sinks, False

    def result(self):
        for sink, text in zip(self.sinks, ("one\ntwo", "bad\r\n"), strict=True):
            sink.write(text)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def cancel(self):
        self.is_cancelled = True


class Session:
    def __init__(self, outcome, word):
        self.outcome, self.word, self.call, self.has_quit = outcome, word, None, False

    def feval(self, function, *args, nargout, stdout, stderr, **words):
        if list(words) != [self.word]:
            raise TypeError(f"unexpected keyword argument {next(iter(words))!r}")
        if isinstance(self.outcome, list):
            raise self.outcome[0]
        self.call = Call(self.outcome, (stdout, stderr))
        return self.call

    def quit(self):
        self.has_quit = True


@pytest.fixture
def matlab(monkeypatch):
    package = types.ModuleType("matlab")
    module = types.ModuleType("matlab.engine")
    for name in (
        "EngineError",
        "CancelledError",
        "InterruptedError",
        "RejectedExecutionError",
        "MatlabExecutionError",
    ):
        setattr(module, name, type(name, (Exception,), {}))
    module.session, module.names = Session(4.0, "background"), ["rig"]

    def connect_matlab(name):
        if name not in module.names:
            raise module.EngineError("Unable to connect to MATLAB session")
        return module.session

    module.connect_matlab = connect_matlab
    monkeypatch.setitem(sys.modules, "matlab", package)
    monkeypatch.setitem(sys.modules, "matlab.engine", module)
    return module


def call(matlab, outcome, word="background"):
    matlab.session = Session(outcome, word)
    engine, lines = MatlabEngine(), []
    engine.connect("rig")
    future = engine.call("f", (1,), 1, lambda *line: lines.append(line))
    return engine, future, lines


@pytest.mark.parametrize("word", ["background", "async"])
def test_results_and_lines_come_back_with_either_word_for_it(matlab, word):
    engine, future, lines = call(matlab, 4.0, word)

    assert future.result(5) == 4.0
    assert lines == [("stdout", "one"), ("stderr", "bad"), ("stdout", "two")]
    engine.cancel()
    assert matlab.session.call.is_cancelled


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("CancelledError", CancelledError),
        ("InterruptedError", CancelledError),
        ("EngineError", ConnectionError),
        ("RejectedExecutionError", ConnectionError),
        ("MatlabExecutionError", Exception),
    ],
)
def test_what_goes_wrong_is_said_in_pythons_words(matlab, raised, expected):
    _, future, _ = call(matlab, getattr(matlab, raised)("why"))
    error = future.exception(5)

    assert isinstance(error, expected)
    assert str(error) == "why"


def test_a_session_that_died_before_the_call_is_lost(matlab):
    _, future, _ = call(matlab, [matlab.EngineError("has terminated")])

    assert isinstance(future.exception(5), ConnectionError)


def test_an_argument_that_matlab_does_not_take_fails_the_call(matlab):
    _, future, _ = call(matlab, [TypeError("unsupported data type: NoneType")])

    assert "NoneType" in str(future.exception(5))


def test_a_name_that_is_not_shared_can_be_tried_again(matlab):
    engine = MatlabEngine()

    with pytest.raises(ConnectionError, match="Unable to connect"):
        engine.connect("other")


@pytest.mark.parametrize("quits", [True, False])
def test_matlab_ends_only_where_that_is_wanted(matlab, quits):
    engine = MatlabEngine()
    engine.connect("rig")
    engine.close(quits=quits)

    assert matlab.session.has_quit is quits


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matlab", None)
    with pytest.raises(ProgramError, match="can't be reached") as caught:
        MatlabEngine()

    assert "pip install matlabengine" in caught.value.mend


def test_matlab_that_is_not_installed_is_seen_before(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    missing = check_matlab()
    (tmp_path / "matlab").mkdir()
    (tmp_path / "matlab" / "__init__.py").write_text("raise OSError")
    importlib.invalidate_caches()
    half = check_matlab()

    assert [finding.code for finding in missing.errors] == ["RV-S37"]
    assert [finding.code for finding in half.errors] == ["RV-S37"]
    assert "pip install matlabengine" in missing.errors[0].mend


def test_matlab_that_is_installed_is_seen_without_importing_it(monkeypatch, tmp_path):
    engine = tmp_path / "matlab" / "engine"
    engine.mkdir(parents=True)
    for file in (engine, engine.parent):
        (file / "__init__.py").write_text("raise OSError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    report = check_matlab()

    assert report.verdict is Verdict.OK
    assert str(engine) in report.findings[0].problem
    assert "matlab" not in sys.modules

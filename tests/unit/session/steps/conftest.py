"""A session in which a step can be done: a folder, a record, answers from a mapping."""

import datetime as dt

import pytest

from ranvier.session.operator import ScriptedOperator
from ranvier.session.parameters import StepEntry, StepKind, StepPhase
from ranvier.session.programs import StopSignal
from ranvier.session.record import SessionRecord, SessionState
from ranvier.session.steps import StepContext, run_step

START = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))


class Sitting:
    """One session, and what its steps were answered and told."""

    def __init__(self, folder):
        self.folder = folder
        self.answers = {}
        self.said = []
        self.logged = []
        self.stop = StopSignal()
        self.record = {"subject": "mouse-7", "user": "ada"}

    def say(self, text):
        self.said.append(text)

    def warn(self, text):
        self.said.append(f"! {text}")

    def advance(self, task, done, total):
        pass

    def context(self, **fields):
        known = {"session": self.folder.name, "rig": "rig-1", "start": START}
        record = SessionRecord(**known, state=SessionState.RUNNING, **self.record)
        operator = ScriptedOperator(self.answers, "answers.json", self)
        whole = {"log": self.logged.append, **fields}
        return StepContext(self.folder, record, operator, self.stop, **whole)

    def run(self, name, phase=StepPhase.BEFORE, fields=None, /, **parameters):
        entry = StepEntry(StepKind.SHIPPED, name, phase, 0, parameters)
        return run_step(entry, self.context(**(fields or {})))

    def run_after(self, name, /, **parameters):
        return self.run(name, StepPhase.AFTER, **parameters)

    def run_script(self, path, repository, /, **fields):
        context = fields.pop("context", {})
        entry = StepEntry(StepKind.SCRIPT, path, StepPhase.BEFORE, 0, **fields)
        return run_step(entry, self.context(repository=repository, **context))


@pytest.fixture
def sitting(tmp_path):
    folder = tmp_path / "mouse-7_2026-11-20_10-00-00"
    folder.mkdir()
    return Sitting(folder)

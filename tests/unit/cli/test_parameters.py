from __future__ import annotations

import contextlib

from ranvier.audit import AuditLine
from ranvier.cli import _choose
from ranvier.cli._parameters import find_values, set_value
from ranvier.recording import Manifest, NodeEntry
from ranvier.spec import NodeSpec


def build_line(kind, node, **fields):
    return AuditLine(0, 0, "", kind, node, fields, "", "")


def test_values_are_those_of_the_start_and_each_change_since():
    entry = NodeEntry("eye", NodeSpec("eye", "source"), parameters={"gain": 1, "n": 2})
    manifest = Manifest("r", "g", "", "", "", 0, nodes=(entry,))
    audit = [
        build_line("parameter_changed", "eye", parameter="gain", old=1, new=5),
        build_line("parameter_refused", "eye", parameter="n", value=9),
        build_line("parameter_changed", "eye", parameter="gain", old=5, new=6),
    ]

    assert find_values(manifest, audit) == {("eye", "gain"): 6, ("eye", "n"): 2}


class FakeScreen:
    def set_parameter(self, node, name, value):
        return {"old": 1, "new": value, "from_sequence": 42}


def test_the_answer_says_from_which_message_a_change_holds(monkeypatch, capsys):
    screen = contextlib.nullcontext(FakeScreen())
    monkeypatch.setattr(_choose, "choose_run", lambda run: run)
    monkeypatch.setattr(_choose, "join", lambda run: screen)
    set_value("eye.gain", "2")

    assert capsys.readouterr().out == "eye.gain: 1 → 2 (from message 42 on)\n"

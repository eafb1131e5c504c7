"""Files of answers, nobody at all, and the trail of answers."""

import json

import pytest

from ranvier.session.faults import OperatorError
from ranvier.session.operator import (
    AbsentOperator,
    AuditedOperator,
    Form,
    PromisedOperator,
    Question,
    QuestionKind,
    ScriptedOperator,
    Table,
)

WEIGHT = Question("weight", "Weight?", QuestionKind.NUMBER, (), "g", 5.0, 100.0)
GO = Question("go", "Go on?", QuestionKind.CONFIRM, default=True)


class Listener:
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)

    def warn(self, text):
        self.lines.append(f"! {text}")

    def advance(self, task, done, total):
        self.lines.append((task, done, total))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answers.json", '{"weight": 23.5, "go": "y"}'),
        ("answers.yaml", "weight: 23.5\ngo: y\n"),
    ],
)
def test_answers_are_read_from_a_file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)

    operator = ScriptedOperator.read(path)

    assert operator.name == name
    assert operator.fill(Form("", (WEIGHT, GO))) == {"weight": 23.5, "go": True}
    assert operator.unused() == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answers.json", "[1]"),
        ("answers.json", '{"a": 1, "a": 2}'),
        ("answers.json", "{"),
        ("answers.yaml", "a: [1"),
        ("answers.yaml", "a: 1\na: 2\n"),
        ("answers.yaml", ""),
        ("answers.yaml", None),
    ],
)
def test_a_file_that_gives_no_answers_is_refused(tmp_path, name, text):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)

    with pytest.raises(OperatorError) as caught:
        ScriptedOperator.read(path)

    assert caught.value.code == "RV-S82"
    assert caught.value.where == str(path)


def test_an_answer_of_a_file_is_checked():
    operator = ScriptedOperator({"weight": 250})

    with pytest.raises(OperatorError) as caught:
        operator.ask(WEIGHT)

    assert caught.value.code == "RV-S81"


def test_a_list_is_taken_in_order_and_ends():
    operator = ScriptedOperator({"weight": [20, 21]})

    assert [operator.ask(WEIGHT), operator.ask(WEIGHT)] == [20.0, 21.0]
    with pytest.raises(OperatorError, match="no answer"):
        operator.ask(WEIGHT)


def test_a_default_is_no_answer_of_a_file():
    with pytest.raises(OperatorError) as caught:
        ScriptedOperator({}, "answers.json").ask(GO)

    assert caught.value.code == "RV-S80"
    assert caught.value.mend == 'put "go: …" into answers.json'


def test_a_slip_in_a_name_is_told():
    operator = ScriptedOperator({"wieght": 20, "go": True})

    with pytest.raises(OperatorError) as caught:
        operator.ask(WEIGHT)

    assert caught.value.mend == 'did you mean "wieght"?'
    assert operator.unused() == ("wieght", "go")


def test_all_missing_answers_of_a_form_are_named():
    with pytest.raises(OperatorError, match='"weight", "go"'):
        ScriptedOperator({}).fill(Form("", (WEIGHT, GO)))


def test_nobody_refuses_and_tells_the_way_out():
    operator = AbsentOperator()

    with pytest.raises(OperatorError) as asked:
        operator.ask(GO)
    with pytest.raises(OperatorError, match='"weight", "go"'):
        operator.fill(Form("", (WEIGHT, GO)))

    assert "--answers" in asked.value.mend
    assert "parameter file" in asked.value.mend


@pytest.mark.parametrize(
    "build", [AbsentOperator, lambda reporter: ScriptedOperator({}, "a", reporter)]
)
def test_who_is_not_there_still_passes_on_what_is_said(build):
    listener = Listener()
    operator = build(listener)

    operator.say("a")
    operator.warn("b")
    operator.advance("c", 1, 2)
    operator.show(Table("d", ("e",), (("f",),)))

    assert listener.lines == ["a", "! b", ("c", 1, 2), "d", "  e", "  f"]


def test_every_answer_is_written_down_with_who_gave_it():
    trail = []
    within = ScriptedOperator({"weight": 20, "go": "n"}, "answers.json")
    operator = AuditedOperator(within, lambda *line: trail.append(line))

    operator.ask(WEIGHT)
    operator.fill(Form("", (GO,)))

    assert trail == [
        ("weight", "Weight?", 20.0, "answers.json"),
        ("go", "Go on?", False, "answers.json"),
    ]
    assert json.dumps(trail)


def test_a_refusal_is_no_answer_in_the_trail():
    trail = []
    operator = AuditedOperator(AbsentOperator(), lambda *line: trail.append(line))

    with pytest.raises(OperatorError):
        operator.ask(GO)

    assert trail == []


def test_what_may_stay_without_an_answer_does():
    question = Question("notes", "Notes?", is_required=False)

    assert AbsentOperator().ask(question) is None
    assert ScriptedOperator({}).ask(question) is None
    assert AbsentOperator().fill(Form("Notes", (question,))) == {"notes": None}


def test_whether_there_is_an_answer_is_known_before():
    assert not AbsentOperator().has_answer("weight")
    assert PromisedOperator().has_answer("weight")
    assert ScriptedOperator({"weight": 24}).has_answer("weight")
    assert not ScriptedOperator({"weight": []}).has_answer("weight")

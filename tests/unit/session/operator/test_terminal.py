"""What a person reads, and what Enter, slips and the end of input do."""

import io

import pytest

from ranvier.session.faults import OperatorError
from ranvier.session.operator import (
    Form,
    Question,
    QuestionKind,
    Table,
    TerminalOperator,
)

WEIGHT = Question("weight", "Weight?", QuestionKind.NUMBER, (), "g", 5.0, 100.0)
PROJECT = Question(
    "project", "Which project?", QuestionKind.CHOICE, ("Gratings", "Zebra")
)


class Keys(io.StringIO):
    """A terminal on which someone has typed ahead."""

    def isatty(self):
        return True


def sit_at(typed):
    screen = io.StringIO()
    return TerminalOperator(Keys(typed), screen), screen


def test_a_number_is_asked_with_its_limits_and_unit():
    operator, screen = sit_at("23.5\n")

    assert operator.ask(WEIGHT) == 23.5
    assert screen.getvalue() == "Weight? [from 5 to 100 g] "


def test_choices_are_numbered():
    operator, screen = sit_at("2\n")

    assert operator.ask(PROJECT) == "Zebra"
    assert "  1  Gratings\n  2  Zebra\nNumber or name: " in screen.getvalue()


@pytest.mark.parametrize(
    ("question", "answer", "shown"),
    [
        (Question("user", "Who?", default="ada"), "ada", "[Enter: ada]"),
        (
            Question("go", "Go?", QuestionKind.CONFIRM, default=False),
            False,
            "(y/N)",
        ),
        (Question("go", "Go?", QuestionKind.CONFIRM, default=True), True, "(Y/n)"),
        (Question("notes", "Notes?", is_required=False), None, "[Enter: none]"),
        (Question("ok", "Ready?", QuestionKind.ACKNOWLEDGE), True, "(Enter)"),
    ],
)
def test_enter_takes_what_was_proposed(question, answer, shown):
    operator, screen = sit_at("\n")

    assert operator.ask(question) == answer
    assert shown in screen.getvalue()


def test_an_empty_answer_is_no_yes():
    operator, screen = sit_at("\ny\n")

    assert operator.ask(Question("go", "Go?", QuestionKind.CONFIRM)) is True
    assert screen.getvalue().count("(y/n)") == 2


def test_a_slip_is_told_and_asked_again():
    operator, screen = sit_at("250\n25\n")

    assert operator.ask(WEIGHT) == 25.0
    assert "That was '250'; wanted: a number from 5 to 100 g." in screen.getvalue()


def test_five_slips_are_enough():
    operator, _ = sit_at("x\n" * 6)

    with pytest.raises(OperatorError) as caught:
        operator.ask(WEIGHT)

    assert caught.value.code == "RV-S84"
    assert caught.value.found == "'x'"


def test_the_end_of_input_is_no_answer_even_with_a_default():
    operator, _ = sit_at("")

    with pytest.raises(OperatorError) as caught:
        operator.ask(Question("user", "Who?", default="ada"))

    assert caught.value.code == "RV-S83"


@pytest.mark.parametrize("stdin", [None, io.StringIO("23\n")])
def test_without_a_terminal_all_is_refused_at_once(stdin):
    screen = io.StringIO()
    operator = TerminalOperator(stdin, screen)

    with pytest.raises(OperatorError) as caught:
        operator.ask(WEIGHT)

    assert caught.value.code == "RV-S80"
    assert "--answers" in caught.value.mend
    assert screen.getvalue() == ""


def test_a_form_is_asked_in_its_order():
    operator, screen = sit_at("23\nzebra\n")

    answers = operator.fill(Form("Before we start", (WEIGHT, PROJECT)))

    assert answers == {"weight": 23.0, "project": "Zebra"}
    assert screen.getvalue().startswith("Before we start\n")


def test_a_table_stands_in_columns():
    operator, screen = sit_at("")

    operator.show(Table("Disks", ("disk", "free"), (("data", "80 GB"),)))

    assert screen.getvalue() == "Disks\n  disk  free\n  data  80 GB\n"


def test_progress_stays_in_one_line():
    operator, screen = sit_at("")

    operator.advance("copy", 1, 2)
    operator.advance("copy", 2, 2)

    assert screen.getvalue() == "\rcopy   50%\rcopy  100%\n"

"""What is taken as an answer, and what is not."""

import pytest

from ranvier.session.faults import OperatorError
from ranvier.session.operator import Question, QuestionKind, check_answer

WEIGHT = Question("weight", "Weight?", QuestionKind.NUMBER, (), "g", 5.0, 100.0)
PROJECT = Question("project", "Which?", QuestionKind.CHOICE, ("Gratings", "Zebra"))
GO = Question("go", "Go on?", QuestionKind.CONFIRM)
READ = Question("read", "Read this.", QuestionKind.ACKNOWLEDGE)
NOTES = Question("notes", "Notes?")


@pytest.mark.parametrize(
    ("question", "given", "answer"),
    [
        (WEIGHT, "23.4", 23.4),
        (WEIGHT, " 23.4 g ", 23.4),
        (WEIGHT, "23.4g", 23.4),
        (WEIGHT, 5, 5.0),
        (WEIGHT, "100", 100.0),
        (PROJECT, "Zebra", "Zebra"),
        (PROJECT, "zebra", "Zebra"),
        (PROJECT, "2", "Zebra"),
        (PROJECT, 1, "Gratings"),
        (GO, "Y", True),
        (GO, "no", False),
        (GO, True, True),
        (READ, "", True),
        (READ, True, True),
        (NOTES, "  sleepy ", "sleepy"),
        (NOTES, 12, "12"),
    ],
)
def test_an_answer_is_taken(question, given, answer):
    assert answer == check_answer(question, given)


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (WEIGHT, ""),
        (WEIGHT, "4.9"),
        (WEIGHT, "100.1"),
        (WEIGHT, "23,4"),
        (WEIGHT, "2_3"),
        (WEIGHT, "nan"),
        (WEIGHT, "inf"),
        (WEIGHT, True),
        (WEIGHT, None),
        (PROJECT, "0"),
        (PROJECT, "3"),
        (PROJECT, "Zeb"),
        (PROJECT, ""),
        (GO, ""),
        (GO, "maybe"),
        (GO, None),
        (READ, None),
        (READ, False),
        (READ, "no"),
        (NOTES, ""),
        (NOTES, "   "),
        (NOTES, True),
        (NOTES, ["a"]),
    ],
)
def test_what_is_no_answer_is_refused(question, given):
    with pytest.raises(OperatorError) as caught:
        check_answer(question, given)

    assert caught.value.code == "RV-S81"
    assert question.name in caught.value.problem
    assert caught.value.wanted


def test_a_choice_that_is_a_digit_is_taken_by_its_name():
    question = Question("plane", "Plane?", QuestionKind.CHOICE, ("2", "1"))

    assert check_answer(question, "2") == "2"


def test_a_near_miss_is_told():
    with pytest.raises(OperatorError, match="Gratings") as caught:
        check_answer(PROJECT, "Gratngs")

    assert caught.value.mend == 'did you mean "Gratings"?'


def test_a_default_is_no_answer_by_itself():
    question = Question("subject", "Subject?", default="test_subject")

    with pytest.raises(OperatorError):
        check_answer(question, "")


@pytest.mark.parametrize("given", ["", None, "  "])
def test_what_need_not_be_answered_may_stay_empty(given):
    question = Question("notes", "Notes?", is_required=False)

    assert check_answer(question, given) is None

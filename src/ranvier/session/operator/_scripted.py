"""Answers from a file, for tests and for sessions that nobody sits at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self, cast

from ranvier.core import format_error, suggest
from ranvier.session.faults import OperatorError
from ranvier.session.operator._answers import build_unanswered, check_answer
from ranvier.session.operator._relay import Relay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.core import Reporter
    from ranvier.session.operator._questions import Answer, Form, Question


class ScriptedOperator(Relay):
    """Answers from a mapping, checked as a person's would be.

    Parameters
    ----------
    answers
        Name of the question to its answer; a list is taken in order, one for each
        time that it is asked.
    name
        Where they come from, for the audit trail.
    reporter
        Is told what happens; nobody if not given.
    """

    def __init__(
        self,
        answers: Mapping[str, Any],
        name: str = "answers",
        reporter: Reporter | None = None,
    ) -> None:
        super().__init__(reporter)
        self._answers = dict(answers)
        self._name = name
        self._n_taken: dict[str, int] = {}

    @classmethod
    def read(cls, path: Path, reporter: Reporter | None = None) -> Self:
        """Read answers from a file, JSON or YAML.

        Parameters
        ----------
        path
            A mapping stands in it; JSON if it is called so, else YAML.
        reporter
            Is told what happens.

        Returns
        -------
        ScriptedOperator
            Under the file's name.

        Raises
        ------
        OperatorError
            If it can't be read, is no mapping, or names a question twice.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
            content = _parse_json(text) if path.suffix == ".json" else _parse_yaml(text)
        except (OSError, ValueError) as error:
            raise _refuse_file(path, format_error(error)) from error
        if not isinstance(content, dict):
            raise _refuse_file(path, f"a {type(content).__name__}")
        answers = cast("dict[Any, Any]", content)
        return cls({str(key): answers[key] for key in answers}, path.name, reporter)

    @property
    def name(self) -> str:
        """Who answers, for the audit trail: the file's name."""
        return self._name

    def has_answer(self, name: str) -> bool:
        """Say whether an answer of this name stands there."""
        return self._has(name)

    def ask(self, question: Question) -> Answer:
        """Give the answer that stands there; None if it may stay without one.

        Parameters
        ----------
        question
            What is asked; its default is no answer.

        Returns
        -------
        Answer
            As `check_answer` gives it.

        Raises
        ------
        OperatorError
            If there is none, or none is left in its list, or it is none.
        """
        if not self._has(question.name):
            if not question.is_required:
                return None
            raise self._refuse((question,))
        return check_answer(question, self._take(question.name))

    def fill(self, form: Form) -> dict[str, Answer]:
        """Give the answers to all questions of a form.

        Parameters
        ----------
        form
            What is asked.

        Returns
        -------
        dict
            Answers by the names of the questions.

        Raises
        ------
        OperatorError
            As `ask`, with all that have no answer.
        """
        missing = tuple(
            each
            for each in form.questions
            if each.is_required and not self._has(each.name)
        )
        if missing:
            raise self._refuse(missing)
        return {question.name: self.ask(question) for question in form.questions}

    def unused(self) -> tuple[str, ...]:
        """Give the answers that no question took: a slip in a name, most likely.

        Returns
        -------
        tuple of str
            Names, also of lists that are not used up.
        """
        return tuple(
            name
            for name, given in self._answers.items()
            if self._n_taken.get(name, 0)
            < (len(cast("list[Any]", given)) if isinstance(given, list) else 1)
        )

    def _has(self, name: str) -> bool:
        if name not in self._answers:
            return False
        given = self._answers[name]
        taken = self._n_taken.get(name, 0)
        return not isinstance(given, list) or taken < len(cast("list[Any]", given))

    def _take(self, name: str) -> object:
        taken = self._n_taken.get(name, 0)
        self._n_taken[name] = taken + 1
        given = self._answers[name]
        return cast("list[Any]", given)[taken] if isinstance(given, list) else given

    def _refuse(self, questions: tuple[Question, ...]) -> OperatorError:
        name = questions[0].name
        put_in = f'put "{name}: …" into {self._name}'
        if name in self._answers:
            put_in = f'put one more answer into the list "{name}" of {self._name}'
        mend = suggest(name, self.unused(), put_in)
        return build_unanswered(questions, self._name, mend)


def _parse_json(text: str) -> object:
    def pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f'"{twice}" stands there twice')
        return seen

    return json.loads(text, object_pairs_hook=pair)


def _parse_yaml(text: str) -> object:
    from ruamel.yaml import YAML  # slow to import, and rarely needed
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType] - untyped
    except YAMLError as error:
        raise ValueError(str(error)) from error


def _refuse_file(path: Path, found: str) -> OperatorError:
    return OperatorError(
        f"the answers in {path.name} can't be read.",
        code="RV-S82",
        where=str(path),
        found=found,
        wanted="JSON or YAML: the name of each question, and its answer",
        mend="mend the file, or give another one as --answers",
    )

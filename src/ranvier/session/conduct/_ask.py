"""Asks the operator for what must be known of a session and stands nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.operator import Form, Question

if TYPE_CHECKING:
    from ranvier.session.operator import Operator
    from ranvier.session.parameters import Parameters

_PROMPTS = {
    "subject_id": "Identifier of the subject",
    "user_id": "Who conducts the session",
}


def ask_missing(parameters: Parameters, operator: Operator) -> Parameters:
    """Ask for the subject and for who conducts the session, where they are missing.

    Parameters
    ----------
    parameters
        Of the session.
    operator
        Who is asked.

    Returns
    -------
    merged
        With the answers.

    Raises
    ------
    OperatorError
        If there is no answer: none is invented.
    """
    missing = [key for key in _PROMPTS if not parameters.get(key)]
    if not missing:
        return parameters
    questions = tuple(Question(key, _PROMPTS[key]) for key in missing)
    answers = operator.fill(Form("The session", questions))
    return parameters.with_changes(answers, "operator")

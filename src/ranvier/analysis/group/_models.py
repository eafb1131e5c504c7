"""The formulas of the models that a group is analysed with, in one place.

Contrast is coded, side, reward and choice are ±0.5. Each family has a full model and
the same without one thing; all models of a family are fitted to the same trials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import AnalysisError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RESPONSE_LMM = "response ~ contrast * side * reward"
"""Model of `fit_lmm`."""

MOVEMENT_PREDICTORS = {
    "choice": "choice_side",
    "reaction_time": "log_reaction_time",
    "peak_velocity": "peak_velocity",
}
"""Movement variable → its predictor."""

PERSESSION_MAINS = (
    "contrast",
    "side",
    "reward",
    "choice_side",
    "log_reaction_time",
    "peak_velocity",
)
"""Main effects of the model of one recording."""

_NOT_CROSSED = (
    {"side", "reward"},
    {"choice_side", "side"},
    {"choice_side", "reward"},
)
"""Of side, reward and choice two say the third."""

_FEEDBACK = "feedback_times"

_RELIABILITY = {
    "full": "contrast * side",
    "contrast": "side",
    "side": "contrast",
    "interactions": "contrast + side",
}
_RELIABILITY_FEEDBACK = {
    "full": "contrast * side + contrast * reward",
    "contrast": "side + reward",
    "side": "contrast * reward",
    "reward": "contrast * side",
    "interactions": "contrast + side + reward",
}
_CEILING = {"full": "C(contrast_percent) * side"}
_CEILING_FEEDBACK = {"full": "C(contrast_percent) * side * reward - side:reward"}
_MOVEMENT_CEILING = {"full": "choice_side * log_reaction_time * peak_velocity"}

FAMILIES = (
    "task_reliability",
    "task_ceiling",
    *(f"movement_{name}" for name in MOVEMENT_PREDICTORS),
    "movement_ceiling",
)
"""Names of the families of models."""


def get_models(family: str, event: str) -> dict[str, str]:
    """Give the models of a family for an event.

    Parameters
    ----------
    family
        One of `FAMILIES`.
    event
        Reward is only in models of the feedback: before it, it is not known.

    Returns
    -------
    dict
        Name → formula; "full", and one for each thing left out.

    Raises
    ------
    AnalysisError
        RV-A09 if there is no such family.

    Examples
    --------
    >>> get_models("task_reliability", "stimOn_times")["contrast"]
    'response ~ side'
    """
    if family not in FAMILIES:
        raise AnalysisError(
            f'there is no family of models "{family}".',
            code="RV-A09",
            wanted=", ".join(FAMILIES),
            mend=suggest(family, list(FAMILIES), "name one of these"),
        )
    is_feedback = event == _FEEDBACK
    if family == "task_reliability":
        terms = _RELIABILITY_FEEDBACK if is_feedback else _RELIABILITY
    elif family == "task_ceiling":
        terms = _CEILING_FEEDBACK if is_feedback else _CEILING
    elif family == "movement_ceiling":
        terms = _MOVEMENT_CEILING
    else:
        terms = _make_movement(family.removeprefix("movement_"), is_feedback)
    return {name: f"response ~ {words}" for name, words in terms.items()}


def make_persession_formula(mains: Iterable[str] = PERSESSION_MAINS) -> str:
    """Give the formula of one recording: main effects and products of two.

    Parameters
    ----------
    mains
        Main effects that are known.

    Returns
    -------
    str

    Examples
    --------
    >>> make_persession_formula(["contrast", "side", "reward"])
    'response ~ contrast + side + reward + contrast:side + contrast:reward'
    """
    names = [*mains]
    products = [
        f"{one}:{other}"
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        if {one, other} not in _NOT_CROSSED
    ]
    return "response ~ " + " + ".join([*names, *products])


def _make_movement(name: str, is_feedback: bool) -> Mapping[str, str]:
    task = (_RELIABILITY_FEEDBACK if is_feedback else _RELIABILITY)["full"]
    predictor = MOVEMENT_PREDICTORS[name]
    # Choice and side, or reward, say each other: only contrast is crossed with it.
    crossed = ["contrast"] if name == "choice" else ["contrast", "side"]
    if is_feedback and name != "choice":
        crossed.append("reward")
    products = " + ".join(f"{predictor}:{variable}" for variable in crossed)
    return {
        "full": f"{task} + {predictor} + {products}",
        "movement": task,
        "task": predictor,
        "interactions": f"{task} + {predictor}",
    }

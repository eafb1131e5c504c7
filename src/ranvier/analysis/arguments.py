"""What the arguments of numerical functions must be; each error is said here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_above_zero", "check_option", "check_range", "make_shape_error"]


def check_option(name: str, value: str, known: Sequence[str]) -> None:
    """Raise unless a value is one of those known.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given.
    known
        What there is.

    Raises
    ------
    AnalysisError
        RV-A45.
    """
    if value not in known:
        raise AnalysisError(
            f"{name} is none of those known.",
            code="RV-A45",
            found=repr(value),
            wanted="one of " + ", ".join(map(repr, known)),
            mend="choose one of them",
        )


def check_range(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Raise unless low < value < high.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given; NaN is never within.
    low, high
        In the same unit; infinity is not within.

    Raises
    ------
    AnalysisError
        RV-A49.
    """
    if not low < value < high:
        below = f", less than {high:g}" if high < math.inf else ""
        raise _make_range_error(name, value, f"more than {low:g}{below}")


def check_above_zero(name: str, value: float) -> None:
    """Raise unless a number is above zero; it may be infinite.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given; NaN is refused.

    Raises
    ------
    AnalysisError
        RV-A49.
    """
    if not value > 0.0:
        raise _make_range_error(name, value, "more than 0")


def make_shape_error(found: str, wanted: str) -> AnalysisError:
    """Make the error of an array that is not of its shape.

    Parameters
    ----------
    found, wanted
        Shapes, in words.

    Returns
    -------
    AnalysisError
        RV-A46.
    """
    return AnalysisError(
        "an array is not of the shape wanted.",
        code="RV-A46",
        found=found,
        wanted=wanted,
        mend="give arrays that belong to one signal, its channels as columns",
    )


def _make_range_error(name: str, value: float, wanted: str) -> AnalysisError:
    return AnalysisError(
        f"{name} is out of its range.",
        code="RV-A49",
        found=f"{value:g}",
        wanted=wanted,
        mend="set it within the range",
    )

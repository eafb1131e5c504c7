"""What the models share: options that must be known, faults of formulas and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.analysis.arrays import FloatArray

__all__ = [
    "check_choice",
    "compute_two_sided_p",
    "make_array_error",
    "make_formula_error",
]


def check_choice(name: str, found: str, wanted: Iterable[str]) -> None:
    """Raise if an option is not one of those that there are.

    Parameters
    ----------
    name
        Name of the argument.
    found
        What was given.
    wanted
        What there is.

    Raises
    ------
    AnalysisError
        RV-A84.
    """
    choices = list(wanted)
    if found not in choices:
        raise AnalysisError(
            f"`{name}` is not one of those that there are.",
            code="RV-A84",
            found=f'"{found}"',
            wanted=", ".join(choices),
            mend="give one of those",
        )


def make_formula_error(
    problem: str, *, found: str, mend: str, wanted: str = "", where: str = ""
) -> AnalysisError:
    """Make the error of a formula that does not fit its frame or model (RV-A82)."""
    return AnalysisError(
        problem, code="RV-A82", where=where, found=found, wanted=wanted, mend=mend
    )


def make_array_error(
    problem: str, *, found: str, mend: str, wanted: str = ""
) -> AnalysisError:
    """Make the error of arrays that can't go into a model together (RV-A83)."""
    return AnalysisError(problem, code="RV-A83", found=found, wanted=wanted, mend=mend)


def compute_two_sided_p(z: FloatArray) -> FloatArray:
    """Give the two-sided p-value of a standard normal deviate.

    Parameters
    ----------
    z
        Any shape.

    Returns
    -------
    FloatArray
        Right in its digits far in the tail too.
    """
    from scipy.special import erfc

    return np.asarray(erfc(np.abs(z) / np.sqrt(2.0)), dtype=np.float64)

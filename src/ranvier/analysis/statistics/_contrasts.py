"""How stimulus contrast, and factors of two levels, become numbers of a design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics._choices import check_choice
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray

__all__ = ["ContrastCoding", "code_two_levels", "make_contrast_coding"]

Coding = Literal["log", "log2", "linear", "rank"]
_CODINGS = ("log", "log2", "linear", "rank")


@dataclass(frozen=True)
class ContrastCoding:
    """A way to code contrast, with its way back.

    Parameters
    ----------
    name
        "log": ln(c + 1); "log2": log2 c, and 0 for no contrast; "linear": c; "rank": 0,
        1, 2, … over the contrasts seen.
    levels
        Contrasts seen, percent, rising.
    mean
        Subtracted after coding.
    """

    name: Coding
    levels: FloatArray
    mean: float

    def code(self, contrast: ArrayLike) -> FloatArray:
        """Code contrasts.

        Parameters
        ----------
        contrast
            Percent, unsigned; NaN stays NaN.

        Returns
        -------
        FloatArray
            Same shape.

        Raises
        ------
        AnalysisError
            RV-A85 if a contrast has no code: negative, between 0 and 1 % with "log2",
            or not among the levels with "rank".
        """
        values = np.asarray(contrast, dtype=np.float64)
        _check_contrasts(values, self.name)
        if self.name == "log":
            return np.log1p(values) - self.mean
        if self.name == "log2":
            return np.log2(np.where(values == 0, 1.0, values)) - self.mean
        if self.name == "linear":
            return values - self.mean
        at = np.minimum(np.searchsorted(self.levels, values), len(self.levels) - 1)
        strange = np.isfinite(values) & (self.levels[at] != values)
        if strange.any():
            raise _make_fault(values[strange], "one of " + _format(self.levels))
        return np.where(np.isnan(values), np.nan, at) - self.mean

    def decode(self, coded: ArrayLike) -> FloatArray:
        """Give the contrasts of codes.

        Parameters
        ----------
        coded
            What `code` gave. Between ranks, contrast is interpolated.

        Returns
        -------
        FloatArray
            Percent. With "log2", code 0 is no contrast (1 % has the same code).
        """
        values = np.asarray(coded, dtype=np.float64) + self.mean
        if self.name == "log":
            return np.expm1(values)
        if self.name == "log2":
            return np.where(np.abs(values) < 1e-9, 0.0, 2.0**values)
        if self.name == "linear":
            return values
        return np.interp(values, np.arange(len(self.levels)), self.levels)


def make_contrast_coding(
    contrast: ArrayLike, name: Coding = "log2", *, centre: bool = True
) -> ContrastCoding:
    """Make a coding for the contrasts of some trials.

    Parameters
    ----------
    contrast
        Contrast of each trial, percent, unsigned.
    name
        See `ContrastCoding`.
    centre
        Subtract the mean over these trials, so that the other coefficients hold at the
        mean contrast.

    Returns
    -------
    ContrastCoding

    Raises
    ------
    AnalysisError
        RV-A84 if `name` is unknown; RV-A85 if a contrast has no code.
    GroupFault
        If there is no contrast.

    Examples
    --------
    >>> make_contrast_coding([0, 25, 100], "rank", centre=False).code([100, 0]).tolist()
    [2.0, 0.0]
    >>> coding = make_contrast_coding([0, 6.25, 100], "log")
    >>> coding.decode(coding.code([6.25])).round(9).tolist()
    [6.25]
    """
    check_choice("name", name, _CODINGS)
    values = np.asarray(contrast, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        raise GroupFault("no trial has a contrast.", wanted="a contrast, in percent")
    plain = ContrastCoding(name, np.unique(values), 0.0)
    coded = plain.code(values)
    mean = float(coded.mean()) if centre else 0.0
    return ContrastCoding(name, plain.levels, mean)


def code_two_levels(values: Any, high: Any, low: Any) -> FloatArray:
    """Code a factor of two levels as +0.5 and -0.5.

    Coefficients of other terms then hold midway between both, and the factor's own is
    the difference of the two.

    Parameters
    ----------
    values
        Level of each trial, any type.
    high, low
        Levels of +0.5 and -0.5: "contra" and "ipsi"; all others become NaN.

    Returns
    -------
    FloatArray

    Examples
    --------
    >>> code_two_levels(["contra", "ipsi", None], "contra", "ipsi").tolist()
    [0.5, -0.5, nan]
    """
    levels = np.asarray(values, dtype=object)
    coded = np.full(levels.shape, np.nan)
    coded[levels == high] = 0.5
    coded[levels == low] = -0.5
    return coded


def _check_contrasts(values: FloatArray, name: str) -> None:
    strange = (values < 0) | np.isinf(values)
    wanted = "percent, 0 or more"
    if name == "log2":
        strange |= (values > 0) & (values < 1)
        wanted = "0, or 1 percent or more: a logarithm below 0 would rank under none"
    if strange.any():
        raise _make_fault(values[strange], wanted)


def _make_fault(strange: FloatArray, wanted: str) -> AnalysisError:
    return AnalysisError(
        "some contrasts can't be coded.",
        code="RV-A85",
        found=_format(np.unique(strange)),
        wanted=wanted,
        mend="give unsigned contrast in percent (a share of one times 100)",
    )


def _format(values: FloatArray) -> str:
    return ", ".join(f"{value:g}" for value in values[:10])

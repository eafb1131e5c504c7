"""What responses and their windows must be; each fault is said in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray

# Times of samples are multiples of 1/30 s and the like: 0.35 must not depend on the
# last bit of 21/60.
_EDGE = 1e-9


def select_window(t: ArrayLike, window: tuple[float, float]) -> BoolArray:
    """Tell which samples lie in [start, end)."""
    at = np.asarray(t, dtype=np.float64)
    inside = (at >= window[0] - _EDGE) & (at < window[1] - _EDGE)
    if not inside.any():
        span = f"{at[0]:g} to {at[-1]:g} s" if at.size else "no sample"
        raise AnalysisError(
            "no sample of the responses lies in the window.",
            code="RV-A36",
            found=f"window {window[0]:g} to {window[1]:g} s, responses {span}",
            wanted="a window within the responses, start before end",
            mend="choose another window, or extract longer responses",
        )
    return inside


def check_rows(values: ArrayLike, t: ArrayLike) -> FloatArray:
    """Give values as floats, whose last axis has the length of `t`."""
    rows = np.asarray(values, dtype=np.float64)
    n_window = np.size(t)
    if rows.ndim == 0 or rows.shape[-1] != n_window:
        raise shape_fault(f"shape {rows.shape}", f"shape (…, {n_window})")
    return rows


def shape_fault(found: str, wanted: str) -> AnalysisError:
    """Make the fault of arrays that do not belong together."""
    return AnalysisError(
        "the arrays do not belong together.",
        code="RV-A37",
        found=found,
        wanted=wanted,
        mend="give arrays of the same trials and the same window",
    )


def check_option(name: str, value: object, allowed: Collection[object]) -> None:
    """Raise unless the value is one of those allowed."""
    if value not in allowed:
        raise option_fault(name, repr(value), ", ".join(map(repr, allowed)))


def option_fault(name: str, found: str, wanted: str) -> AnalysisError:
    """Make the fault of an argument that has another value than it may have."""
    return AnalysisError(
        f'"{name}" is not one of the values it may have.',
        code="RV-A38",
        found=found,
        wanted=wanted,
        mend="choose one of those wanted",
    )


def missing_fault(missing: list[str], present: list[str]) -> AnalysisError:
    """Make the fault of names that are not there."""
    return AnalysisError(
        "events, columns or levels that are asked for are not there.",
        code="RV-A39",
        found=", ".join(map(str, present)) or "none",
        wanted=", ".join(missing),
        mend="extract them, or leave them out of what is asked for",
    )

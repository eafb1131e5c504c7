"""The design matrix of an encoding model: events and continuous regressors by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.statistics._complete import check_n_rows
from ranvier.analysis.statistics._encoding_basis import (
    expand_lags,
    make_event_train,
    make_lags,
    make_raised_cosine_basis,
)
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = [
    "DesignMatrix",
    "EventTerm",
    "Kernel",
    "build_design_matrix",
    "make_cosine_kernel",
    "make_event_terms",
    "make_fir_kernel",
]


@dataclass(frozen=True)
class Kernel:
    """Shape that the response to an event can take.

    Parameters
    ----------
    lags
        (n_lags,), grid steps after the event.
    basis
        (n_lags, n_columns); the identity for free lags.
    """

    lags: IntArray
    basis: FloatArray


@dataclass(frozen=True)
class EventTerm:
    """Events of one kind, each with a height.

    Parameters
    ----------
    name
        Of the block.
    times
        (n_events,), s; NaN is no event.
    heights
        (n_events,); 1 by default; NaN is no event.
    """

    name: str
    times: ArrayLike
    heights: ArrayLike | None = None


@dataclass(frozen=True)
class DesignMatrix:
    """Regressors on a time grid, in named blocks.

    Parameters
    ----------
    values
        (n_grid, n_columns); NaN where a continuous regressor is not known.
    grid
        (n_grid,), s.
    blocks
        Name → columns.
    kernels
        Name → kernel; a continuous regressor has the one lag 0.
    """

    values: FloatArray
    grid: FloatArray
    blocks: Mapping[str, slice]
    kernels: Mapping[str, Kernel]

    @property
    def dt(self) -> float:
        """Step of the grid, s."""
        return float(self.grid[1] - self.grid[0])


def make_fir_kernel(n_lags: int = 50) -> Kernel:
    """Make a kernel free at each lag around the event; 50 lags are -25 … 24.

    Parameters
    ----------
    n_lags
        How many, of one grid step each.

    Returns
    -------
    Kernel
    """
    return Kernel(make_lags(n_lags), np.eye(n_lags))


def make_cosine_kernel(
    n_bumps: int = 10, duration: float = 2.5, offset: float = 0.2, dt: float = 0.1
) -> Kernel:
    """Make a smooth kernel that begins with the event.

    Parameters
    ----------
    n_bumps, duration, offset, dt
        As of `make_raised_cosine_basis`.

    Returns
    -------
    Kernel
    """
    basis = make_raised_cosine_basis(n_bumps, duration, offset, dt)
    return Kernel(np.arange(len(basis), dtype=np.int64), basis)


def make_event_terms(
    name: str,
    times: ArrayLike,
    modulators: Mapping[str, ArrayLike] | None = None,
    interactions: Sequence[tuple[str, str]] = (),
    split_by: ArrayLike | None = None,
) -> list[EventTerm]:
    """Make the terms of one event: itself, its modulators and their products.

    Parameters
    ----------
    name
        Of the event, such as "feedback".
    times
        (n_trials,), s.
    modulators
        Name → value on each trial, coded (`code_two_levels`, or less the mean).
    interactions
        Pairs of modulators whose product is a term.
    split_by
        (n_trials,): a set of terms for each value, "feedback[1]". A modulator that
        does not vary within a value is left out there, since it would be the event
        once more.

    Returns
    -------
    list of EventTerm
        Named "feedback", "feedback:contrast", "feedback:contrast:side".

    Examples
    --------
    >>> terms = make_event_terms("stimOn", [1, 2], {"side": [0.5, -0.5]})
    >>> [term.name for term in terms]
    ['stimOn', 'stimOn:side']
    """
    at = np.asarray(times, dtype=np.float64)
    heights = {
        key: np.asarray(value, dtype=np.float64)
        for key, value in (modulators or {}).items()
    }
    heights |= {f"{a}:{b}": heights[a] * heights[b] for a, b in interactions}
    for key, value in heights.items():
        check_n_rows(f"modulator {key}", at, value)
    groups = {name: np.ones(len(at), dtype=np.bool_)}
    if split_by is not None:
        values = np.asarray(split_by)
        check_n_rows("split_by", at, values)
        groups = {f"{name}[{v}]": values == v for v in np.unique(values)}
    terms: list[EventTerm] = []
    for label, chosen in groups.items():
        terms.append(EventTerm(label, at[chosen]))
        terms += [
            EventTerm(f"{label}:{key}", at[chosen], value[chosen])
            for key, value in heights.items()
            if split_by is None or _varies(value[chosen])
        ]
    return terms


def build_design_matrix(
    grid: FloatArray,
    terms: Sequence[EventTerm],
    kernel: Kernel | Mapping[str, Kernel],
    continuous: Mapping[str, FloatArray] | None = None,
) -> DesignMatrix:
    """Build the regressors of events and continuous variables.

    Parameters
    ----------
    grid
        (n_grid,), s, of `make_time_grid`.
    terms
        Events, each a block.
    kernel
        One for all terms, or one for each name.
    continuous
        Name → values on the grid, of `interpolate_to_grid`, each a block of one
        column.

    Returns
    -------
    DesignMatrix

    Raises
    ------
    AnalysisError
        If two blocks have one name, none is given, or a continuous variable is not
        on the grid.
    """
    rest = continuous or {}
    names = [term.name for term in terms] + list(rest)
    if not names or len(set(names)) < len(names):
        raise AnalysisError(
            "the blocks of a design matrix need names of their own.",
            code="RV-A87",
            found=", ".join(names) or "no block",
            wanted="one block or more, each with another name",
            mend="rename the term or the continuous variable",
        )
    parts: list[FloatArray] = []
    kernels: dict[str, Kernel] = {}
    for term in terms:
        shape = kernel if isinstance(kernel, Kernel) else kernel[term.name]
        train = make_event_train(term.times, grid, term.heights)
        parts.append(expand_lags(train, shape.lags) @ shape.basis)
        kernels[term.name] = shape
    for name, values in rest.items():
        check_n_rows(f"regressor {name}", grid, values)
        parts.append(np.asarray(values, dtype=np.float64).reshape(-1, 1))
        kernels[name] = Kernel(np.zeros(1, dtype=np.int64), np.eye(1))
    edges = np.concatenate([[0], np.cumsum([part.shape[1] for part in parts])])
    blocks = {
        name: slice(int(edges[k]), int(edges[k + 1])) for k, name in enumerate(names)
    }
    return DesignMatrix(np.column_stack(parts), grid, blocks, kernels)


def _varies(values: FloatArray) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and np.ptp(finite) > 0)

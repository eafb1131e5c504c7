"""How much of the hidden truth of a simulated preparation an experiment has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from ranvier.sim.tuning import TuningTruth

    Float = NDArray[np.float64]

LEAST_LIKENESS = 0.4
"""Cosine of two footprints from which on they may be the same cell."""


def build_footprints(cells: Mapping[str, Any]) -> Float:
    """Turn footprints sent in rows into images.

    Parameters
    ----------
    cells
        `shape` (2,), and in rows `offsets` (n + 1,), `pixels` (flat indices) and
        `weights`, as `ranvier.library.cells.CellFinder` sends them.

    Returns
    -------
    numpy.ndarray
        Weights, shape (n, height, width).

    Examples
    --------
    >>> rows = {"shape": [2, 2], "offsets": [0, 1], "pixels": [3], "weights": [0.5]}
    >>> build_footprints(rows)
    array([[[0. , 0. ],
            [0. , 0.5]]])
    """
    height, width = (int(size) for size in cells["shape"])
    offsets = np.asarray(cells["offsets"], np.intp)
    images = np.zeros((max(offsets.size - 1, 0), height * width))
    rows = np.repeat(np.arange(len(images)), np.diff(offsets))
    images[rows, np.asarray(cells["pixels"], np.intp)] = cells["weights"]
    return images.reshape(-1, height, width)


def match_cells(found: ArrayLike, truth: ArrayLike) -> NDArray[np.intp]:
    """Say which of the cells found is which of the true ones.

    Pairs are taken from the most alike on, so each cell has at most one partner.

    Parameters
    ----------
    found
        Footprints, shape (n_found, height, width).
    truth
        Footprints, shape (n_true, height, width).

    Returns
    -------
    numpy.ndarray
        Number of the cell found for each true one, shape (n_true,); -1 for none.

    Examples
    --------
    >>> truth = np.eye(4).reshape(4, 2, 2)
    >>> match_cells(truth[[2, 0]], truth).tolist()
    [1, -1, 0, -1]
    """
    partner = np.full(len(np.asarray(truth)), -1, np.intp)
    if not len(partner) or not len(np.asarray(found)):
        return partner
    likeness = _unit_rows(truth) @ _unit_rows(found).T
    while likeness.max() >= LEAST_LIKENESS:
        true, cell = np.unravel_index(likeness.argmax(), likeness.shape)
        partner[true] = cell
        likeness[true], likeness[:, cell] = -1.0, -1.0
    return partner


def fit_tuning(estimate: ArrayLike, hidden: ArrayLike) -> Float:
    """Scale tuning curves to the hidden ones, each by the factor that fits it best.

    Responses are in ΔF/F and rates in Hz, so only the shape of a curve can be right.

    Parameters
    ----------
    estimate
        Mean responses, shape (n_cells, k), any unit. A value that is not known (NaN)
        is taken for the cell's mean over those known; a cell without any is 0.
    hidden
        Rates, shape (n_cells, k).

    Returns
    -------
    numpy.ndarray
        The estimate in the unit of `hidden`, shape (n_cells, k); never upside down.
    """
    values = np.array(estimate, np.float64)
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1, keepdims=True)
    means = total / np.maximum(known.sum(axis=1, keepdims=True), 1)
    values = np.where(known, values, means)
    rates = np.asarray(hidden, np.float64)
    power = (values**2).sum(axis=1, keepdims=True)
    product = (values * rates).sum(axis=1, keepdims=True)
    gain = np.divide(product, power, out=np.zeros_like(power), where=power > 0)
    return np.maximum(gain, 0.0) * values


def measure_tuning_error(estimate: ArrayLike, hidden: ArrayLike) -> Float:
    """Measure how far tuning curves are from the hidden ones.

    Parameters
    ----------
    estimate, hidden
        As for `fit_tuning`.

    Returns
    -------
    numpy.ndarray
        Root mean square over the k values of estimate - hidden after `fit_tuning`, in
        parts of the highest hidden rate of the cell, shape (n_cells,).

    Examples
    --------
    >>> measure_tuning_error([[0.1, 0.2], [0.0, 0.0]], [[5.0, 10.0], [3.0, 3.0]])
    array([0., 1.])
    """
    rates = np.asarray(hidden, np.float64)
    peak = np.maximum(rates.max(axis=1, keepdims=True), np.finfo(float).tiny)
    error: Float = (fit_tuning(estimate, rates) - rates) / peak
    return np.sqrt((error**2).mean(axis=1))


def follow_tuning_error(
    curves: Sequence[Mapping[str, Any]], truth: TuningTruth, partner: ArrayLike
) -> Float:
    """Measure the tuning error after each trial.

    Parameters
    ----------
    curves
        After each trial: `trial`, `mean` (n_cells, k), and the directions (k,) under
        `directions` or `direction_deg`, as `TuningCurves` and `BayesianChoice` give.
    truth
        Hidden tuning.
    partner
        Number of the cell found for each true one, -1 for none, shape (n_true,).

    Returns
    -------
    numpy.ndarray
        Number of the trial, and the mean over all cells found in the end of
        `measure_tuning_error` over all directions shown in the end, shape (n, 2). A
        cell not found yet has no curve: it counts as one of zeros.
    """
    cells = np.asarray(partner, np.intp)
    found = np.flatnonzero(cells >= 0)
    if not len(curves) or not found.size:
        return np.zeros((0, 2))
    cells, values = cells[found], _directions_of(curves[-1])
    hidden = truth.compute_rates(values)[found]
    rows: list[tuple[float, float]] = []
    for each in curves:
        mean = np.asarray(each["mean"])
        known = np.full((max(mean.shape[0], int(cells.max()) + 1), values.size), np.nan)
        columns = np.searchsorted(values, _directions_of(each))
        known[: mean.shape[0], columns] = mean
        error = measure_tuning_error(known[cells], hidden)
        rows.append((float(each["trial"]), float(error.mean())))
    return np.array(rows)


def _directions_of(curves: Mapping[str, Any]) -> Float:
    values = curves.get("directions", curves.get("direction_deg"))
    return np.atleast_1d(np.asarray(values, np.float64))


def _unit_rows(footprints: ArrayLike) -> Float:
    rows = np.asarray(footprints, np.float64)
    rows = rows.reshape(rows.shape[0], rows[0].size)
    size = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.divide(rows, size, out=np.zeros_like(rows), where=size > 0)

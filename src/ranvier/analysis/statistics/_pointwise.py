"""A mixed model at each time, and how the coefficients of two times vary together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.statistics._curves import (
    make_psd,
)
from ranvier.analysis.statistics._profile import (
    Moments,
    Profile,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray
    from ranvier.analysis.statistics._design import Design


__all__ = [
    "PointwiseProducts",
    "compute_covariances",
    "get_pointwise",
    "sum_pointwise",
    "take_profile",
]


@dataclass(frozen=True)
class PointwiseProducts:
    """Sums of products of design and signal; `shift` is out of the signal."""

    moments: Moments
    gram: FloatArray
    sums: FloatArray
    counts: FloatArray
    shift: FloatArray
    matrix: FloatArray


def sum_pointwise(
    matrix: FloatArray, signal: FloatArray, codes: IntArray, n_subjects: int
) -> PointwiseProducts:
    """Form the sums of products of all times.

    Parameters
    ----------
    matrix
        Design, (n_trials, n_columns).
    signal
        (n_trials, n_times).
    codes
        Number of the subject of each trial.
    n_subjects
        How many there are.

    Returns
    -------
    PointwiseProducts
    """
    shift = signal.mean(axis=0)
    centred = signal - shift
    # What is constant but for the rounding of its mean has no variance to explain.
    centred[:, np.abs(centred).max(axis=0) <= 1e-12 * np.abs(shift)] = 0.0
    if not _find_ones(matrix).any():
        centred, shift = signal, np.zeros(signal.shape[1])
    member = np.zeros((n_subjects, len(codes)))
    member[codes, np.arange(len(codes))] = 1.0
    sums, counts = member @ matrix, member.sum(axis=1)
    gram = matrix.T @ matrix
    moments = Moments(
        xx=gram[None],
        xy=(matrix.T @ centred).T,
        yy=(centred**2).sum(axis=0),
        sx=sums[None],
        sy=(member @ centred).T,
        n=counts[None],
    )
    return PointwiseProducts(moments, gram, sums, counts, shift, matrix)


def _find_ones(matrix: FloatArray) -> BoolArray:
    return (matrix == 1.0).all(axis=0)


def take_profile(best: Profile, rows: BoolArray) -> Profile:
    """Take some of the times.

    Parameters
    ----------
    best
        Fit of each time.
    rows
        Mask.

    Returns
    -------
    Profile
    """
    names = Profile.__dataclass_fields__
    return Profile(**{name: getattr(best, name)[rows] for name in names})


def get_pointwise(
    best: Profile, shift: FloatArray, design: Design
) -> tuple[FloatArray, FloatArray]:
    """Give coefficients and standard errors of the fit at each time.

    Parameters
    ----------
    best
        Fit of each time.
    shift
        What was subtracted from the signal at each time.
    design
        With the intercept, which takes the shift up.

    Returns
    -------
    beta, se
        (n_columns, n_times).
    """
    beta = best.beta.T.copy()
    ones = np.flatnonzero(_find_ones(design.matrix))
    if ones.size:
        beta[ones[0]] += shift
    variances = np.diagonal(best.inverse, axis1=1, axis2=2).T * best.residual_variance
    return beta, np.sqrt(variances)


def compute_covariances(
    products: PointwiseProducts,
    signal: FloatArray,
    best: Profile,
    se: FloatArray,
    good: BoolArray,
) -> list[FloatArray]:
    """Give the covariance over time of each coefficient of the pointwise fits.

    Parameters
    ----------
    products
        Of all times.
    signal
        At the times that were fitted.
    best
        Fit of each of those.
    se
        Its standard errors, which are the diagonal.
    good
        Which of all times those are.

    Returns
    -------
    list of FloatArray
        (n_times, n_times) for each coefficient.
    """
    subject, residual = _estimate_components(products, signal, best, good)
    counts = products.counts
    inflation = 1.0 + best.theta[:, None] * counts
    weight = best.theta[:, None] / inflation
    covariances: list[FloatArray] = []
    for k in range(len(se)):
        rows = best.inverse[:, k]  # of (XᵀV⁻¹X)⁻¹ at each time
        sums = rows @ products.sums.T
        shrunk, weighted = sums / inflation, sums * weight
        crossed = weighted @ sums.T
        own = (
            rows @ products.gram @ rows.T
            - crossed
            - crossed.T
            + (weighted * counts) @ weighted.T
        )
        covariance = make_psd(subject * (shrunk @ shrunk.T) + residual * own)
        size = np.sqrt(np.diag(covariance))
        scale = se[k] / np.where(size > 0, size, 1.0)
        covariance *= np.outer(scale, scale)
        covariances.append(covariance)
    return covariances


def _estimate_components(
    products: PointwiseProducts, signal: FloatArray, best: Profile, good: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Estimate the covariance over time of subjects' and of residual curves."""
    beta = best.beta.T
    left = signal - products.shift[good] - products.matrix @ beta
    within = left.T @ left
    sums = products.moments.sy[good].T - products.sums @ beta
    counts = products.counts
    # Two trials of one subject share its curve and nothing else: the mean of their
    # products is the covariance of subjects' curves.
    pairs = float((counts * (counts - 1)).sum())
    subject = make_psd((sums.T @ sums - within) / max(pairs, 1.0))
    return subject, make_psd(within / len(signal) - subject)

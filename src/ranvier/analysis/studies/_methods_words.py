"""Sentences of a methods section: one for each choice that parameters leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.parameters import PreprocessParameters

REFERENCES: Mapping[str, str] = {
    "Butterworth 1930": (
        "Butterworth S (1930) On the theory of filter amplifiers. Experimental "
        "Wireless 7:536."
    ),
    "Keevers & Jean-Richard-dit-Bressel 2025": (
        "Keevers LJ, Jean-Richard-dit-Bressel P (2025) Obtaining "
        "artifact-corrected signals in fiber photometry via isosbestic signals, "
        "robust regression, and dF/F calculations. Neurophotonics 12:025003."
    ),
    "Fritsch & Carlson 1980": (
        "Fritsch FN, Carlson RE (1980) Monotone piecewise cubic interpolation. "
        "SIAM J Numer Anal 17:238."
    ),
    "IBL 2021": (
        "The International Brain Laboratory (2021) Standardized and reproducible "
        "measurement of decision-making in mice. eLife 10:e63711."
    ),
    "Laird & Ware 1982": (
        "Laird NM, Ware JH (1982) Random-effects models for longitudinal data. "
        "Biometrics 38:963."
    ),
    "Nakagawa & Schielzeth 2013": (
        "Nakagawa S, Schielzeth H (2013) A general and simple method for "
        "obtaining R² from generalized linear mixed-effects models. Methods Ecol "
        "Evol 4:133."
    ),
    "Searle et al. 1980": (
        "Searle SR, Speed FM, Milliken GA (1980) Population marginal means in the "
        "linear model. Am Stat 34:216."
    ),
    "Efron & Stein 1981": (
        "Efron B, Stein C (1981) The jackknife estimate of variance. Ann Stat 9:586."
    ),
    "Cui et al. 2022": (
        "Cui E, Leroux A, Smirnova E, Crainiceanu CM (2022) Fast univariate "
        "inference for longitudinal functional models. J Comput Graph Stat 31:219."
    ),
    "Loewinger et al. 2025": (
        "Loewinger G, Cui E, Lovinger D, Pereira F (2025) A statistical framework "
        "for analysis of trial-level temporal dynamics in fiber photometry "
        "experiments. eLife 13:RP95802."
    ),
    "Krishnapuram et al. 2005": (
        "Krishnapuram B, Carin L, Figueiredo MAT, Hartemink AJ (2005) Sparse "
        "multinomial logistic regression. IEEE Trans Pattern Anal 27:957."
    ),
    "Hotelling 1936": (
        "Hotelling H (1936) Relations between two sets of variates. Biometrika 28:321."
    ),
    "Phipson & Smyth 2010": (
        "Phipson B, Smyth GK (2010) Permutation P-values should never be zero. "
        "Stat Appl Genet Mol Biol 9:39."
    ),
    "Kruskal & Wallis 1952": (
        "Kruskal WH, Wallis WA (1952) Use of ranks in one-criterion variance "
        "analysis. J Am Stat Assoc 47:583."
    ),
    "Mann & Whitney 1947": (
        "Mann HB, Whitney DR (1947) On a test of whether one of two random "
        "variables is stochastically larger than the other. Ann Math Stat 18:50."
    ),
    "Holm 1979": (
        "Holm S (1979) A simple sequentially rejective multiple test procedure. "
        "Scand J Stat 6:65."
    ),
}
"""How a source is named in the text → the source."""


def say_bleaching(set_: PreprocessParameters) -> str:
    """Say how bleaching was corrected.

    Returns
    -------
    str
        A sentence.
    """
    if set_.bleaching == "lowpass":
        return (
            "Bleaching was corrected in each band as (F - F0)/F0, where F0 is the band "
            f"low-pass filtered at {set_.cutoff_hz:g} Hz (Butterworth of order "
            f"{set_.order}, "
            "second-order sections, forward and backward; Butterworth 1930)."
        )
    kind = "an exponential" if set_.bleaching == "single" else "two exponentials"
    return (
        "Bleaching was corrected in each band as (F - F0)/F0, where F0 is the sum of "
        f"{kind} and a constant, fitted by least squares."
    )


def say_reference(set_: PreprocessParameters) -> str:
    """Say how the reference band was used.

    Returns
    -------
    str
        A sentence.
    """
    if set_.reference == "none":
        return "No reference band was used."
    where = (
        "brought to the sample times of the signal by interpolation"
        if set_.align_reference
        else "taken sample by sample"
    )
    how = (
        "iteratively reweighted least squares (Tukey's bisquare; Keevers & "
        "Jean-Richard-dit-Bressel 2025)"
        if set_.reference == "irls"
        else "ordinary least squares"
    )
    return (
        f"The band {set_.reference_band}, {where}, was fitted to the signal by {how}, "
        "and the fit was subtracted."
    )


def say_scaling(set_: PreprocessParameters) -> str:
    """Say how the signal was scaled and resampled.

    Returns
    -------
    str
        Sentences.
    """
    scale = {
        "standard": "z-scored by mean and standard deviation of the session",
        "modified": "z-scored by median and median absolute deviation of the session",
        "none": "not scaled",
    }[set_.zscore]
    return (
        f"The result was {scale}, and resampled to {set_.rate_hz:g} Hz by monotone "
        "cubic interpolation (Fritsch & Carlson 1980); gaps longer than "
        f"{set_.max_gap_s:g} s were left empty."
    )

"""Response vectors: one number for each event, contrast, side and outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ranvier.analysis.responses._checks import (
    check_option,
    missing_fault,
    option_fault,
    shape_fault,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import ArrayLike, FloatArray

_SIDES = ("contra", "ipsi")
_EVENTS = ("stimOn", "firstMovement", "feedback")
_OUTCOMES = ("correct", "incorrect")
_NEEDED = ("stim_side", "contrast", "feedbackType")


class Feature(NamedTuple):
    """What a label such as `stimOn_c6.25_ipsi_incorrect` says.

    Parameters
    ----------
    event
        Name of the event without "_times".
    contrast
        Percent.
    side
        "contra" or "ipsi" to the fibre.
    outcome
        "correct" or "incorrect".
    """

    event: str
    contrast: float
    side: str
    outcome: str

    def __str__(self) -> str:
        """Write it as a label.

        Returns
        -------
        str
            "stimOn_c6.25_ipsi_incorrect".
        """
        return f"{self.event}_c{self.contrast:g}_{self.side}_{self.outcome}"


def parse_feature(label: str) -> Feature:
    """Read a label of a response vector.

    Parameters
    ----------
    label
        "stimOn_c6.25_ipsi_incorrect"; the event may hold underscores itself.

    Returns
    -------
    Feature

    Raises
    ------
    AnalysisError
        If the label is not of this form.

    Examples
    --------
    >>> parse_feature("stimOn_c6.25_ipsi_incorrect").contrast
    6.25
    """
    parts = label.rsplit("_", 3)
    try:
        event, contrast, side, outcome = parts
        feature = Feature(event, float(contrast.removeprefix("c")), side, outcome)
    except ValueError:
        feature = None
    if feature is None or str(feature) != label:
        raise option_fault("label", repr(label), "event_c<percent>_<side>_<outcome>")
    return feature


def feature_sort_key(label: str) -> tuple[int, int, str, int, float]:
    """Give what labels are sorted by: side, event, outcome, contrast.

    Parameters
    ----------
    label
        Of a response vector.

    Returns
    -------
    tuple
        Place of side, of event (unknown ones last, by name), of outcome; contrast.

    Raises
    ------
    AnalysisError
        If the label is not one of a response vector.

    Examples
    --------
    >>> labels = ["stimOn_c25_ipsi_correct", "feedback_c0_contra_correct"]
    >>> sorted(labels, key=feature_sort_key)
    ['feedback_c0_contra_correct', 'stimOn_c25_ipsi_correct']
    """
    feature = parse_feature(label)
    return (
        _place(feature.side, _SIDES),
        _place(feature.event, _EVENTS),
        feature.event,
        _place(feature.outcome, _OUTCOMES),
        feature.contrast,
    )


def compute_response_vector(
    magnitudes: Mapping[str, ArrayLike],
    trials: pd.DataFrame,
    hemisphere: str | None,
    min_trials: int = 5,
    normalize: str | None = None,
    midline: str = "right",
) -> pd.Series:
    """Average the responses of one recording within each condition.

    Parameters
    ----------
    magnitudes
        Event (with or without "_times") → one number a trial, shape (n_trials,), as of
        `compute_magnitude`.
    trials
        With `stim_side`, `contrast` (percent) and `feedbackType`, as of
        `compute_trial_contrasts`; all rows are used: select before.
    hemisphere
        Of the fibre: "l", "r", or "" or None if it has none.
    min_trials
        A condition with fewer known numbers is NaN.
    normalize
        "minmax" brings the vector to 0 … 1.
    midline
        Side of the stimulus that counts as contra for a fibre without hemisphere.

    Returns
    -------
    pandas.Series
        Mean by label, `stimOn_c100_contra_correct`, in the order of
        `feature_sort_key`. There is a label for each event, side, outcome and contrast
        of `trials`.

    Raises
    ------
    AnalysisError
        If a column is missing, the shapes do not fit, or an argument is another than
        those named here.

    Examples
    --------
    >>> trials = pd.DataFrame(
    ...     {"stim_side": ["right"] * 2, "contrast": [100.0] * 2, "feedbackType": 1}
    ... )
    >>> vector = compute_response_vector({"stimOn_times": [1, 2]}, trials, "l", 1)
    >>> vector["stimOn_c100_contra_correct"]
    np.float64(1.5)
    """
    check_option("hemisphere", hemisphere, ("l", "r", "", None))
    check_option("normalize", normalize, (None, "minmax"))
    check_option("midline", midline, ("left", "right"))
    absent = [name for name in _NEEDED if name not in trials.columns]
    if absent:
        raise missing_fault(absent, [str(name) for name in trials.columns])
    contra = {"l": "right", "r": "left"}.get(hemisphere or "", midline)
    table = _to_long(magnitudes, trials, contra)
    contrasts = sorted({float(c) for c in trials["contrast"].dropna()})
    events = [_shorten(event) for event in magnitudes]
    features = [
        Feature(event, contrast, side, outcome)
        for event in events
        for contrast in contrasts
        for side in _SIDES
        for outcome in _OUTCOMES
    ]
    labels = sorted(map(str, features), key=feature_sort_key)
    groups = table.groupby("label")["value"].agg(["mean", "count"]).reindex(labels)
    enough = groups["count"].fillna(0) >= max(min_trials, 1)
    vector = groups["mean"].where(enough).rename(None)
    vector.index.name = None
    return _scale(vector) if normalize == "minmax" else vector


def _to_long(
    magnitudes: Mapping[str, ArrayLike], trials: pd.DataFrame, contra: str
) -> pd.DataFrame:
    side = np.where(trials["stim_side"] == contra, *_SIDES)
    contrast = trials["contrast"].to_numpy(np.float64)
    feedback = trials["feedbackType"].to_numpy(np.float64)
    outcome = np.where(feedback == 1, *_OUTCOMES)
    known = np.isfinite(contrast) & np.isfinite(feedback) & trials["stim_side"].notna()
    suffix = [
        f"_c{c:g}_{s}_{o}" for c, s, o in zip(contrast, side, outcome, strict=True)
    ]
    parts: list[pd.DataFrame] = []
    for event, numbers in magnitudes.items():
        value = np.asarray(numbers, dtype=np.float64)
        if value.shape != (len(trials),):
            raise shape_fault(f'"{event}" {value.shape}', f"({len(trials)},)")
        labels = [_shorten(event) + end for end in suffix]
        part = pd.DataFrame({"label": labels, "value": value})
        parts.append(part[known.to_numpy()])
    if not parts:
        raise missing_fault(["an event"], [])
    return pd.concat(parts, ignore_index=True)


def _shorten(event: str) -> str:
    return event.removesuffix("_times")


def _place(word: str, words: tuple[str, ...]) -> int:
    return words.index(word) if word in words else len(words)


def _scale(vector: pd.Series) -> pd.Series:
    numbers: FloatArray = vector.to_numpy(np.float64)
    if np.isnan(numbers).all():
        return vector
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    return (vector - low) / (high - low if high > low else np.nan)

"""Blocks of the biased task: what they are, what they should be, their repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.behaviour._columns import (
    check_option,
    get_column,
    require_columns,
)
from ranvier.analysis.faults import BlockStructureBug, MissingBlockInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

MIN_BLOCK_LENGTH = 10
"""Fewest trials of a block that is not the last."""

_PROBABILITY_SET = (0.2, 0.8)
_SESSION_TYPES = ("training", "biased", "ephys")


@dataclass(frozen=True)
class Blocks:
    """Runs of trials with one probability.

    Parameters
    ----------
    starts
        First trial of each, shape (n_blocks,).
    lengths
        Trials of each, shape (n_blocks,).
    probabilities
        That the stimulus is on the left, shape (n_blocks,).
    """

    starts: IntArray
    lengths: IntArray
    probabilities: FloatArray


def find_blocks(probability_left: ArrayLike) -> Blocks:
    """Find the runs of trials with one probability.

    Parameters
    ----------
    probability_left
        Of each trial, shape (n_trials,). Trials with NaN that follow each other are a
        run too.

    Returns
    -------
    Blocks

    Examples
    --------
    >>> find_blocks([0.5, 0.5, 0.2]).probabilities
    array([0.5, 0.2])
    """
    p = np.asarray(probability_left, dtype=np.float64).ravel()
    differ = (p[1:] != p[:-1]) & ~(np.isnan(p[1:]) & np.isnan(p[:-1]))
    starts = np.flatnonzero(np.concatenate([[p.size > 0], differ])).astype(np.int64)
    return Blocks(starts, np.diff(starts, append=p.size).astype(np.int64), p[starts])


def find_block_lengths(probability_left: ArrayLike) -> IntArray:
    """Count the trials of each block.

    Parameters
    ----------
    probability_left
        Of each trial, shape (n_trials,).

    Returns
    -------
    numpy.ndarray
        Shape (n_blocks,).

    Examples
    --------
    >>> find_block_lengths([0.5, 0.5, 0.2])
    array([2, 1])
    """
    return find_blocks(probability_left).lengths


def find_short_blocks(
    probability_left: ArrayLike, min_length: int = MIN_BLOCK_LENGTH
) -> IntArray:
    """Find the blocks that are too short, the last one not counted.

    Parameters
    ----------
    probability_left
        Of each trial, shape (n_trials,).
    min_length
        Fewest trials of a block; the last one may have been cut by the session's end.

    Returns
    -------
    numpy.ndarray
        Places of the blocks among those of `find_blocks`.

    Examples
    --------
    >>> find_short_blocks([0.5] * 90 + [0.2] + [0.8] * 30 + [0.2] * 3)
    array([1])
    """
    lengths = find_block_lengths(probability_left)[:-1]
    return np.flatnonzero(lengths < min_length).astype(np.int64)


def validate_block_structure(
    probability_left: ArrayLike,
    session_type: str,
    min_length: int = MIN_BLOCK_LENGTH,
    session: str = "",
) -> None:
    """Raise if the blocks can't be those of the protocol.

    Parameters
    ----------
    probability_left
        Of each trial, shape (n_trials,).
    session_type
        "training": 0.5 throughout. "biased", "ephys": no block but the last is shorter
        than `min_length`.
    min_length
        Fewest trials of a block.
    session
        For the words of the fault.

    Raises
    ------
    BlockStructureBug
        If they can't.
    AnalysisError
        If `session_type` is another.
    """
    check_option("session_type", session_type, _SESSION_TYPES)
    p = np.asarray(probability_left, dtype=np.float64).ravel()
    if session_type == "training":
        other = np.unique(p[p != 0.5])
        if other.size:
            raise BlockStructureBug(
                "a training session has trials that are not 50 : 50.",
                session=session,
                found=f"probabilityLeft {', '.join(f'{v:g}' for v in other)}",
                wanted="0.5 throughout",
                mend="see whether the session is a biased one",
            )
        return
    short = find_short_blocks(p, min_length)
    if short.size:
        lengths = find_block_lengths(p)
        raise BlockStructureBug(
            "blocks are shorter than the protocol makes them.",
            session=session,
            found=f"{short.size} of {lengths.size} blocks, the shortest "
            f"{lengths[short].min()} trials",
            wanted=f"{min_length} trials or more in all but the last",
        )


def reconstruct_probability_left(
    len_blocks: Sequence[int],
    positions: ArrayLike,
    probability_set: Sequence[float] = _PROBABILITY_SET,
) -> FloatArray:
    """Work out the probabilities of the planned trials from the task's settings.

    In each planned block the fraction of stimuli on the left is counted; the block's
    probability is the one nearest to it among 0.5 and those of the set.

    Parameters
    ----------
    len_blocks
        Planned lengths of the blocks (`LEN_BLOCKS`).
    positions
        Planned position of the stimulus in each trial, degrees (`POSITIONS`); the
        smallest is on the left.
    probability_set
        What a block's probability may be, besides 0.5 (`BLOCK_PROBABILITY_SET`).

    Returns
    -------
    numpy.ndarray
        Of each planned trial, as far as there are positions.

    Raises
    ------
    MissingBlockInfo
        If there are no lengths or no positions.

    Examples
    --------
    >>> reconstruct_probability_left([2, 5], [-35, 35, 35, 35, -35, 35, 35])
    array([0.5, 0.5, 0.2, 0.2, 0.2, 0.2, 0.2])
    """
    lengths = np.asarray(len_blocks, dtype=np.int64).ravel()
    place = np.asarray(positions, dtype=np.float64).ravel()
    if lengths.size == 0 or place.size == 0 or (lengths <= 0).any():
        raise MissingBlockInfo(
            "the planned blocks are not known.",
            found=f"{lengths.size} lengths, {place.size} positions",
            wanted="LEN_BLOCKS above 0, and a position for each trial",
        )
    block = np.repeat(np.arange(lengths.size), lengths)[: place.size]
    on_left = place[: block.size] == place.min()
    counts = np.bincount(block)
    fraction = np.bincount(block, weights=on_left) / counts
    candidates = np.array(sorted({0.5, *map(float, probability_set)}))
    nearest = np.abs(fraction[:, None] - candidates).argmin(1)
    return np.repeat(candidates[nearest], counts)


def validate_block_match(
    probability_left: ArrayLike, planned: ArrayLike, session: str = ""
) -> None:
    """Raise if the trials were not those that were planned.

    Parameters
    ----------
    probability_left
        Of each trial, shape (n_trials,).
    planned
        Of `reconstruct_probability_left`, at least as long.
    session
        For the words of the fault.

    Raises
    ------
    BlockStructureBug
        If a trial has another probability than planned.
    MissingBlockInfo
        If fewer trials were planned than done.
    """
    p = np.asarray(probability_left, dtype=np.float64).ravel()
    plan = _cut_plan(planned, p.size, session)
    wrong = ~np.isclose(p, plan)
    if wrong.any():
        raise BlockStructureBug(
            "the blocks are not the planned ones.",
            session=session,
            found=f"{int(wrong.sum())} of {p.size} trials differ, the first is "
            f"{int(wrong.argmax())}",
            wanted="the probability that was planned",
        )


def fix_block_structure(trials: pd.DataFrame, planned: ArrayLike) -> pd.DataFrame:
    """Give the trials the probabilities that were planned.

    Parameters
    ----------
    trials
        With `probabilityLeft`.
    planned
        Of `reconstruct_probability_left`, at least as long.

    Returns
    -------
    pandas.DataFrame
        A copy with another `probabilityLeft`. Compute the performance anew from it.

    Raises
    ------
    MissingBlockInfo
        If fewer trials were planned than done.
    TrialFault
        If the column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"probabilityLeft": [0.5, 0.8]})
    >>> fix_block_structure(trials, [0.5, 0.2, 0.2])["probabilityLeft"].tolist()
    [0.5, 0.2]
    """
    require_columns(trials, "probabilityLeft")
    n_trials = get_column(trials, "probabilityLeft").size
    return trials.assign(probabilityLeft=_cut_plan(planned, n_trials, ""))


def _cut_plan(planned: ArrayLike, n_trials: int, session: str) -> FloatArray:
    plan = np.asarray(planned, dtype=np.float64).ravel()
    if plan.size < n_trials:
        raise MissingBlockInfo(
            "fewer trials were planned than were done.",
            session=session,
            found=f"{plan.size} planned, {n_trials} done",
            wanted="a plan of all trials",
        )
    return plan[:n_trials]

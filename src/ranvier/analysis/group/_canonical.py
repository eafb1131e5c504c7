"""Neural coefficients and psychometric parameters of the same recordings, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._recordings import RECORDING_KEYS
from ranvier.analysis.statistics import make_psychometric_features

if TYPE_CHECKING:
    from collections.abc import Mapping


def build_psychometrics(
    recordings: pd.DataFrame, performance: pd.DataFrame, block: str
) -> pd.DataFrame:
    """Give the psychometric parameters of each recording, seen from its fibre.

    Parameters
    ----------
    recordings
        Of the group.
    performance
        Rows of `data/performance.pqt`.
    block
        Percent of stimuli on the left: "50", "20", "80".

    Returns
    -------
    pandas.DataFrame
        Index (eid, target_NM, fiber_idx); of `make_psychometric_features`. A fibre
        without hemisphere has no side, so bias and lapses are NaN.
    """
    table = performance.drop_duplicates("eid").set_index("eid")
    names = [name for name in table if str(name).startswith(f"psych_{block}_")]
    joined = recordings[["eid", "hemisphere"]].join(table[names], on="eid")
    made = make_psychometric_features(
        joined, joined["hemisphere"].to_numpy(object), block
    )
    made.index = pd.MultiIndex.from_frame(recordings[[*RECORDING_KEYS]])
    return made


def pair_features(
    coefficients: Mapping[str, pd.DataFrame], psychometrics: pd.DataFrame, event: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give both sides of a canonical correlation, of the same recordings in order.

    Parameters
    ----------
    coefficients
        Event → coefficients of recordings.
    psychometrics
        Of `build_psychometrics`.
    event
        Which coefficients.

    Returns
    -------
    x, y : pandas.DataFrame
        Neural and psychometric.

    Raises
    ------
    GroupFault
        If there are no coefficients of the event.
    """
    if event not in coefficients:
        raise GroupFault(
            f'there are no coefficients of "{event}".',
            found=", ".join(coefficients) or "none",
            mend="call get_glm_response_features",
        )
    x = coefficients[event]
    return x, psychometrics.reindex(x.index)

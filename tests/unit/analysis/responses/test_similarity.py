import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cosine

from ranvier.analysis.responses import (
    cosine_similarity_matrix,
    mean_similarity_by_target,
    split_features_by_event,
    within_between_similarity,
)
from ranvier.core import AnalysisError

TARGETS = ["VTA-DA", "VTA-DA", "LC-NE", "LC-NE", "DR-5HT"]
SUBJECTS = ["a", "b", "c", "c", "d"]


@pytest.fixture
def features():
    rng = np.random.default_rng(2)
    index = pd.MultiIndex.from_arrays(
        [list("vwxyz"), TARGETS, [0] * 5], names=["eid", "target_NM", "fiber_idx"]
    )
    columns = [
        "stimOn_c0_ipsi_correct",
        "feedback_c0_ipsi_correct",
        "stimOn_c1_ipsi_correct",
    ]
    return pd.DataFrame(rng.normal(size=(5, 3)), index=index, columns=columns)


def test_the_cosine_is_that_of_scipy(features):
    found = cosine_similarity_matrix(features).to_numpy()
    rows = features.to_numpy()
    expected = [[1 - cosine(a, b) for b in rows] for a in rows]

    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_rows_with_nan_are_left_out_and_zeros_have_no_direction(features):
    features.iloc[1, 0] = np.nan
    features.iloc[0] = 0.0
    found = cosine_similarity_matrix(features)

    assert found.index.get_level_values("eid").tolist() == list("vxyz")
    assert found.iloc[0].isna().all()


@pytest.mark.parametrize("subjects", [None, SUBJECTS])
def test_pairs_are_listed_as_by_a_plain_loop(features, subjects):
    similarity = cosine_similarity_matrix(features)
    found = within_between_similarity(similarity, subjects=subjects)
    expected = [
        (
            i,
            j,
            "within" if TARGETS[i] == TARGETS[j] else "between",
            similarity.iloc[i, j],
        )
        for i in range(5)
        for j in range(i + 1, 5)
        if subjects is None or subjects[i] != subjects[j]
    ]

    assert (
        list(
            zip(
                *(found[c] for c in ("one", "other", "kind", "similarity")), strict=True
            )
        )
        == expected
    )


@pytest.mark.parametrize("subjects", [None, SUBJECTS])
def test_means_by_target_are_those_of_the_pairs(features, subjects):
    similarity = cosine_similarity_matrix(features)
    found = mean_similarity_by_target(similarity, TARGETS, subjects)
    pairs = within_between_similarity(similarity, TARGETS, subjects)
    for a in found.index:
        for b in found.columns:
            of_both = [
                row.similarity
                for row in pairs.itertuples()
                if {row.target_one, row.target_other} == {a, b}
                and (row.kind == "within") == (a == b)
            ]
            expected = np.mean(of_both) if of_both else np.nan

            assert found.loc[a, b] == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_features_are_split_by_event(features):
    parts = split_features_by_event(features)

    assert {event: part.shape[1] for event, part in parts.items()} == {
        "stimOn": 2,
        "feedback": 1,
    }


def test_one_recording_has_no_pair(features):
    one = cosine_similarity_matrix(features[:1])

    assert len(within_between_similarity(one)) == 0
    assert mean_similarity_by_target(one).isna().all(axis=None)
    assert cosine_similarity_matrix(features[:0]).shape == (0, 0)


def test_missing_targets_are_said(features):
    similarity = cosine_similarity_matrix(features)
    with pytest.raises(AnalysisError):
        within_between_similarity(similarity.reset_index(drop=True))
    with pytest.raises(AnalysisError):
        within_between_similarity(similarity, ["VTA-DA"])

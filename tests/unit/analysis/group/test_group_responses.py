"""Magnitudes, traces and vectors of a group are those of its sessions one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.files import (
    MEAN_TRACES_SCHEMA,
    RESPONSE_MATRIX_SCHEMA,
    RESPONSES_SCHEMA,
    TRIAL_REGRESSORS_SCHEMA,
    write_table,
)
from ranvier.analysis.group._features import handle_gaps


def test_magnitudes_are_those_of_each_session(group):
    table = group.response_magnitudes
    keys = ["eid", "brain_region", "event", "trial"]
    found = table.set_index(keys)["response_early"].sort_index()

    assert len(table) == 20 * 3 * 48
    assert list(RESPONSES_SCHEMA.names) == list(table.columns)[: len(table.columns) - 1]
    for row, session in [group[0], group[5], group[19]]:
        region = row["brain_region"]
        wanted = session.get_magnitudes(region)
        for event in wanted:
            got = found.loc[row["eid"], region, event].to_numpy()
            np.testing.assert_allclose(got, wanted[event], rtol=1e-12)


def test_trials_stand_with_their_own_responses(group):
    table = group.response_magnitudes
    row, session = group[3]
    own = table[
        (table["eid"] == row["eid"])
        & (table["fiber_idx"] == row["fiber_idx"])
        & (table["event"] == "feedback_times")
    ]

    for name in ("contrast", "choice", "stim_side", "feedbackType"):
        assert session.trials[name].to_list() == own[name].to_list()
    wanted = session.trials["firstMovement_times"] - session.trials["stimOn_times"]
    np.testing.assert_allclose(own["reaction_time"], wanted)


def test_regressors_have_timing_and_wheel(group):
    table = group.trial_regressors

    assert list(TRIAL_REGRESSORS_SCHEMA.names) == list(table.columns)
    assert len(table) == 12 * 48
    _, session = group[0]
    peak = np.abs(session.wheel_velocity).max(axis=1)
    np.testing.assert_allclose(table["peak_velocity"][:48], peak)


def test_velocity_is_added_to_the_magnitudes(computed):
    group = computed
    table = group.enrich_peak_velocity()
    again = group.enrich_peak_velocity()

    assert 20 * 3 * 48 == len(table) == len(again)
    assert table["peak_velocity"].notna().all()


def test_vectors_are_those_of_each_session(computed):
    group = computed
    features = group.get_response_features("keep", min_trials=2)

    assert len(features) == 20
    assert list(features.index.names) == ["eid", "target_NM", "fiber_idx"]
    for place in (0, 7, 19):
        row, session = group[place]
        wanted = session.get_response_vector(
            row["brain_region"], row["hemisphere"], min_trials=2
        )
        key = (row["eid"], row["target_NM"], row["fiber_idx"])
        got = features.loc[key]
        assert list(wanted.index) == list(got.index)
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_a_vector_can_be_scaled(computed):
    group = computed
    features = group.get_response_features("keep", normalize="minmax")

    np.testing.assert_allclose(features.min(axis=1), 0.0)
    np.testing.assert_allclose(features.max(axis=1), 1.0)


def test_gaps_leave_out_features_or_recordings():
    table = pd.DataFrame(
        [[1.0, np.nan, 1.0], [1.0, np.nan, 1.0], [1.0, 1.0, np.nan], [1.0, 1.0, 1.0]]
    )
    by_feature, counts = handle_gaps(table, "drop_features", 0.3)
    by_session, _ = handle_gaps(table, "drop_sessions", 0.3)

    assert (list(by_feature.columns), list(by_feature.index)) == ([0, 2], [0, 1, 3])
    assert 1 == counts["n_features_left_out"] == counts["n_recordings_left_out"]
    assert (list(by_session.columns), list(by_session.index)) == ([0, 1, 2], [3])
    with pytest.raises(GroupFault):
        handle_gaps(table * np.nan, "drop_features", 0.3)
    with pytest.raises(GroupFault):
        handle_gaps(table, "drop_all", 0.3)


def test_similarity_follows_the_vectors(computed):
    group = computed
    similarity = group.response_similarity_matrix()
    features = group.response_features

    assert similarity.shape == (len(features), len(features))
    np.testing.assert_allclose(np.diag(similarity), 1.0)
    group.response_features = features * np.nan
    with pytest.raises(GroupFault, match="all features"):
        group.response_similarity_matrix()


def test_mean_traces_are_plain_means(computed):
    group = computed
    table = group.get_mean_traces()
    row, session = group[1]
    clean = session.subtract_baseline(
        session.mask_subsequent_events(session.responses["SNc"])
    ).sel(event="stimOn_times")
    taken = (session.trials["contrast"] == 25) & (session.trials["feedbackType"] == 1)
    rows = clean.to_numpy()[taken]
    own = table[
        (table["eid"] == row["eid"])
        & (table["brain_region"] == "SNc")
        & (table["event"] == "stimOn_times")
        & (table["contrast"] == 25)
        & (table["feedbackType"] == 1)
    ]
    known = ~np.isnan(rows).all(axis=0)

    assert list(MEAN_TRACES_SCHEMA.names) == list(table.columns)
    assert (~np.isnan(rows)).sum(axis=0).tolist() == own["n_trials"].to_list()
    np.testing.assert_allclose(
        own["response"].to_numpy()[known], np.nanmean(rows[:, known], axis=0)
    )
    assert (
        own["response"].to_numpy()[~known].size == 0
        or np.isnan(own["response"].to_numpy()[~known]).all()
    )


def test_traces_are_kept_until_they_are_flushed(make_group):
    group = make_group()
    traces = group.load_response_traces()
    before = group._store.kept.copy()
    group.flush_response_traces()

    assert len(traces) == 20 * 3
    assert traces["s00", "VTA", "stimOn_times"].shape == (48, 20)
    assert len(before) == 12
    assert group._store.kept == {}


def test_tables_come_back_from_their_files(make_group, computed, tmp_path):
    group = computed
    features = group.get_response_features()
    traces = group.get_mean_traces()
    write_table(group.response_magnitudes, tmp_path / "r.pqt", RESPONSES_SCHEMA)
    write_table(group.trial_regressors, tmp_path / "t.pqt", TRIAL_REGRESSORS_SCHEMA)
    write_table(features, tmp_path / "f.pqt", RESPONSE_MATRIX_SCHEMA)
    write_table(traces, tmp_path / "m.pqt", MEAN_TRACES_SCHEMA)
    other = make_group(h5_dir=None)
    other.filter_sessions(targetnms=["SNc-DA"], min_performance=False)
    rows = other.load_response_magnitudes(tmp_path / "r.pqt")
    other.load_trial_regressors(tmp_path / "t.pqt")
    other.load_mean_traces(tmp_path / "m.pqt")
    matrix = other.load_response_features(tmp_path / "f.pqt")

    assert len(rows) == 8 * 3 * 48
    assert {"SNc-DA"} == set(rows["target_NM"])
    pd.testing.assert_series_equal(
        rows.sort_values(["eid", "event", "trial"])["response_early"],
        group.response_magnitudes[
            group.response_magnitudes["target_NM"] == "SNc-DA"
        ].sort_values(["eid", "event", "trial"])["response_early"],
        check_index=False,
    )
    assert {"SNc-DA"} == set(matrix.index.get_level_values("target_NM"))
    assert len(other.fit_lmm("response ~ side").results) == 3


def test_timing_and_velocity_come_from_their_own_files(make_group, group, tmp_path):
    timing = ["eid", "trial", "reaction_time", "movement_time", "response_time"]
    table = group.trial_regressors
    table[timing].to_parquet(tmp_path / "t.pqt")
    table[["eid", "trial", "peak_velocity"]].to_parquet(tmp_path / "v.pqt")
    other = make_group()
    other.load_trial_timing(tmp_path / "t.pqt")
    other.load_peak_velocity(tmp_path / "v.pqt")

    assert {*timing, "peak_velocity"} == set(other.trial_regressors.columns)
    assert len(table) == len(other.trial_regressors)


def test_only_sessions_of_the_group_are_taken_of_the_performance(
    make_group, performance, tmp_path
):
    performance.to_parquet(tmp_path / "p.pqt")
    group = make_group()
    group.filter_sessions(min_performance=0.7)

    assert len(group.load_performance(tmp_path / "p.pqt")) == 7
    assert len(group.tables.performance) == 12


def test_what_was_computed_goes_with_another_selection(computed):
    group = computed
    group.get_response_features()
    assert group.events == ["stimOn_times", "firstMovement_times", "feedback_times"]
    group.filter_sessions(min_performance=False)

    assert group.events is None
    assert group.response_features is None
    assert group.provenance == {}

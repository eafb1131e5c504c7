"""Behaviour on real sessions of the IBL, used in place."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import erf

from ranvier.analysis.behaviour import (
    PSYCHOMETRIC_BOUNDS,
    MovementRule,
    compute_performance,
    compute_trial_contrasts,
    find_block_lengths,
    find_blocks,
    find_movements,
    fit_psychometric,
    interpolate_wheel,
    reconstruct_probability_left,
    validate_block_match,
    validate_block_structure,
)

pytestmark = pytest.mark.system

LOW, HIGH = np.array(PSYCHOMETRIC_BOUNDS).T


@pytest.fixture(scope="module")
def shared():
    folder = os.environ.get("RANVIER_SHARED")
    if not folder:
        pytest.skip("RANVIER_SHARED does not name the folder of recorded data")
    place = Path(folder) / "data"
    if not (place / "ibl").is_dir():
        pytest.skip("the IBL's sessions are not in RANVIER_SHARED")
    return place


@pytest.fixture(scope="module")
def sessions(shared):
    table = pd.read_csv(shared / "ibl" / "trials_test_converted.csv")
    return [group for _, group in table.groupby("session_date")]


def search_plainly(x, right, n_starts=10):
    """Nelder-Mead from the IBL's start and nine random ones; the best of them."""
    levels, place = np.unique(x, return_inverse=True)
    n, k = np.bincount(place), np.bincount(place, weights=right)

    def loss(q):
        if (q < LOW).any() or (q > HIGH).any():
            return 1e7
        p = q[2] + (1 - q[2] - q[3]) * (erf((levels - q[0]) / q[1]) + 1) / 2
        p = np.clip(p, 2.3e-16, 1 - 2.3e-16)
        return -np.sum(k * np.log(p) + (n - k) * np.log1p(-p))

    rng = np.random.default_rng(0)
    starts = [[0, 40, 0.1, 0.1], *(LOW + rng.random((n_starts - 1, 4)) * (HIGH - LOW))]
    return -min(
        minimize(loss, s, method="Nelder-Mead").fun for s in map(np.array, starts)
    )


def test_fits_of_real_sessions_are_never_worse_and_ten_times_as_fast(sessions):
    spent = np.zeros(2)
    for trials in sessions:
        table = compute_trial_contrasts(trials)
        for probability in (0.5, 0.2, 0.8):
            rows = table[np.isclose(table["probabilityLeft"], probability)]
            if len(rows) < 10:
                continue
            x, right = (
                rows["signed_contrast"].to_numpy(),
                rows["choice"].eq(-1).to_numpy(),
            )
            start = time.process_time()
            plain = search_plainly(x, right)
            between = time.process_time()
            fit = fit_psychometric(x, right)
            spent += between - start, time.process_time() - between

            assert fit.log_likelihood >= plain - 1e-9
            assert fit.n_failed_starts == 0
    assert spent[0] / spent[1] >= 10


def test_performance_of_each_session_is_that_of_plain_counting(sessions):
    assert len(sessions) == 11
    for trials in sessions:
        found = compute_performance(trials)
        chosen = trials[trials["choice"] != 0]
        contrast = chosen["contrastLeft"].fillna(chosen["contrastRight"])
        correct = chosen["feedbackType"] == 1

        assert found["fraction_correct"] == pytest.approx(correct.mean(), abs=1e-12)
        assert found["fraction_correct_easy"] == pytest.approx(
            correct[contrast >= 0.5].mean(), abs=1e-12
        )
        assert found["nogo_fraction"] == pytest.approx((trials["choice"] == 0).mean())


def test_biased_sessions_have_the_blocks_and_the_bias_of_their_protocol(sessions):
    biased = [t for t in sessions if t["task_protocol"].iloc[0] == "biased"]

    assert len(biased) == 6
    for trials in biased:
        validate_block_structure(trials["probabilityLeft"], "biased")
        assert find_block_lengths(trials["probabilityLeft"])[0] == 90
        assert compute_performance(trials)["bias_shift"] > 0


@pytest.mark.parametrize(
    "path",
    [
        "ibl/fip_40_2023-05-18_001/alf/_ibl_trials.table.pqt",
        "photometry/CQ002_2024-11-05_001/alf/task_00/_ibl_trials.table.pqt",
    ],
)
def test_photometry_sessions_go_through(shared, path):
    if not (shared / path).is_file():
        pytest.skip("this session is not in RANVIER_SHARED")
    trials = pd.read_parquet(shared / path)
    found = compute_performance(trials)

    assert found["psych_50_n_trials"] == len(trials)
    assert 0.5 < found["fraction_correct"] < 0.6
    assert np.isfinite(found["psych_50_bias"])


def test_a_table_without_task_columns_of_its_own_goes_through(shared):
    trials = pd.read_csv(shared / "ibl" / "trials_df_test.csv")
    table = trials.drop(columns=["stim_side", "signed_contrast"])
    found = compute_trial_contrasts(table)

    np.testing.assert_allclose(
        found["signed_contrast"], 100 * trials["signed_contrast"], atol=1e-12
    )
    assert compute_performance(table)["fraction_correct"] == trials["correct"].mean()


def test_planned_blocks_of_a_recorded_session_come_back(shared):
    name = "ibl/session_ephys/raw_behavior_data/_iblrig_taskSettings.raw.json"
    settings = json.loads((shared / name).read_text())
    planned = reconstruct_probability_left(
        settings["LEN_BLOCKS"], settings["POSITIONS"]
    )
    blocks = find_blocks(planned)

    assert blocks.lengths.tolist() == settings["LEN_BLOCKS"]
    assert blocks.probabilities.tolist() == [0.5] + [0.2, 0.8] * 17
    validate_block_match(planned[:271], planned)


def test_probabilities_of_raw_trials_are_those_of_the_first_block(shared):
    name = "ibl/session_biased_ge5/raw_behavior_data/_iblrig_taskData.raw.jsonable"
    trials = [json.loads(line) for line in (shared / name).read_text().splitlines()]
    probability = [trial["stim_probability_left"] for trial in trials]

    validate_block_structure(probability, "biased")
    assert find_block_lengths(probability).tolist() == [8]


@pytest.mark.parametrize("session", [0, 1])
def test_every_movement_that_the_ibl_expects_is_found(shared, session):
    with np.load(shared / "ibl" / "wheel_test_converted.npz") as file:
        data = {k[9:]: file[k] for k in file if k.startswith(f"session{session}_")}
    if session == 0:  # at even steps already, in encoder samples
        t, position, rule = data["timestamps"], data["position"], MovementRule(8, 1.5)
    else:  # in cm
        t, position = interpolate_wheel(data["timestamps"], data["position"], 1000)
        rule = MovementRule.for_encoder(4096, 6.2 * np.pi)
    found = find_movements(t, position, rule)

    assert len(found.onsets) == (14, 64)[session]
    assert found.onsets == pytest.approx(data["expected_onsets"], abs=1e-9)
    assert found.offsets == pytest.approx(data["expected_offsets"], abs=1e-9)
    assert found.peak_amplitudes == pytest.approx(data["expected_peak_amps"], abs=1e-9)
    assert found.t_peak_velocity == pytest.approx(
        data["expected_peak_vel_times"], abs=0.005
    )

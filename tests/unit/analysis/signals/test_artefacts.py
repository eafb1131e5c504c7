import numpy as np
import pytest

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import find_artefacts, find_saturation, mask_artefacts
from ranvier.core import AnalysisError

T = np.arange(0.0, 60.0, 1 / 30)
NOISE = np.random.default_rng(0).normal(0, 1.0, T.size)


def test_windows_are_taken_out_of_all_channels():
    x = np.stack([NOISE, NOISE], axis=1)
    cut = mask_artefacts(T, x, [(10.0, 11.0), (10.5, 12.0), (100.0, 200.0)])
    is_in = (T >= 10.0) & (T <= 12.0)

    assert np.isnan(cut[is_in]).all()
    np.testing.assert_array_equal(cut[~is_in], x[~is_in])
    assert np.isfinite(x).all()


def test_no_window_takes_nothing():
    np.testing.assert_array_equal(mask_artefacts(T, NOISE, []), NOISE)


def test_windows_are_pairs():
    with pytest.raises(AnalysisError, match="shape"):
        mask_artefacts(T, NOISE, [1.0, 2.0, 3.0])


def test_steps_and_spikes_are_found_and_noise_is_not():
    x = NOISE.copy()
    x[300:] += 40.0
    x[900:903] -= 60.0
    found = find_artefacts(T, x)

    assert len(found) == 2
    assert found[0, 0] < T[300] < found[0, 1]
    assert found[1, 0] < T[900] < T[902] < found[1, 1]
    assert find_artefacts(T, NOISE).shape == (0, 2)


def test_artefacts_apart_stay_apart():
    x = NOISE.copy()
    x[[300, 600]] += 60.0

    assert len(find_artefacts(T, x)) == 2
    assert len(find_artefacts(T, x, merge_s=20.0)) == 1


def test_a_coarse_digitiser_does_not_make_every_step_an_artefact():
    x = np.zeros(T.size)
    x[::10] = 1.0
    x[900] = 50.0

    assert len(find_artefacts(T, x)) == 1


@pytest.mark.parametrize("x", [np.full(T.size, np.nan), np.ones(T.size)])
def test_empty_and_constant_channels_have_no_artefact(x):
    assert find_artefacts(T, x).shape == (0, 2)


def test_one_sample_has_no_artefact():
    assert find_artefacts([0.0], [1.0]).shape == (0, 2)


def test_saturation_is_a_run_at_the_top():
    x = np.array([1.0, 9.0, 9.0, 2.0, 9.0, 9.0, 9.0, np.nan])

    assert np.flatnonzero(find_saturation(x)).tolist() == [4, 5, 6]
    assert np.flatnonzero(find_saturation(x, min_run=2)).tolist() == [1, 2, 4, 5, 6]
    assert np.flatnonzero(find_saturation(x, 2.0, 1)).tolist() == [1, 2, 3, 4, 5, 6]
    assert not find_saturation(NOISE).any()
    assert not find_saturation([np.nan] * 5).any()


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(AnalysisError, match="n_mads"):
        find_artefacts(T, NOISE, n_mads=0.0)
    with pytest.raises(SignalFault, match="empty"):
        find_saturation([])
    with pytest.raises(SignalFault, match="times"):
        find_artefacts(T[::-1], NOISE)

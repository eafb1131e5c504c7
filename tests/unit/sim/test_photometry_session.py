import math

import numpy as np
import pytest

from ranvier.core import AnalysisError
from ranvier.sim.choice_task import draw_traits, work_trials
from ranvier.sim.photometry_session import (
    EVENTS,
    TARGET_EFFECTS,
    Bleaching,
    ChoiceTask,
    Effect,
    Fibre,
    Kernel,
    Optics,
    simulate_session,
)

SHORT = ChoiceTask(n_trials=60, duration_s=400.0)
QUIET = Optics(motion=0.0, noise=0.0, tonic=0.0)


@pytest.fixture(scope="module")
def session():
    fibres = (Fibre("VTA", "l", "G0"), Fibre("VTA", "r", "G1"))
    return simulate_session(3, subject_seed=5, fibres=fibres)


def test_a_seed_gives_the_same_session_and_another_one_another():
    one, same, other = (simulate_session(seed, task=SHORT) for seed in (1, 1, 2))

    np.testing.assert_array_equal(one.signals, same.signals)
    np.testing.assert_array_equal(one.wheel_positions, same.wheel_positions)
    assert not np.array_equal(one.signals, other.signals)


def test_sessions_of_one_subject_share_its_traits():
    first, second = (simulate_session(k, subject_seed=9, task=SHORT) for k in (1, 2))
    other = simulate_session(1, subject_seed=8, task=SHORT)

    assert first.truth.traits == second.truth.traits
    assert first.truth.traits != other.truth.traits


def test_times_of_a_trial_are_in_order_and_within_the_recording(session):
    table = session.trials.columns
    went = table["choice"] != 0
    order = ["intervals_0", "stimOn_times", "firstMovement_times", "response_times"]
    order += ["feedback_times", "intervals_1"]
    times = np.stack([table[name][went] for name in order])

    assert (np.diff(times, axis=0) > 0).all()
    assert (table["intervals_0"][1:] >= table["intervals_1"][:-1] - 1e-9).all()
    assert session.frame_times[0] < table["intervals_0"][0]
    assert session.frame_times[-1] > table["intervals_1"][-1]
    assert np.isnan(table["firstMovement_times"][~went]).all()


def test_choices_follow_the_psychometric_function_that_is_told():
    task = ChoiceTask("training", n_trials=20_000, duration_s=1e6, nogo_fraction=0.0)
    traits = draw_traits(0)
    trials = work_trials(np.random.default_rng(0), task, traits)
    signed = trials.signed_contrast
    went_right = trials.columns["choice"] == -1
    core = 1 - traits.lapse_left - traits.lapse_right

    for contrast in (-25.0, -6.25, 6.25, 12.5, 100.0):
        erf = math.erf((contrast - traits.bias) / traits.threshold)
        wanted = traits.lapse_right + core * (erf + 1) / 2
        assert went_right[signed == contrast].mean() == pytest.approx(wanted, abs=0.03)


def test_feedback_says_whether_the_choice_was_right(session):
    table = session.trials.columns
    wanted = np.where(session.trials.is_right, -1, 1)

    np.testing.assert_array_equal(table["feedbackType"] == 1, table["choice"] == wanted)
    np.testing.assert_array_equal(
        np.isnan(table["contrastLeft"]), session.trials.is_right
    )


def test_blocks_are_those_that_are_told(session):
    lengths, p_left = (
        session.trials.block_lengths,
        session.trials.block_probabilities,
    )
    wanted = np.repeat(p_left, lengths)[: session.task.n_trials]

    np.testing.assert_array_equal(session.trials.columns["probabilityLeft"], wanted)
    assert lengths[0] == 90
    assert all(20 <= length <= 100 for length in lengths)
    assert set(p_left) == {0.2, 0.5, 0.8}
    training = simulate_session(0, task=ChoiceTask("training", 20, 300.0))
    assert set(training.trials.columns["probabilityLeft"]) == {0.5}


def test_the_wheel_turns_from_first_movement_to_response_as_chosen(session):
    table = session.trials.columns
    went = table["choice"] != 0
    times, positions = session.wheel_times, session.wheel_positions
    before, at_onset, after = (
        np.interp(table[name][went] + shift, times, positions)
        for name, shift in (
            ("stimOn_times", 0.0),
            ("firstMovement_times", 0.0),
            ("response_times", 0.01),
        )
    )

    assert (np.sign(after - before) == -table["choice"][went]).all()
    assert (np.abs(after - before) > 0.28).all()
    assert (np.abs(at_onset - before) < 0.02).all()
    assert (np.diff(times) > 0).all()


def test_frames_alternate_between_the_bands(session):
    states = session.led_states

    assert states[0] == 7
    assert set(states[1::2]) == {2}
    assert set(states[2::2]) == {1}
    assert np.diff(session.frame_times).min() > 1 / 60 - 1e-3
    assert session.signals.min() > 0.004
    assert session.signals.max() < 0.05


def test_without_activity_and_noise_a_band_is_its_bleaching():
    task = ChoiceTask("training", 0, 600.0)
    session = simulate_session(0, task=task, optics=QUIET)
    wanted = Bleaching()
    lit = session.led_states == 2
    t = session.frame_times[lit] - session.frame_times[0]
    left = 1 - wanted.slow - wanted.fast + wanted.slow * np.exp(-t / wanted.tau_slow_s)
    left += wanted.fast * np.exp(-t / wanted.tau_fast_s)

    np.testing.assert_allclose(session.signals[lit, 0], 0.02 * left, rtol=1e-7)


def test_activity_is_the_sum_of_the_responses_that_are_told():
    session = simulate_session(4, task=SHORT, optics=QUIET)
    t = session.frame_times[session.led_states != 1]
    total = np.zeros(len(t))
    for event in EVENTS:
        kernel = session.truth.kernels[event]
        for at, size in zip(
            session.trials.columns[event],
            session.truth.amplitudes[event][:, 0],
            strict=True,
        ):
            if not np.isnan(at):
                near = (t >= at) & (t < at + 10 * kernel.decay_s)
                total[near] += size * kernel.sample(t[near] - at)

    np.testing.assert_allclose(session.truth.dff[:, 0], total, atol=2e-4)
    assert np.abs(total).max() > 0.02


def test_a_kernel_peaks_at_one_and_is_nothing_before_the_event():
    t = np.linspace(-1, 10, 110_001)
    response = Kernel(0.05, 0.7).sample(t)

    assert response.max() == pytest.approx(1.0, abs=1e-6)
    assert (response[t < 0] == 0).all()


def test_responses_depend_on_side_contrast_and_reward_as_is_told(session):
    gain = session.truth.traits.gain
    stimulus, _, feedback = TARGET_EFFECTS["VTA-DA"]
    trials = session.trials
    contrast = np.abs(trials.signed_contrast) / 100
    correct = trials.columns["feedbackType"] == 1
    for fibre, contra in ((0, trials.is_right), (1, ~trials.is_right)):
        design = np.column_stack((np.ones(len(contrast)), contrast, contra - 0.5))
        size = session.truth.amplitudes["stimOn_times"][:, fibre]
        found = np.linalg.lstsq(design, size, rcond=None)[0] / gain[0]
        wanted = [stimulus.base, stimulus.contrast, stimulus.side]
        np.testing.assert_allclose(found, wanted, atol=2e-3)
    size = session.truth.amplitudes["feedback_times"][:, 0] / gain[2]
    design = np.column_stack((np.ones(len(contrast)), contrast, correct - 0.5))

    assert np.linalg.lstsq(design, size, rcond=None)[0][2] == pytest.approx(
        feedback.reward, abs=2e-3
    )


def test_artefacts_are_shared_by_the_bands_and_activity_is_not():
    optics = Optics(noise=0.0)
    session = simulate_session(0, task=SHORT, optics=optics)
    for band, state in enumerate((1, 2)):
        lit = session.led_states == state
        left = optics.bleaching[band].sample(session.frame_times[lit])
        moved = session.signals[lit, 0] / (optics.baseline[band] * left) - 1
        wanted = optics.motion_gain[band] * session.truth.motion[lit]
        if state == 2:
            wanted = wanted + session.truth.dff[1:, 0]  # the first frame is state 7

        np.testing.assert_allclose(moved, wanted, atol=1e-12)


def test_a_dead_fibre_takes_a_handful_of_values_and_the_others_stay():
    fibres = (Fibre("VTA"), Fibre("SNc", roi="G1", is_dead=True))
    session = simulate_session(0, task=SHORT, fibres=fibres)

    assert len(np.unique(session.signals[:, 1])) == 2
    assert len(np.unique(session.signals[:, 0])) == len(session.signals)


def test_a_target_that_is_not_known_responds_to_nothing():
    session = simulate_session(0, task=SHORT, fibres=(Fibre("CA1"),), optics=QUIET)

    assert session.truth.effects == {"CA1": (Effect(scatter=0.0),) * 3}
    assert not session.truth.dff.any()


def test_trials_that_do_not_fit_are_refused():
    with pytest.raises(AnalysisError, match="do not fit") as caught:
        simulate_session(0, task=ChoiceTask(n_trials=500, duration_s=600.0))

    assert caught.value.code == "RV-A95"


def test_two_fibres_on_one_region_of_interest_are_refused():
    with pytest.raises(AnalysisError, match="one region of interest") as caught:
        simulate_session(0, task=SHORT, fibres=(Fibre("VTA"), Fibre("SNc")))

    assert caught.value.found == "VTA on G0, SNc on G0"

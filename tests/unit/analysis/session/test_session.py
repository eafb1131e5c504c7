"""One session: loaded, checked, preprocessed, kept; each fault is its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import (
    AmbiguousRegionMapping,
    BandInversion,
    BlockStructureBug,
    EarlySamples,
    FewUniqueSamples,
    FileFault,
    IncompleteEventTimes,
    InsufficientTrials,
    MetadataFault,
    MissingBlockInfo,
    MissingExtractedData,
    MissingRawData,
    QCValidationError,
    SignalFault,
    TrialFault,
    TrialsNotInPhotometryTime,
)
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.session import PhotometrySession, match_regions, take_metadata

ROW = {"eid": "s1", "subject": "m1", "start_time": "2024-11-05T14:03:22"}


def test_nothing_is_read_before_it_is_asked_for(session):
    assert session.trials.empty
    assert session.photometry == {}
    assert session.responses == {}
    assert session.qc.empty
    assert session.wheel_velocity is None


def test_the_whole_way_from_raw_to_responses(loaded):
    loaded.validate_trials_in_photometry_time()
    loaded.run_raw_qc()
    loaded.validate_qc()
    loaded.run_sliding_qc()
    loaded.validate_few_unique_samples()
    loaded.preprocess()
    responses = loaded.extract_responses()

    assert list(responses) == ["VTA-l", "SNc-r"]
    assert responses["VTA-l"].dims == ("event", "trial", "time")
    assert responses["VTA-l"].shape == (3, 60, 60)
    signal = loaded.photometry["GCaMP_preprocessed"]
    np.testing.assert_allclose(signal.std(ddof=0), 1.0, atol=1e-9)
    assert len(loaded.qc) == 4
    assert {"GCaMP", "Isosbestic"} == set(loaded.qc["band"])
    assert loaded.qc.loc[loaded.qc["band"] == "GCaMP", "iso_correlation"].notna().all()
    assert loaded.errors == []


def test_responses_are_those_that_were_simulated(loaded, simulated):
    """Reward responses follow the amplitudes that were drawn for them."""
    loaded.preprocess()
    loaded.extract_responses()
    found = loaded.get_magnitudes("VTA-l")["feedback_times"].to_numpy()
    truth = simulated.truth.amplitudes
    name = next(key for key in truth if "feedback" in key)
    drawn = truth[name][:, 0]
    known = np.isfinite(found) & np.isfinite(drawn)

    assert np.corrcoef(found[known], drawn[known])[0, 1] > 0.9


def test_a_masked_response_ends_at_the_next_event(loaded):
    loaded.preprocess()
    one = loaded.extract_responses()["VTA-l"]
    masked = loaded.mask_subsequent_events(one)
    trial = loaded.trials.iloc[5]
    until = trial["firstMovement_times"] - trial["stimOn_times"]
    row = masked.sel(event="stimOn_times", trial=5)

    known = np.isfinite(row.to_numpy())
    np.testing.assert_array_equal(known, row["time"].to_numpy() <= until)
    assert masked.sel(event="feedback_times").equals(one.sel(event="feedback_times"))


def test_a_baseline_is_the_mean_before_the_event(loaded):
    loaded.preprocess()
    one = loaded.extract_responses()["VTA-l"]
    done = loaded.subtract_baseline(one)
    before = (done["time"] >= -0.1) & (done["time"] < 0)

    means = done[:, :, before].mean("time").to_numpy()
    np.testing.assert_allclose(means[np.isfinite(means)], 0.0, atol=1e-12)
    assert np.isfinite(means).sum() == np.isfinite(one.to_numpy()).any(-1).sum()


def test_the_file_gives_back_what_was_put_in(loaded, tmp_path):
    loaded.run_sliding_qc()
    loaded.preprocess()
    loaded.extract_responses()
    loaded.load_wheel()
    loaded.extract_wheel_velocity()
    path = loaded.save_h5(tmp_path / "s1.h5")
    again = PhotometrySession.from_h5(path)

    assert loaded.target_NM == again.target_NM
    np.testing.assert_array_equal(loaded.wheel_velocity, again.wheel_velocity)
    np.testing.assert_array_equal(
        loaded.responses["SNc-r"].to_numpy(), again.responses["SNc-r"].to_numpy()
    )
    pd.testing.assert_frame_equal(
        loaded.photometry["GCaMP_preprocessed"],
        again.photometry["GCaMP_preprocessed"],
        check_names=False,
    )
    assert len(again.qc) == 4
    assert loaded.basic_performance() == again.basic_performance()


def test_a_fault_is_logged_when_there_is_a_log(session):
    session.load_trials()
    log = []
    session.validate_n_trials(exlog=log)

    assert [entry["error_type"] for entry in log] == ["InsufficientTrials"]
    with pytest.raises(InsufficientTrials, match="60"):
        session.validate_n_trials()


def test_trials_outside_the_photometry_are_a_fault(loaded):
    loaded.trials.loc[59, "feedback_times"] = 1e6

    with pytest.raises(TrialsNotInPhotometryTime, match="59 to 59"):
        loaded.validate_trials_in_photometry_time()


def test_events_that_are_missing_are_named(loaded):
    loaded.trials.loc[:10, "firstMovement_times"] = np.nan

    with pytest.raises(IncompleteEventTimes) as caught:
        loaded.validate_event_completeness()
    assert caught.value.missing_events == ["firstMovement_times"]


@pytest.mark.parametrize(
    ("column", "fault"),
    [("n_band_inversions", BandInversion), ("n_early_samples", EarlySamples)],
)
def test_frames_out_of_order_are_a_fault(loaded, column, fault):
    loaded.run_raw_qc()
    loaded.validate_qc()
    loaded.qc[column] = 3

    with pytest.raises(fault) as caught:
        loaded.validate_qc()
    assert isinstance(caught.value, QCValidationError)


def test_a_dead_channel_is_told_and_the_other_goes_on(loaded):
    for band in loaded.photometry.values():
        band["SNc-r"] = 0.0039
    loaded.run_sliding_qc()
    with pytest.raises(FewUniqueSamples, match="SNc-r"):
        loaded.validate_few_unique_samples()

    loaded.preprocess()

    signal = loaded.photometry["GCaMP_preprocessed"]
    assert signal["SNc-r"].isna().all()
    assert signal["VTA-l"].notna().all()
    assert [entry["error_type"] for entry in loaded.errors] == ["SignalFault"]
    assert "SNc-r" in loaded.errors[0]["error_message"]


def test_when_no_channel_can_be_processed_it_is_a_fault(loaded):
    for band in loaded.photometry.values():
        band.loc[:, :] = np.nan

    with pytest.raises(SignalFault):
        loaded.preprocess()


def test_steps_in_the_wrong_order_say_what_to_call(session):
    with pytest.raises(MissingRawData, match="load_photometry"):
        session.run_raw_qc()
    with pytest.raises(MissingExtractedData, match="load_photometry"):
        session.preprocess()
    with pytest.raises(MissingExtractedData, match="call preprocess"):
        session.extract_responses()
    with pytest.raises(MissingExtractedData, match="load_wheel"):
        session.extract_wheel_velocity()


def test_an_event_that_is_not_there_is_named(loaded):
    loaded.preprocess()

    with pytest.raises(TrialFault, match="lick_times"):
        loaded.extract_responses(events=["lick_times"])


def test_without_a_place_nothing_can_be_loaded():
    with pytest.raises(MissingRawData, match="from_alf"):
        PhotometrySession(ROW).load_trials()


def test_blocks_are_repaired_from_the_plan(loaded):
    plan = loaded.trials["probabilityLeft"].to_numpy().copy()
    loaded.trials.loc[10:12, "probabilityLeft"] = 0.8
    with pytest.raises(MissingBlockInfo):
        loaded.validate_block_structure()
    positions = np.where(np.arange(100) % 2, -35, 35)
    loaded.metadata["block_info"] = {"LEN_BLOCKS": [100], "POSITIONS": positions}
    with pytest.raises(BlockStructureBug):
        loaded.validate_block_structure()

    loaded.fix_block_structure()

    assert (plan == 0.5).all() == (loaded.trials["probabilityLeft"] == 0.5).all()
    assert (loaded.trials["probabilityLeft"] == 0.5).all()


def test_training_sessions_are_50_50(session):
    session.load_trials()
    session.metadata["session_type"] = "training"
    session.trials["probabilityLeft"] = 0.8

    with pytest.raises(BlockStructureBug):
        session.validate_block_structure()


def test_parameters_reach_the_numbers(simulated, loaded):
    settings = AnalysisParameters(
        preprocess={"rate_hz": 20}, responses={"window": (-0.5, 1.0)}
    )
    other = PhotometrySession(loaded.metadata, loaded.source, parameters=settings)
    other.load_trials()
    other.load_photometry()
    other.preprocess()

    assert other.extract_responses()["VTA-l"].shape == (3, 60, 30)


def test_the_pipelines_numbers_are_there_for_comparison(loaded):
    settings = AnalysisParameters(preprocess={"compat": "iblnm"})
    other = PhotometrySession(loaded.metadata, loaded.source, parameters=settings)
    other.load_trials()
    other.load_photometry()
    other.preprocess()

    loaded.preprocess()

    one, two = (each.photometry["GCaMP_preprocessed"] for each in (loaded, other))
    assert not np.allclose(two.std(ddof=0), 1.0, atol=1e-9)
    for region in one:
        assert np.corrcoef(one[region][:12000], two[region][:12000])[0, 1] > 0.95


def test_a_wheel_is_cut_into_trials(loaded):
    loaded.load_wheel()
    velocity = loaded.extract_wheel_velocity()
    trial = loaded.trials.iloc[0]
    length = trial["feedback_times"] - trial["stimOn_times"]

    assert np.float32 == velocity.dtype
    assert abs(np.isfinite(velocity[0]).sum() - 100 * length) <= 1


def test_performance_has_the_names_of_its_table(loaded):
    basic, blocks = loaded.basic_performance(), loaded.block_performance()

    assert {"n_trials", "fraction_correct", "psych_50_bias"} <= set(basic)
    assert "psych_80_bias" not in basic
    assert {"psych_20_bias", "psych_80_bias", "bias_shift"} <= set(blocks)
    assert {
        "bias",
        "threshold",
        "lapse_left",
        "lapse_right",
        "r_squared",
        "n_trials",
    } == (set(loaded.fit_psychometric()))


def test_channels_find_their_regions():
    assert match_regions(["VTA"], ["VTA-l"], "s1") == {"VTA": "VTA-l"}
    assert match_regions(["G0"], [], "s1") == {"G0": "G0"}
    with pytest.raises(AmbiguousRegionMapping, match="VTA"):
        match_regions(["VTA"], ["VTA-l", "VTA-r"], "s1")
    with pytest.raises(AmbiguousRegionMapping, match="DR"):
        match_regions(["VTA", "DR"], ["VTA-l"], "s1")


def test_a_row_is_taken_as_tables_have_it():
    row = {**ROW, "brain_region": np.array(["VTA"]), "lab": np.nan, "number": 2}
    found = take_metadata(row)

    assert found["brain_region"] == ["VTA"]
    assert found["hemisphere"] == [""]
    assert found["lab"] is None
    assert take_metadata({**ROW, "brain_region": "VTA"})["brain_region"] == ["VTA"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"eid": None}, "eid"),
        ({"start_time": "yesterday"}, "yesterday"),
        ({"brain_region": ["a", "b"], "hemisphere": ["l"]}, "hemisphere 1"),
    ],
)
def test_a_row_that_is_not_right_says_why(change, words):
    with pytest.raises(MetadataFault, match=words):
        take_metadata({**ROW, **change})


def test_a_damaged_file_is_a_fault(tmp_path):
    path = tmp_path / "s1.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))

    with pytest.raises(FileFault):
        PhotometrySession.from_h5(path)


def test_the_state_has_no_field_that_a_copy_would_share(session):
    other = PhotometrySession(session.metadata)
    other.metadata["lab"] = "elsewhere"

    assert "lab" not in session.metadata
    assert not dataclasses.is_dataclass(session)

"""What is wrong with a session is told by its name: sides, regions, bands, levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import (
    AmbiguousRegionMapping,
    HemisphereMismatch,
    MissingExtractedData,
    SignalFault,
    TrialFault,
)
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.session import (
    PhotometrySession,
    match_regions,
    take_metadata,
    validate_hemisphere,
)

ROW = {"eid": "s1", "subject": "m1", "start_time": "2024-11-05T14:03:22"}


def messages(session):
    return [entry["error_message"] for entry in session.errors]


def test_an_empty_hemisphere_is_what_the_region_ends_in():
    row = {**ROW, "brain_region": ["VTA-r", "DR"]}

    assert take_metadata(row)["hemisphere"] == ["r", ""]
    assert take_metadata({**row, "hemisphere": ["", "l"]})["hemisphere"] == ["r", "l"]
    assert take_metadata({**row, "hemisphere": [None, "l"]})["hemisphere"] == ["r", "l"]


@pytest.mark.parametrize("take", [take_metadata, validate_hemisphere])
def test_a_region_and_a_hemisphere_that_contradict_each_other_are_a_fault(take):
    row = {**ROW, "brain_region": ["VTA-l"], "hemisphere": ["r"]}
    with pytest.raises(HemisphereMismatch, match="VTA-l"):
        take(row)


def test_right_is_ipsi_for_a_fibre_whose_name_ends_in_r(loaded, simulated):
    named = PhotometrySession({**ROW, "brain_region": ["VTA-l", "SNc-r"]})
    named.source = loaded.source
    named.load_trials()
    named.load_photometry()
    named.preprocess()
    named.extract_responses()
    found = named.get_response_vector("SNc-r", min_trials=1)

    pd.testing.assert_series_equal(
        found, named.get_response_vector("SNc-r", "r", min_trials=1)
    )
    assert not found.equals(named.get_response_vector("SNc-r", "", min_trials=1))


def test_regions_of_the_channels_say_their_hemispheres(loaded):
    loaded.source.names = ["VTA-l", "SNc-r"]
    bare = PhotometrySession(ROW, loaded.source)
    bare.load_photometry()
    loaded.source.names = ["VTA", "SNc"]

    assert bare.hemisphere == ["l", "r"]


@pytest.mark.parametrize("name", ["G0", "Region0G", "fiber00", "AIn1", "ROI01", "A"])
def test_a_name_that_a_reader_made_takes_the_one_region(name):
    assert match_regions([name], ["VTA-l"], "s1") == {name: "VTA-l"}


@pytest.mark.parametrize("name", ["DMS-r", "DMS", "VTA-r"])
def test_one_channel_of_another_region_is_not_renamed(name):
    with pytest.raises(AmbiguousRegionMapping, match=name):
        match_regions([name], ["VTA-l"], "s1")


def test_without_a_reference_it_is_told_that_movement_is_not_corrected(loaded):
    del loaded.photometry["Isosbestic"]
    loaded.preprocess()

    assert loaded.photometry["GCaMP_preprocessed"].notna().all().all()
    assert [entry["error_type"] for entry in loaded.errors] == ["SignalFault"]
    assert 'no reference band "Isosbestic"' in messages(loaded)[0]
    loaded.errors.clear()
    loaded.parameters = AnalysisParameters(preprocess={"reference": "none"})
    loaded.preprocess()
    assert loaded.errors == []


def test_a_region_that_the_reference_lacks_is_a_fault_of_its_own(loaded):
    loaded.photometry["Isosbestic"] = loaded.photometry["Isosbestic"][["VTA-l"]]
    loaded.preprocess()

    signal = loaded.photometry["GCaMP_preprocessed"]
    assert signal["SNc-r"].isna().all()
    assert signal["VTA-l"].notna().all()
    assert "SNc-r" in messages(loaded)[0]
    assert 'SNc-r: it is not in the band "Isosbestic".' in loaded.notes


def test_without_the_signal_band_it_is_told_at_once(loaded):
    del loaded.photometry["GCaMP"]

    for ask in (loaded.validate_trials_in_photometry_time, loaded.preprocess):
        with pytest.raises(MissingExtractedData, match="GCaMP"):
            ask()


def test_when_all_channels_fail_session_and_channels_are_named(loaded):
    for band in loaded.photometry.values():
        band.loc[:, :] = 1 / 255

    with pytest.raises(SignalFault, match="constant") as caught:
        loaded.preprocess()
    assert caught.value.where == "session s1, channel VTA-l, SNc-r"


def test_a_saturated_channel_is_told(loaded):
    band = loaded.photometry["GCaMP"]
    band["VTA-l"] = band["VTA-l"].clip(upper=band["VTA-l"].median())
    loaded.run_sliding_qc()

    rows = loaded.qc.set_index(["brain_region", "band"])
    assert rows.loc[("VTA-l", "GCaMP"), "saturation_fraction"] > 0.3
    assert rows.loc[("VTA-l", "Isosbestic"), "saturation_fraction"] < 0.01
    assert {"quantisation_ratio", "gap_fraction"} <= {*loaded.qc}
    assert messages(loaded) == [
        "the channel is saturated. (session s1, channel VTA-l GCaMP)"
    ]


def test_a_band_full_of_gaps_is_told(loaded):
    band = loaded.photometry["Isosbestic"]
    lost = (band.index > 100.0) & (band.index < 150.0)
    loaded.photometry["Isosbestic"] = band[~lost]
    loaded.run_sliding_qc()

    assert messages(loaded) == [
        f"the channel is full of gaps. (session s1, channel {region} Isosbestic)"
        for region in ("VTA-l", "SNc-r")
    ]


def test_a_dead_channel_is_told_once(loaded):
    for band in loaded.photometry.values():
        band["SNc-r"] = 1 / 255
    loaded.run_sliding_qc()

    assert loaded.errors == []


def test_no_event_is_told_as_such(loaded):
    loaded.preprocess()

    with pytest.raises(TrialFault, match="no event is named"):
        loaded.extract_responses(events=[])


def test_a_choice_that_is_not_known_is_left_out_of_the_fits(session):
    session.load_trials()
    lost = np.arange(len(session.trials)) % 4 == 0
    rest = session.trials[~lost]
    session.trials["choice"] = session.trials["choice"].where(~lost)
    found = session.fit_psychometric()
    by_block = session.fit_psychometric_by_block()
    session.trials = rest

    assert found == session.fit_psychometric()
    assert by_block == session.fit_psychometric_by_block()


def test_compat_looks_at_bands_cut_to_the_shortest(loaded):
    loaded.parameters = AnalysisParameters(qc={"compat": "iblnm"})
    loaded.photometry["Isosbestic"] = loaded.photometry["Isosbestic"][:-7]
    loaded.run_sliding_qc()
    uncut = loaded.qc
    loaded.photometry["GCaMP"] = loaded.photometry["GCaMP"][:-8]
    loaded.run_sliding_qc()

    pd.testing.assert_frame_equal(uncut, loaded.qc)

"""Analysis commands on a study that has been through the stages.

Its files are written by hand: three subjects of two targets and one of a third;
responses to the stimulus rise with contrast in VTA, fall in LC.
"""

from __future__ import annotations

import json
import shutil
import warnings
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ranvier.analysis.files import (
    PERFORMANCE_SCHEMA,
    QC_SCHEMA,
    SESSION_SCHEMA,
    PhotometryPart,
    WheelPart,
    write_session_h5,
    write_table,
)
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.studies import (
    TaskEncodingOptions,
    analyse_methods,
    analyse_movement_encoding,
    analyse_qc_overview,
    analyse_responses,
    analyse_task_encoding,
    analyse_task_performance,
    analyse_video_qc,
    plot_dataset_overview,
)

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

EVENTS = ("stimOn_times", "feedback_times")
STUDY = "ranvier_study: 1\nname: small\nsessions:\n  - alf: one\n"
SLOPES = {"VTA-DA": 0.02, "LC-NE": -0.01, "DR-5HT": 0.0}
SUBJECTS = {
    "VTA-DA": ("A1", "A2", "A3"),
    "LC-NE": ("B1", "B2", "B3"),
    "DR-5HT": ("C1",),
}
N_TRIALS = 120


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    """The folder of the study; tests that change it copy it."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    rows = [
        (target, subject, day)
        for target, subjects in SUBJECTS.items()
        for subject in subjects
        for day in (1, 2)
    ]
    sessions = pd.DataFrame([make_session(*row) for row in rows])
    write_table(sessions, folder / SESSION_SCHEMA.path, SESSION_SCHEMA)
    rng = np.random.default_rng(0)
    performance = [make_performance(eid, rng) for eid in sessions["eid"]]
    table = pd.DataFrame(performance)
    write_table(table, folder / PERFORMANCE_SCHEMA.path, PERFORMANCE_SCHEMA)
    qc = [row for each in sessions.to_dict("records") for row in make_qc(each, rng)]
    write_table(pd.DataFrame(qc), folder / QC_SCHEMA.path, QC_SCHEMA)
    for seed, row in enumerate(rows):
        write_file(folder, row, seed)
    return folder


@pytest.fixture(scope="session")
def settings():
    given = {
        "responses": {"events": EVENTS, "min_trials": 1},
        "statistics": {"contrast_coding": "linear", "n_permutations": 50},
    }
    return AnalysisParameters.model_validate(given)


@pytest.fixture(scope="session")
def responses(small_study, settings):
    """The command `responses`, done."""
    return analyse_responses(small_study, settings)


@pytest.fixture
def copy(small_study, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(small_study, tmp_path / "study", copy_function=shutil.copy2)


def read(folder, name):
    return pd.read_csv(folder / "results" / f"{name}.csv")


def change(settings, section, **values):
    said = settings.model_dump()
    said[section] |= values
    return AnalysisParameters.model_validate(said)


def list_names(paths, folder):
    return {path.relative_to(folder).as_posix() for path in paths}


def test_responses_has_the_files_of_the_seed(small_study, responses):
    place = small_study / "results" / "responses"
    wanted = {
        "responses.pqt",
        "response_matrix.pqt",
        "response_similarity_matrix.pqt",
        "mean_traces.pqt",
        "peak_velocity.pqt",
        "trial_regressors.pqt",
        "lmm_coefficients_early.csv",
        "anova_subject_means.csv",
        "functional_lmm_stimOn_times.csv",
        "provenance.json",
        "faults.csv",
    }

    assert wanted <= {path.name for path in place.iterdir()}
    assert all(path.is_file() for path in responses.written)
    assert (small_study / "results" / "methods.md").is_file()


def test_the_slope_that_is_in_the_data_is_found(small_study, responses):
    table = read(small_study, "responses/lmm_coefficients_early")
    own = table[(table["term"] == "contrast") & (table["event"] == "stimOn_times")]
    found = own.set_index("target_NM")["Coef."]

    assert found["VTA-DA"] == pytest.approx(SLOPES["VTA-DA"], abs=1e-3)
    assert found["LC-NE"] == pytest.approx(SLOPES["LC-NE"], abs=1e-3)


def test_magnitudes_are_the_means_of_the_window(small_study, responses):
    table = pd.read_parquet(small_study / "results/responses/responses.pqt")
    own = table[(table["event"] == "stimOn_times") & (table["target_NM"] == "VTA-DA")]
    mean = own.groupby("contrast")["response_early"].mean()

    assert mean.to_numpy() == pytest.approx([1.0, 1.5, 3.0], abs=0.05)


def test_a_target_with_one_subject_is_a_fault_and_the_others_are_done(
    small_study, responses
):
    faults = read(small_study, "responses/faults")
    of_lmm = faults[faults["part"] == "lmm"]
    fitted = read(small_study, "responses/lmm_fits_early")

    assert set(of_lmm["where"]) == {f"DR-5HT, {event}" for event in EVENTS}
    assert set(of_lmm["error_type"]) == {"GroupFault"}
    assert set(fitted["target_NM"]) == {"VTA-DA", "LC-NE"}


def test_targets_are_alike_within_and_told_from_each_other(small_study, responses):
    means = read(small_study, "responses/similarity_by_target").set_index("target_NM")

    assert means.loc["VTA-DA", "VTA-DA"] > means.loc["VTA-DA", "LC-NE"]


def test_factor_means_are_those_of_the_model(small_study, responses):
    table = read(small_study, "responses/lmm_factor_means_early")
    own = table[(table["event"] == "feedback_times") & (table["effect"] == "reward")]
    found = own[own["target_NM"] == "VTA-DA"].set_index("reward")["mean"]

    assert found[0.5] - found[-0.5] == pytest.approx(2.0, abs=0.02)


def test_every_table_says_where_it_comes_from(small_study, responses):
    said = json.loads((small_study / "results/responses/provenance.json").read_text())
    tables = {
        path.relative_to(small_study).as_posix()
        for path in responses.written
        if path.suffix in (".csv", ".pqt") and path.name != "faults.csv"
    }

    assert tables == {*said}
    assert said["results/responses/lmm_coefficients_early.csv"]["n"]["n_subjects"] == 6


def test_figures_are_whole_drawings(small_study, responses):
    figures = [path for path in responses.written if path.suffix == ".svg"]

    assert len(figures) > 10
    for path in figures:
        assert ET.parse(path).getroot().tag.endswith("svg")


def test_the_second_run_does_nothing(small_study, responses, settings):
    again = analyse_responses(small_study, settings)

    assert again.written == ()
    assert {*again.kept} == {*responses.written}
    assert again.faults == responses.faults


def test_another_coding_makes_only_models_anew(small_study, responses, settings, copy):
    found = analyse_responses(copy, settings, contrast_coding="rank")
    names = list_names(found.written, copy)

    assert "results/responses/lmm_coefficients_early.csv" in names
    assert "results/methods.md" in names
    assert "results/responses/responses.pqt" not in names
    assert "results/responses/response_matrix.pqt" not in names


def test_another_seed_leaves_the_mixed_models_alone(responses, settings, copy):
    other = change(settings, "statistics", seed=1)
    names = list_names(analyse_responses(copy, other).written, copy)

    assert "results/responses/functional_lmm_stimOn_times.csv" in names
    assert "results/responses/lmm_coefficients_early.csv" not in names


def test_a_session_made_anew_makes_all_anew_and_a_damaged_one_is_left_out(
    responses, settings, copy
):
    write_file(copy, ("VTA-DA", "A2", 1), seed=99)
    (copy / "data/sessions/A1-1.h5").write_bytes(b"no HDF5")
    found = analyse_responses(copy, settings)
    names = list_names(found.written, copy)
    table = pd.read_parquet(copy / "results/responses/responses.pqt")
    left_out = read(copy, "responses/selection").set_index("rule")["n_left_out"]

    assert "results/responses/responses.pqt" in names
    assert "results/responses/lmm_coefficients_early.csv" in names
    assert "A1-1" not in set(table["eid"])
    assert {"A1-2", "A2-1"} <= set(table["eid"])
    assert left_out["qc_blockers"] == 1


def test_movement_encoding_has_its_tables(small_study, settings):
    found = analyse_movement_encoding(small_study, settings)
    scores = read(small_study, "movement_encoding/loso_cv_model_comparison")
    slopes = read(small_study, "movement_encoding/per_contrast_slopes")

    assert set(scores["target_NM"]) == {"VTA-DA", "LC-NE"}
    own = scores[(scores["model"] == "contrast") & (scores["subject"] == "aggregate")]
    assert (own["delta_r2"] > 0.3).all()
    assert set(slopes["contrast"]) == {0.0, 25.0, 100.0}
    assert any("DR-5HT" in fault.where for fault in found.faults)
    assert analyse_movement_encoding(small_study, settings).written == ()


def test_task_encoding_has_its_tables(small_study, settings):
    options = TaskEncodingOptions(
        events=("stimOn",), min_recordings=5, with_ica=True, seed=3
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        analyse_task_encoding(small_study, settings, options=options)
    place = small_study / "results" / "task_encoding"
    kinds = (
        "summary",
        "weights",
        "scores",
        "cross_projections",
        "weight_similarities",
    )
    wanted = {f"stimOn_times_{kind}.csv" for kind in kinds}
    wanted |= {"pca_stats_stimOn_times.csv", "ica_stats_stimOn_times.csv"}

    assert wanted <= {path.name for path in place.iterdir()}
    summary = read(small_study, "task_encoding/stimOn_times_summary")
    assert set(summary["target_NM"]) == {"VTA-DA", "LC-NE"}
    assert (summary["n"] == 6).all()


def test_task_performance_has_its_tables(small_study, settings):
    analyse_task_performance(small_study, settings)
    subjects = read(small_study, "task_performance/subjects")
    stages = read(small_study, "task_performance/sessions_to_stage")

    assert len(subjects) == 14
    assert (stages["training_to_biased"] == 1).all()
    assert (small_study / "data" / "trial_timing.pqt").is_file()
    assert analyse_task_performance(small_study, settings).written == ()


def test_qc_overview_counts_the_signals(small_study, settings):
    analyse_qc_overview(small_study, settings)
    summary = read(small_study, "qc_overview/summary")

    assert set(summary["band"]) == {"GCaMP", "Isosbestic"}
    assert set(summary.loc[summary["metric"] == "ar_score", "n"]) == {14}
    assert analyse_qc_overview(small_study, settings).written == ()


def test_video_qc_tells_that_nothing_is_known_or_draws_it(settings, copy):
    found = analyse_video_qc(copy, settings)

    assert [fault.error_type for fault in found.faults] == ["GroupFault"]

    eids = pd.read_parquet(copy / SESSION_SCHEMA.path)["eid"]
    table = pd.DataFrame(
        {
            "eid": eids,
            "length_discrepancy": np.where(eids == "A1-1", 500.0, 0.1),
            "frame_interval": 1 / 60,
            "n_dropped_frames": np.arange(len(eids)),
            "score": 1.0,
            "qc_video_timestamps": "PASS",
        }
    )
    write_table(table, copy / "metadata" / "video.pqt")
    mended = analyse_video_qc(copy, settings)
    rows = read(copy, "video_qc/sessions")

    assert mended.faults == ()
    assert rows.loc[rows["is_off"], "eid"].tolist() == ["A1-1"]


def test_methods_tell_the_numbers(small_study, responses, settings):
    analyse_methods(small_study, settings)
    text = (small_study / "results" / "methods.md").read_text(encoding="utf-8")

    assert "14 sessions (14 recordings) of 7 subjects" in text


def test_dataset_overview_takes_only_its_options(small_study, settings):
    first = plot_dataset_overview(small_study, settings)
    second = plot_dataset_overview(small_study, settings)

    # Four levels of sessions, four counts, errors.pqt: there was no stage `video`.
    assert len(first.written) == 9
    assert not any("video_ready" in path.name for path in first.written)
    assert second.written == ()


def test_dataset_overview_counts_as_analysed_what_the_group_selects(settings, copy):
    none = change(settings, "selection", exclude_subjects=("A1", "A2"))
    plot_dataset_overview(copy, none)
    place = copy / "figures" / "dataset_overview"
    valid, analysed = (
        (place / f"subjects_{kind}.svg").read_text("utf-8")
        for kind in ("valid", "analysed")
    )

    assert all(f">{name}<" in valid for name in ("A1", "A2", "A3"))
    assert ">A3<" in analysed
    assert not any(f">{name}<" in analysed for name in ("A1", "A2"))


def test_events_that_are_not_in_the_parameters_any_more_leave_no_results(
    settings, copy
):
    options = TaskEncodingOptions(min_recordings=5, with_ica=True)
    analyse_task_encoding(copy, settings, options=options)
    place = copy / "results" / "task_encoding"
    both = {path.name for path in place.iterdir()}
    fewer = change(settings, "responses", events=EVENTS[:1])
    analyse_task_encoding(copy, fewer, options=TaskEncodingOptions(min_recordings=5))
    left = {path.name for path in place.iterdir()}

    assert any("feedback" in name for name in both)
    assert not any("feedback" in name for name in left)
    assert any(name.startswith("pca_stats_stimOn") for name in left)


def test_independent_components_go_when_they_are_out_of_date(settings, copy):
    place = copy / "results" / "task_encoding"
    options = TaskEncodingOptions(events=("stimOn",), min_recordings=5, with_ica=True)
    analyse_task_encoding(copy, settings, options=options)
    plain = TaskEncodingOptions(events=("stimOn",), min_recordings=5)
    analyse_task_encoding(copy, settings, options=plain)
    kept = {path.name for path in place.iterdir()}
    other = change(settings, "selection", exclude_subjects=("A1",))
    analyse_task_encoding(copy, other, options=plain)

    assert any(name.startswith("ica_") for name in kept)
    assert not any(path.name.startswith("ica_") for path in place.iterdir())


def test_a_study_where_no_session_passes_has_faults_and_no_tables(settings, copy):
    shutil.rmtree(copy / "results", ignore_errors=True)
    none = change(settings, "selection", session_types=("ephys",))
    found = analyse_responses(copy, none)

    assert found.faults
    assert not [path for path in found.written if path.suffix in (".pqt", ".svg")]


def make_session(target, subject, day):
    region, nm = target.split("-")
    return {
        "eid": f"{subject}-{day}",
        "subject": subject,
        "start_time": f"2024-03-0{day}T10:00:00",
        "number": 1,
        "NM": nm,
        "brain_region": [region],
        "hemisphere": ["l"],
        "target_NM": [target],
        "session_type": "training" if day == 1 else "biased",
        "session_length": 600.0,
        "day_n": day - 1,
        "session_n": float(day),
    }


def make_performance(eid, rng):
    fits = {
        f"psych_50_{name}": value
        for name, value in {
            "bias": rng.normal(0.0, 5.0),
            "threshold": rng.uniform(10.0, 30.0),
            "lapse_left": rng.uniform(0.0, 0.1),
            "lapse_right": rng.uniform(0.0, 0.1),
            "r_squared": 0.95,
            "n_trials": 100.0,
        }.items()
    }
    return {
        "eid": eid,
        "n_trials": N_TRIALS,
        "contrasts": [0.0, 25.0, 100.0],
        "fraction_correct": rng.uniform(0.75, 0.95),
        "fraction_correct_easy": rng.uniform(0.9, 1.0),
        "nogo_fraction": 0.01,
        **fits,
    }


def make_qc(session, rng):
    return [
        {
            "eid": session["eid"],
            "brain_region": session["brain_region"][0],
            "band": band,
            "n_unique_samples": rng.uniform(0.5, 1.0),
            "median_absolute_deviance": rng.uniform(1e-4, 2e-4),
            "percentile_distance": rng.uniform(1.5, 2.5),
            "percentile_asymmetry": rng.uniform(0.9, 1.5),
            "ar_score": rng.uniform(0.3, 0.9),
            "n_early_samples": 0,
            "n_band_inversions": 0,
            "bleaching_tau": rng.uniform(500.0, 900.0) if band == "GCaMP" else np.nan,
            "iso_correlation": rng.uniform(0.0, 0.4) if band == "GCaMP" else np.nan,
        }
        for band in ("GCaMP", "Isosbestic")
    ]


def write_file(folder, row, seed):
    target, subject, day = row
    rng = np.random.default_rng(seed)
    trials = make_trials(rng)
    t = np.arange(-30, 30) / 30.0
    contrast = trials["contrast"].to_numpy()
    reward = trials["feedbackType"].to_numpy()
    size = {
        "stimOn_times": 1.0 + SLOPES[target] * contrast,
        "feedback_times": 0.5 + reward,
    }
    values = np.stack(
        [
            (t >= 0.0) * size[event][:, np.newaxis]
            + rng.normal(0.0, 0.2, (N_TRIALS, t.size))
            for event in EVENTS
        ]
    )
    array = xr.DataArray(
        values,
        dims=("event", "trial", "time"),
        coords={"event": list(EVENTS), "trial": np.arange(N_TRIALS), "time": t},
        attrs={"fs": 30.0, "response_window": (-1.0, 1.0)},
    )
    region = target.split("-")[0]
    parts = {
        "photometry": PhotometryPart(responses={region: array}),
        "trials": trials,
        "wheel": WheelPart(
            rng.normal(0.0, 2.0, (N_TRIALS, 20)).astype(np.float32),
            100.0,
            "stimOn_times",
            "feedback_times",
        ),
        "errors": [],
    }
    path = folder / "data" / "sessions" / f"{subject}-{day}.h5"
    keys = {"stages": {"photometry": str(seed), "task": "t", "wheel": "w"}}
    write_session_h5(path, parts, mode="w", provenance={"stages": keys})


def make_trials(rng):
    onset = 2.0 + 4.0 * np.arange(N_TRIALS)
    is_right = rng.random(N_TRIALS) < 0.5
    contrast = rng.choice([0.0, 25.0, 100.0], N_TRIALS)
    is_correct = rng.random(N_TRIALS) < 0.75
    reaction = rng.lognormal(-1.2, 0.3, N_TRIALS)
    answer = onset + reaction + rng.uniform(0.5, 0.9, N_TRIALS)
    right = np.where(is_correct, is_right, ~is_right)
    return pd.DataFrame(
        {
            "stimOn_times": onset,
            "firstMovement_times": onset + reaction,
            "response_times": answer,
            "feedback_times": answer,
            "choice": np.where(right, -1.0, 1.0),
            "feedbackType": np.where(is_correct, 1.0, -1.0),
            "probabilityLeft": 0.5,
            "stim_side": np.where(is_right, "right", "left"),
            "signed_contrast": np.where(is_right, 1.0, -1.0) * contrast,
            "contrast": contrast,
        }
    )

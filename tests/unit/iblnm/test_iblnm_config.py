"""Constants of the pipeline, and where its files lie."""

from __future__ import annotations

import matplotlib as mpl
import pytest

from ranvier.iblnm import config


def test_constants_are_those_of_the_readme():
    assert config.TARGET_FS == 30
    assert config.WHEEL_FS == 100
    assert config.BASELINE_WINDOW == (-0.1, 0.0)
    assert config.RESPONSE_WINDOWS["early"] == (0.1, 0.35)
    assert config.RESPONSE_EVENTS == [
        "stimOn_times", "firstMovement_times", "feedback_times"
    ]  # fmt: skip
    assert config.MIN_NTRIALS == 90
    assert config.TARGET2NM["DR"] == "5HT"
    assert config.VALID_TARGETNMS[0] == "VTA-DA"
    assert set(config.TARGETNMS_TO_ANALYZE) < set(config.VALID_TARGETNMS)
    assert config.QC_SLIDING_METRICS[0] == "n_unique_samples"
    assert {"QCValidationError", "BandInversion"} < config.ANALYSIS_QC_BLOCKERS


def test_paths_lie_in_the_working_folder_or_where_the_environment_says(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("IBLNM_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "metadata" / "sessions.pqt" == config.SESSIONS_FPATH
    monkeypatch.setenv("IBLNM_ROOT", str(tmp_path / "other"))
    assert tmp_path / "other" / "data" / "sessions" == config.SESSIONS_H5_DIR
    assert tmp_path / "other" == config.PROJECT_ROOT


def test_lists_are_new_each_time_so_that_nobody_changes_them_for_others():
    config.VALID_TARGETS.append("V1")

    assert "V1" not in config.VALID_TARGETS


def test_colours_are_there_and_leave_matplotlib_as_it_was():
    before = dict(mpl.rcParams)

    assert config.TARGETNM_COLORS["VTA-DA"] == "#ff413d"
    assert config.NM_CMAPS["DA"].name == "Reds"
    assert config.QCCMAP(1.0)[:3] == pytest.approx(mpl.colors.to_rgb("limegreen"))
    assert config.QCCMAP(0.0)[:3] == pytest.approx((1, 1, 1))
    assert dict(mpl.rcParams) == before


def test_names_can_be_listed_and_unknown_ones_are_no_attributes():
    assert {"SESSIONS_FPATH", "VALID_LINES", "NM_CMAPS"} <= set(dir(config))
    with pytest.raises(AttributeError, match="NO_SUCH"):
        _ = config.NO_SUCH


def test_parameters_have_the_names_and_choices_of_the_project():
    parameters = config.make_parameters()

    assert parameters.vocabulary.excluded_subjects == tuple(config.SUBJECTS_TO_EXCLUDE)
    assert parameters.selection.exclude_subjects == tuple(config.SUBJECTS_TO_EXCLUDE)
    assert parameters.selection.targetnms == tuple(config.TARGETNMS_TO_ANALYZE)
    assert parameters.selection.exclude_eids == tuple(config.EIDS_TO_DROP)

"""Rules of a selection: each leaves out what it should, and says so."""

from __future__ import annotations

import pandas as pd
import pytest

from ranvier.analysis.faults import FileFault, GroupFault, MetadataFault
from ranvier.analysis.files import (
    SESSION_SCHEMA,
    VERDICTS_PATH,
    add_verdict,
    make_verdict,
    write_log,
    write_session_h5,
    write_table,
)
from ranvier.analysis.group import GroupTables, PhotometrySessionGroup, expand_blockers
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.core import AnalysisError

OFF = {
    "session_types": False,
    "exclude_subjects": False,
    "exclude_eids": False,
    "qc_blockers": False,
    "targetnms": False,
    "min_performance": False,
    "required_contrasts": False,
    "one_session_a_day": False,
}


def count(group, **rules):
    group.filter_sessions(**{**OFF, **rules})
    return len(group.sessions)


def make_study(folder, catalog, parameters=""):
    (folder / "study.yaml").write_text(
        f"ranvier_study: 1\nname: small\nsessions: [{{alf: alf}}]\n{parameters}"
    )
    write_table(catalog, folder / "metadata" / "sessions.pqt", SESSION_SCHEMA)


def get_notes(group):
    return group.waterfall.to_frame().set_index("rule")["note"].to_dict()


def make_verdicts(*rows):
    return pd.DataFrame(rows, columns=["eid", "brain_region", "verdict"])


def make_log(*pairs):
    rows = [{"eid": eid, "error_type": kind} for eid, kind in pairs]
    return pd.DataFrame(rows, columns=["eid", "error_type", "error_message"])


@pytest.mark.parametrize(
    ("rules", "n_left"),
    [
        ({}, 12),
        ({"session_types": ["training"]}, 0),
        ({"exclude_subjects": ["m0"]}, 9),
        ({"exclude_eids": ["s00", "s01", "s99"]}, 10),
        ({"targetnms": ["SNc-DA"]}, 8),
        ({"min_performance": 0.7}, 7),
        ({"min_performance": {"biased": 0.7}}, 7),
        ({"min_performance": {"training": 0.7}}, 12),
        ({"required_contrasts": [0, 25, 100]}, 11),
        ({"lab": "lab-a"}, 6),
        ({"start_time_min": "2024-03-02T12:00:00"}, 6),
    ],
)
def test_each_rule_leaves_out_what_it_should(make_group, rules, n_left):
    assert n_left == count(make_group(), **rules)


def test_rules_are_told_one_by_one(make_group):
    group = make_group()
    count(group, exclude_subjects=["m0"], targetnms=["DR-5HT"])
    table = group.waterfall.to_frame().set_index("rule")

    assert (group.waterfall.n_total, group.waterfall.n_left) == (12, 3)
    assert table["n_left_out"].to_list() == [3, 6]
    assert "12 -> 9" in str(group.waterfall)


def test_a_rule_that_can_not_be_applied_is_told(study, settings):
    _, catalog = study
    said = []
    group = PhotometrySessionGroup(
        catalog.drop(columns="lab"), parameters=settings, say=said.append
    )
    group.filter_sessions(lab="lab-a", min_performance=0.7)

    assert len(group.sessions) == 12
    assert group.waterfall.not_applied == ("qc_blockers", "min_performance", "lab")
    assert 'not applied: the catalogue has no column "lab"' in said[0]


def test_a_selection_is_made_anew_each_time(make_group):
    group = make_group()

    assert count(group, exclude_subjects=["m0"]) == 9
    assert count(group) == 12


def test_the_kinds_of_an_error_block_too(make_group):
    log = make_log(("s03", "BandInversion"), ("s04", "FewUniqueSamples"))
    group = make_group(tables=GroupTables(errors=log))

    assert count(group, qc_blockers=["QCValidationError"]) == 11
    assert count(group, qc_blockers=["SignalFault"]) == 10
    assert "BandInversion" in expand_blockers({"QCValidationError"})


def test_an_unknown_rule_is_refused(make_group):
    with pytest.raises(AnalysisError, match="RV-A08"):
        make_group().filter_sessions(exclude_subject=["m0"])


def test_an_impossible_start_is_a_fault(make_group):
    with pytest.raises(MetadataFault):
        make_group().filter_sessions(start_time_min="yesterday")


def test_recordings_keep_their_number_when_targets_go(make_group):
    group = make_group()
    count(group, targetnms=["SNc-DA", "DR-5HT"])
    chosen = group.explode_recordings()

    assert len(make_group()) == 20
    assert len(group) == 12
    assert {"SNc-DA": {1}, "DR-5HT": {0}} == (
        chosen.groupby("target_NM")["fiber_idx"].agg(set).to_dict()
    )


def test_a_mask_makes_a_group_whose_recordings_keep_their_number(make_group):
    group = make_group()
    group.get_response_magnitudes()
    few = group.filter(group.recordings["target_NM"] == "SNc-DA")

    assert {1} == set(few.recordings["fiber_idx"])
    assert (len(group), len(few), len(few.sessions)) == (20, 8, 8)
    assert {"SNc-DA"} == set(few.response_magnitudes["target_NM"])
    assert set(few.eids) == set(few.trial_regressors["eid"])
    assert few.response_features is None
    few.filter_sessions(exclude_subjects=["m0"], min_performance=False)
    assert (len(few.sessions), len(few)) == (6, 6)
    with pytest.raises(GroupFault):
        group.filter([True])


def test_lists_of_unlike_length_are_left_out_and_told(study, settings):
    _, catalog = study
    said = []
    sides = [["l"], *catalog["hemisphere"].iloc[1:]]
    frame = catalog.assign(hemisphere=pd.Series(sides, dtype=object))
    group = PhotometrySessionGroup(frame, parameters=settings, say=said.append)
    group.filter_sessions()

    assert group.n_uneven == 1
    assert len(group.sessions) == 11
    assert "1 of the catalogue left out before" in said[0]


def test_duplicates_of_a_day_give_way(make_group, study):
    _, catalog = study
    frame = catalog.assign(start_time="2024-03-01T10:00:00", subject="m0").iloc[:3]
    log = make_log(("s00", "MissingRawData"))
    told = make_group(frame, tables=GroupTables(errors=log)).deduplicate()
    group = make_group(frame.iloc[:2], tables=GroupTables(errors=log))
    none = group.deduplicate()

    assert told["error_type"].to_list() == ["TrueDuplicateSession"]
    assert group.sessions["eid"].to_list() == ["s01"]
    assert none.empty
    assert "one_session_a_day    2 -> 1" in str(group.waterfall)


def test_the_session_of_a_day_is_chosen_among_those_that_pass(make_group, study):
    _, catalog = study
    frame = catalog.assign(start_time="2024-03-01T10:00:00", subject="m0").iloc[:4]
    group = make_group(frame)
    rules = {**OFF, "one_session_a_day": True, "exclude_eids": ["s00"]}
    group.filter_sessions(**rules)
    steps = group.waterfall.to_frame().set_index("rule")

    assert group.sessions["eid"].to_list() == ["s01"]
    assert steps.index[-1] == "one_session_a_day"
    assert steps["n_left_out"].to_list() == [1, 2]
    assert get_notes(group)["one_session_a_day"] == (
        "of a subject; the first of several good ones: 1"
    )
    assert group.duplicates["error_type"].to_list() == ["TrueDuplicateSession"]
    assert group.deduplicate() is group.duplicates
    assert len(group.waterfall.steps) == 2
    assert count(group) == 4
    assert group.duplicates is None
    assert (len(group.deduplicate()), len(group.sessions)) == (1, 1)


def test_sessions_of_unknown_days_are_no_duplicates(make_group, study):
    _, catalog = study
    group = make_group(catalog.drop(columns="start_time"))
    group.filter_sessions(**{**OFF, "one_session_a_day": True})
    days = pd.Series([float("nan")] * 10 + [3.0, 3.0])
    some = make_group(catalog.assign(day_n=days, subject="m0"))
    some.filter_sessions(**{**OFF, "one_session_a_day": True})

    assert len(group.sessions) == 12
    assert group.waterfall.not_applied == ("one_session_a_day",)
    assert group.duplicates.empty
    assert len(some.sessions) == 11
    with pytest.raises(GroupFault, match="days"):
        group.deduplicate()


def test_a_catalogue_without_types_is_not_emptied(make_group, study):
    _, catalog = study
    group = make_group(catalog.assign(session_type=""))

    assert count(group, session_types=["biased"]) == 12
    assert group.waterfall.not_applied == ("session_types",)


@pytest.mark.parametrize("unknown", ["", None])
def test_a_session_without_a_type_passes_and_is_counted(make_group, study, unknown):
    _, catalog = study
    types = pd.Series([unknown, unknown, "habituation", *["biased"] * 9], dtype=object)
    group = make_group(catalog.assign(session_type=types))

    assert count(group, session_types=["biased"]) == 11
    assert get_notes(group)["session_types"] == "biased; 2 without a type pass"


def test_the_errors_that_were_met_are_named(make_group):
    pairs = [("s03", "BandInversion"), ("s04", "BandInversion"), ("s04", "FileFault")]
    group = make_group(tables=GroupTables(errors=make_log(*pairs)))
    blockers = ["QCValidationError", "FileFault"]

    assert count(group, qc_blockers=blockers) == 10
    assert get_notes(group)["qc_blockers"] == "BandInversion 2, FileFault 1"
    assert count(group, qc_blockers=["MissingRawData"]) == 12
    assert get_notes(group)["qc_blockers"] == "none was met"


def test_a_rejected_recording_goes_and_a_session_without_others(make_group):
    verdicts = make_verdicts(
        ("s00", "VTA", "rejected"),
        ("s01", "SNc", "rejected"),
        ("s01", "SNc", "accepted"),
        ("s02", "", "rejected"),
        ("s08", "DR", "rejected"),
        ("s99", "DR", "rejected"),
    )
    group = make_group(tables=GroupTables(verdicts=verdicts))
    n_left = count(group)
    keys = set(zip(group.recordings["eid"], group.recordings["fiber_idx"], strict=True))

    assert n_left == 10
    assert get_notes(group) == {"use_verdicts": "4 of 20 recordings were rejected"}
    assert (len(group), ("s00", 0) in keys, ("s00", 1) in keys) == (16, False, True)
    assert count(group, targetnms=["VTA-DA"]) == 6
    assert count(group, use_verdicts=False) == 12
    assert len(group) == 20


def test_without_verdicts_only_who_asks_for_them_hears_of_them(make_group):
    group = make_group()

    assert count(group) == 12
    assert group.waterfall.steps == ()
    assert count(group, use_verdicts=True) == 12
    assert group.waterfall.not_applied == ("use_verdicts",)


def test_a_study_brings_its_verdicts(study, tmp_path):
    _, catalog = study
    make_study(tmp_path, catalog)
    path = tmp_path / VERDICTS_PATH
    for region in ("VTA", "SNc"):
        add_verdict(path, make_verdict("s00", region, "rejected", by="ann"))
    group = PhotometrySessionGroup.from_study(tmp_path, say=len)
    parameters = "parameters: {selection: {use_verdicts: false}}\n"
    make_study(tmp_path, catalog, parameters)
    every = PhotometrySessionGroup.from_study(tmp_path, say=len)

    assert get_notes(group)["use_verdicts"] == "2 of 20 recordings were rejected"
    assert "s00" not in group.eids
    assert len(every.sessions) == 12


@pytest.mark.parametrize(
    ("stage", "n_left"),
    [("wheel", 12), ("video", 12), ("photometry", 11), ("task", 11)],
)
def test_only_errors_of_stages_that_responses_need_block(
    study, tmp_path, stage, n_left
):
    _, catalog = study
    make_study(tmp_path, catalog)
    log = make_log(("s05", "MissingRawData")).assign(traceback=None)
    write_log(log, tmp_path / "metadata" / f"{stage}_log.pqt")
    of_study = PhotometrySessionGroup.from_study(tmp_path, say=len)
    folder = tmp_path / "files"
    folder.mkdir()
    write_session_h5(folder / "s05.h5", {"errors": log.assign(stage=stage)})
    of_files = PhotometrySessionGroup(catalog, h5_dir=folder, say=len)
    of_files.filter_sessions()

    assert len(of_study.sessions) == n_left
    assert len(of_files.sessions) == n_left


def test_a_catalogue_is_read_from_its_file(study, tmp_path, capsys):
    folder, catalog = study
    path = tmp_path / "metadata" / "sessions.pqt"
    write_table(catalog, path, SESSION_SCHEMA)
    group = PhotometrySessionGroup.from_catalog(
        path, h5_dir=folder, min_performance=False, exclude_subjects=["m0"]
    )

    assert len(group.sessions) == 9
    assert capsys.readouterr().out.startswith("filter_sessions: 12 -> 9\n")
    assert "qc_blockers" not in group.waterfall.not_applied
    with pytest.raises(FileFault):
        PhotometrySessionGroup.from_catalog(tmp_path / "none.pqt")


def test_a_catalogue_in_a_study_brings_its_tables(study, performance, tmp_path):
    _, catalog = study
    path = tmp_path / "metadata" / "sessions.pqt"
    write_table(catalog, path, SESSION_SCHEMA)
    write_table(performance, tmp_path / "data" / "performance.pqt")
    (tmp_path / "data" / "sessions").mkdir()
    group = PhotometrySessionGroup.from_catalog(path, min_performance=0.7)

    assert len(group.sessions) == 7
    assert group.h5_dir == (tmp_path / "data" / "sessions").resolve()


def test_a_study_brings_its_errors_and_parameters(study, tmp_path):
    _, catalog = study
    parameters = "parameters: {selection: {session_types: [biased]}}\n"
    make_study(tmp_path, catalog, parameters)
    log = make_log(("s05", "MissingRawData")).assign(traceback=None)
    write_log(log, tmp_path / "metadata" / "photometry_log.pqt")
    group = PhotometrySessionGroup.from_study(tmp_path, say=len)

    assert group.parameters.selection.session_types == ("biased",)
    assert "s05" not in set(group.sessions["eid"])
    assert len(group.sessions) == 11


@pytest.mark.parametrize("column", ["eid", "subject", "brain_region"])
def test_a_catalogue_without_a_key_is_a_fault(study, column):
    _, catalog = study
    with pytest.raises(MetadataFault):
        PhotometrySessionGroup(catalog.drop(columns=column))


def test_a_session_named_twice_is_a_fault(study):
    _, catalog = study
    with pytest.raises(MetadataFault, match="twice"):
        PhotometrySessionGroup(pd.concat([catalog, catalog]))


def test_an_empty_catalogue_is_a_group_of_nothing(make_group, study):
    _, catalog = study
    group = make_group(catalog.iloc[:0])
    group.filter_sessions()

    assert (len(group), len(group.sessions)) == (0, 0)
    assert list(group) == []
    with pytest.raises(GroupFault, match="no recording"):
        group.get_response_magnitudes()


def test_the_vocabulary_of_a_lab_has_its_say(study):
    _, catalog = study
    excluded = catalog.assign(subject=["test_mouse", *catalog["subject"].iloc[1:]])
    strange = [[*each[:-1], "Cb-DA"] for each in catalog["target_NM"]]
    targets = pd.Series(strange, dtype=object)
    parameters = AnalysisParameters.model_validate({"vocabulary": "ibl"})
    group = PhotometrySessionGroup(
        excluded.assign(target_NM=targets), parameters=parameters, say=len
    )
    group.filter_sessions()

    assert {"VTA-DA"} == set(group.recordings["target_NM"])
    assert len(group.sessions) == 7

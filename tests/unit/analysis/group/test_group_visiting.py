"""Sessions of a group: opened once, one by one, and one that fails stops no other."""

from __future__ import annotations

import shutil

import pytest

from ranvier.analysis.faults import FileFault, GroupFault, TrialFault
from ranvier.analysis.files import read_session_h5


@pytest.fixture
def damaged(study, tmp_path):
    """A copy of the files; one is cut short and one is missing."""
    folder, _ = study
    copy = shutil.copytree(folder, tmp_path / "copy")
    whole = (copy / "s01.h5").read_bytes()
    (copy / "s01.h5").write_bytes(whole[: len(whole) // 2])
    (copy / "s02.h5").unlink()
    return copy


def count_trials(session, least=0):
    if session.eid == "s03":
        raise TrialFault("too few.", session=session.eid)
    return max(len(session.trials), least)


def test_a_session_is_opened_once_for_all_of_its_recordings(make_group):
    group = make_group()
    rows, sessions = zip(*group, strict=True)

    assert [row["brain_region"] for row in rows[:2]] == ["VTA", "SNc"]
    assert sessions[0] is sessions[1] is group[0][1]
    assert {"VTA", "SNc"} == set(sessions[0].responses)
    assert rows[-1]["eid"] == group[-1][1].eid
    with pytest.raises(IndexError):
        group[20]
    with pytest.raises(GroupFault):
        group.open_session("s99")


def test_a_damaged_file_is_left_out_and_named(make_group, damaged):
    group = make_group(h5_dir=damaged)
    eids = {session.eid for _, session in group}

    assert len(eids) == 11
    assert "s01" not in eids
    assert group.errors["eid"].to_list() == ["s01"]
    assert group.open_session("s02").trials.empty
    with pytest.raises(FileFault):
        group[2]


def test_one_that_fails_does_not_stop_the_others(make_group, damaged):
    group = make_group(h5_dir=damaged)
    done = group.process(count_trials, least=1)

    assert len(done) == 12
    assert tuple(done[f"s0{n}"] for n in range(4)) == (48, None, 1, None)
    assert {"FileFault", "TrialFault"} == set(group.errors["error_type"])
    told = read_session_h5(damaged / "s03.h5", ["errors"])["errors"]
    assert told["stage"].to_list() == ["count_trials"]


def test_errors_go_when_their_fault_is_mended(make_group, damaged):
    group = make_group(h5_dir=damaged)
    group.process(count_trials)
    group.process(len_of_trials, stage="count_trials")

    assert read_session_h5(damaged / "s03.h5", ["errors"])["errors"].empty
    assert "photometry" in read_session_h5(damaged / "s03.h5")


def len_of_trials(session):
    return len(session.trials)


def test_a_damaged_file_blocks_its_session(make_group, damaged):
    from ranvier.analysis.group import GroupTables

    group = make_group(h5_dir=damaged, tables=GroupTables())
    group.filter_sessions(min_performance=False)

    assert "s01" not in group.eids
    assert len(group.sessions) == 11


def test_missing_and_damaged_files_are_left_out_of_responses(make_group, damaged):
    group = make_group(h5_dir=damaged)
    table = group.get_response_magnitudes()

    assert table["eid"].nunique() == 10
    assert {"s01", "s02"} == set(group.errors["eid"])
    assert group.provenance["response_magnitudes"].n["n_left_out"] == 2
    assert group.provenance["response_magnitudes"].n["n_sessions"] == 10


def test_a_group_without_files_is_a_fault(make_group, tmp_path):
    group = make_group(h5_dir=tmp_path)

    with pytest.raises(GroupFault, match="FileFault 12"):
        group.get_response_magnitudes()
    with pytest.raises(GroupFault, match="MissingResponses 12"):
        make_group(h5_dir=None).get_response_magnitudes()

import pandas as pd
import pytest

from ranvier.analysis.faults import FileFault, MetadataFault
from ranvier.analysis.readers import (
    SESSION_COLUMNS,
    parse_session_path,
    read_sessions,
    read_subjects,
)

SUBJECTS = "subject,strain,NM,sex,cage\n007,Ai148xDATCre,DA,F,4\nm2,,5HT,M,\n"
SESSIONS = (
    "subject,start_time,number,brain_region,hemisphere,path\n"
    "007,2024-01-02T10:00,2,VTA-l; SNc-r,l; r,a.ppd\n"
    "m2,2024-01-03,,DR,,b.ppd\n"
)


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_subjects_and_sessions_of_csv_are_joined(tmp_path):
    subjects = read_subjects(write(tmp_path, "subjects.csv", SUBJECTS))
    table = read_sessions(write(tmp_path, "sessions.csv", SESSIONS), subjects)

    assert tuple(table.columns)[: len(SESSION_COLUMNS)] == SESSION_COLUMNS
    assert table["subject"].to_list() == ["007", "m2"]
    assert table["brain_region"].to_list() == [["VTA-l", "SNc-r"], ["DR"]]
    assert table["NM"].to_list() == ["DA", "5HT"]
    assert table["number"].to_list() == [2, 1]
    assert table["eid"][0] == parse_session_path("007/2024-01-02/002").eid
    assert table["path"].to_list() == ["a.ppd", "b.ppd"]
    assert subjects["cage"].to_list() == ["4", None]


def test_yaml_says_the_same(tmp_path):
    path = write(
        tmp_path, "subjects.yaml", "m1: {strain: A, genotype: [x, y]}\nm2: {NM: DA}\n"
    )
    subjects = read_subjects(path)

    assert subjects["subject"].to_list() == ["m1", "m2"]
    assert subjects["genotype"].to_list() == [["x", "y"], []]


def test_parquet_with_lists_is_read(tmp_path):
    frame = pd.DataFrame({
        "subject": ["m1"], "start_time": ["2024-01-01"], "brain_region": [["VTA", "DR"]]
    })  # fmt: skip
    frame.to_parquet(tmp_path / "sessions.pqt")

    assert read_sessions(tmp_path / "sessions.pqt")["brain_region"][0] == ["VTA", "DR"]


def test_all_faults_are_told_at_once_with_their_rows(tmp_path):
    text = (
        "subject,start_time,number,brain_region,hemisphere\n"
        ",2024-01-01,1,VTA,l\nm1,yesterday,1,VTA,l\nm1,2024-01-01,one,VTA; DR,l\n"
        "m9,2024-01-01,1,VTA,l\n"
    )
    subjects = pd.DataFrame({"subject": ["m1"]})
    with pytest.raises(MetadataFault) as caught:
        read_sessions(write(tmp_path, "sessions.csv", text), subjects)

    for words in (
        "row 1: no subject", "row 2: start_time 'yesterday'", "row 3: number 'one'",
        "row 3: 2 of brain_region, 1 of hemisphere", "row 4: subject m9",
    ):  # fmt: skip
        assert words in caught.value.found


def test_a_session_named_twice_is_a_fault(tmp_path):
    text = "subject,start_time\nm1,2024-01-01T10:00\nm1,2024-01-01T12:00\n"
    with pytest.raises(MetadataFault, match="can't be used") as caught:
        read_sessions(write(tmp_path, "sessions.csv", text))

    assert "row 2: eid" in caught.value.found


def test_missing_columns_are_told(tmp_path):
    with pytest.raises(MetadataFault) as caught:
        read_sessions(write(tmp_path, "sessions.csv", "mouse,when\nm1,today\n"))

    assert 'no column "subject"; no column "start_time"' in caught.value.found


@pytest.mark.parametrize(
    ("name", "text"), [("s.csv", ""), ("s.yaml", "[1"), ("s.yaml", "")]
)
def test_an_empty_or_damaged_file_is_a_fault(tmp_path, name, text):
    with pytest.raises(FileFault, match=name):
        read_subjects(write(tmp_path, name, text))


def test_an_empty_hemisphere_is_what_the_region_ends_in(tmp_path):
    text = (
        "subject,start_time,number,brain_region,hemisphere\n"
        "m1,2024-01-01,1,VTA-r; DR,\nm1,2024-01-01,2,DR; LC,\nm1,2024-01-01,3,LC,r\n"
        "m1,2024-01-01,4,,\n"
    )
    table = read_sessions(write(tmp_path, "sessions.csv", text))

    assert table["hemisphere"].to_list() == [["r", ""], ["", ""], ["r"], []]


def test_a_region_and_a_hemisphere_that_contradict_each_other_are_a_fault(tmp_path):
    text = "subject,start_time,brain_region,hemisphere\nm1,2024-01-01,VTA-l,r\n"
    with pytest.raises(MetadataFault) as caught:
        read_sessions(write(tmp_path, "sessions.csv", text))

    assert caught.value.found == "row 1: channel VTA-l with hemisphere r"


def test_a_start_of_which_the_month_can_not_be_told_is_a_fault(tmp_path):
    text = "subject,start_time\nm1,01/02/2024 10:00\nm1,2024-02-01 10:00\n"
    with pytest.raises(MetadataFault) as caught:
        read_sessions(write(tmp_path, "sessions.csv", text))

    assert caught.value.found == "row 1: start_time '01/02/2024 10:00' is not ISO 8601"

"""Tables of stimuli: read as they are, never made up."""

import datetime as dt

import pytest

from ranvier.session.faults import Verdict
from ranvier.session.record import ProgramAttempt
from ranvier.session.steps._stimulus_table import (
    TableError,
    derive_epochs,
    read_presentations,
    write_presentations,
)

ZERO = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)
TABLE = "start_time,stop_time,stimulus_name,Contrast\n"
ROWS = "0,1,gratings,0.5\n1,2,gratings,1\n2.5,4,zebra,\n"


def read(text, unit="s", name="", **columns):
    return read_presentations(text, columns, unit, name)


def test_neighbours_with_the_same_stimulus_are_one_epoch():
    epochs = derive_epochs(read(TABLE + ROWS), ZERO)

    assert epochs == [
        {
            "name": "gratings",
            "start": "2026-11-20T10:00:00+00:00",
            "end": "2026-11-20T10:00:02+00:00",
            "trials": {"total": 2},
        },
        {
            "name": "zebra",
            "start": "2026-11-20T10:00:02.500000+00:00",
            "end": "2026-11-20T10:00:04+00:00",
            "trials": {"total": 1},
        },
    ]


def test_without_a_time_zero_there_are_no_epochs():
    assert derive_epochs(read(TABLE + ROWS), None) == []


def test_columns_are_mapped_and_others_kept():
    text = "\ufeffBegin,Duration,Block_Label,Phase\n1500,500,Control,3.8\n"

    rows = read(
        text, "ms", start_time="Begin", duration="Duration", stimulus_name="Block_Label"
    )

    assert write_presentations(rows) == (
        "start_time,stop_time,stimulus_name,Phase\n1.5,2,Control,3.8\n"
    )


def test_dates_are_taken_as_they_are():
    text = TABLE + "2026-11-20T10:00:00+01:00,2026-11-20T10:00:05+01:00,movie,\n"

    epochs = derive_epochs(read(text, "iso"), None)

    assert epochs[0]["end"] == "2026-11-20T10:00:05+01:00"


def test_one_name_may_stand_for_all():
    assert read("start_time,stop_time\n0,1\n", name="movie")[0].name == "movie"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there are: none"),
        (TABLE, "no rows"),
        ("start,stop\n0,1\n", "no column start_time, stimulus_name, stop_time"),
        (TABLE + "0,,a,\n", "line 2: '' is no time"),
        (TABLE + "0,x,a,\n", "line 2: 'x' is no time"),
        (TABLE + "0,nan,a,\n", "line 2: 'nan' is no time"),
        (TABLE + "0\n", "line 2: None is no time"),
        (TABLE + "2,1,a,\n", "line 2 ends before"),
        (TABLE + "2,3,a,\n1,4,b,\n", "line 3 begins before"),
        (TABLE + "0,1,,\n", "line 2 has no stimulus_name"),
    ],
)
def test_what_the_table_does_not_say_is_an_error(text, told):
    with pytest.raises(TableError, match=told):
        read(text)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-20T10:00:00"])
def test_a_date_says_its_offset(text):
    with pytest.raises(TableError, match="start_time"):
        read(TABLE + f"{text},{text},a,\n", "iso")


def run(sitting, **parameters):
    given = {"stimulus_table_source": "shown.csv", **parameters}
    return sitting.run_after("stimulus_table", **given)


def test_a_missing_table_is_a_failure_and_nothing_is_made_up(sitting):
    result = run(sitting)

    assert result.verdict is Verdict.FAILED
    assert result.findings[0].code == "RV-S47"
    assert list(sitting.folder.iterdir()) == []


def test_the_step_writes_the_table_and_tells_epochs(sitting):
    (sitting.folder / "shown.csv").write_text(TABLE + ROWS)

    result = run(
        sitting,
        stimulus_table_time_zero=ZERO.isoformat(),
        stimulus_modalities=["Visual"],
    )

    assert result.verdict is Verdict.OK
    assert result.files == ("stimulus_table.csv",)
    assert [each["modalities"] for each in result.data["epochs"]] == [["Visual"]] * 2
    assert (sitting.folder / "stimulus_table.csv").read_text().count("\n") == 4


def test_times_without_a_zero_give_a_table_and_a_warning(sitting):
    (sitting.folder / "shown.csv").write_text(TABLE + ROWS)

    result = run(sitting)

    assert result.verdict is Verdict.WARNING
    assert "epochs" not in result.data


def test_the_start_of_the_program_is_zero_only_with_a_warning(sitting):
    (sitting.folder / "shown.csv").write_text(TABLE + ROWS)
    sitting.record["attempts"] = (ProgramAttempt("bonsai", (), 1, ZERO),)

    result = run(sitting, stimulus_table_time_zero="program_start")

    assert result.verdict is Verdict.WARNING
    assert result.data["epochs"][0]["start"] == ZERO.isoformat()


@pytest.mark.parametrize("zero", ["soon", "2026-11-20T10:00:00", "program_start"])
def test_a_zero_that_is_not_known_is_a_failure(sitting, zero):
    (sitting.folder / "shown.csv").write_text(TABLE + ROWS)

    assert run(sitting, stimulus_table_time_zero=zero).findings[0].code == "RV-S49"


def test_another_table_of_that_name_is_never_written_over(sitting):
    (sitting.folder / "shown.csv").write_text(TABLE + ROWS)
    (sitting.folder / "stimulus_table.csv").write_text("mine")

    result = run(sitting, stimulus_table_time_zero=ZERO.isoformat())

    assert result.findings[0].code == "RV-S47"
    assert (sitting.folder / "stimulus_table.csv").read_text() == "mine"

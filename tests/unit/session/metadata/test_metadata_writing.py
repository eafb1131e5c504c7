import dataclasses
import datetime as dt
import json
import os
import runpy
from pathlib import Path

import pytest

from ranvier.session.faults import MetadataError
from ranvier.session.metadata import FACTS, Form, build_metadata, write_metadata

DATA = Path(__file__).parents[3] / "data" / "aind"
RECORDS = runpy.run_path(str(DATA / "records.py"))
PROCEDURES = {"schema_version": "2.2.3", "subject_id": RECORDS["SUBJECT"]}


def with_procedures():
    full = RECORDS["full_session"]()
    steps = (*full.steps, RECORDS["step"](procedures=PROCEDURES))
    return dataclasses.replace(full, steps=steps)


def test_what_can_be_built_is_written_and_nothing_else(tmp_path):
    built = write_metadata(tmp_path, RECORDS["full_session"]())
    expected = {each.file: each.content for each in built if each.content is not None}
    there = {p.name: json.loads(p.read_text("utf-8")) for p in tmp_path.iterdir()}

    assert there == expected
    assert len(there) == 5


def test_the_documents_are_told_of_in_order():
    names = [built.schema for built in build_metadata(RECORDS["minimal_session"]())]

    assert names == [
        "session",
        "acquisition",
        "instrument",
        "data_description",
        "subject",
        "procedures",
    ]


def test_a_second_time_gives_the_same_bytes(tmp_path):
    record = with_procedures()
    write_metadata(tmp_path, record)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_metadata(tmp_path, record)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_what_is_known_later_is_written_later(tmp_path):
    write_metadata(tmp_path, RECORDS["lost_session"]())
    assert not (tmp_path / "acquisition.json").exists()
    write_metadata(tmp_path, RECORDS["finalised_session"]())

    session = json.loads((tmp_path / "session.json").read_text("utf-8"))
    assert session["session_end_time"] == "2026-11-20T10:31:00-07:00"
    assert (tmp_path / "acquisition.json").exists()


def test_a_fetched_file_that_stands_there_is_left_as_it_is(tmp_path):
    path = tmp_path / "procedures.json"
    path.write_text(json.dumps(PROCEDURES), "utf-8")
    before = path.read_bytes()
    built = write_metadata(tmp_path, with_procedures())[-1]

    assert built.content == PROCEDURES
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ['{"mine": 1}', "no JSON"])
def test_a_file_that_says_something_else_is_never_overwritten(tmp_path, text):
    path = tmp_path / "procedures.json"
    path.write_text(text, "utf-8")
    built = write_metadata(tmp_path, with_procedures())[-1]

    assert path.read_text("utf-8") == text
    assert built.content is None
    assert built.report.warnings[0].code == "RV-S79"


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_a_folder_that_can_not_be_written_is_told_of(tmp_path):
    missing = tmp_path / "gone"

    with pytest.raises(MetadataError) as caught:
        write_metadata(missing, RECORDS["full_session"]())
    assert caught.value.code == "RV-S75"
    assert "session.json" in caught.value.where


def test_no_placeholder_is_ever_written():
    sessions = RECORDS["valid_sessions"]().values()
    texts = [
        json.dumps(built.content).casefold()
        for session in sessions
        for built in build_metadata(session)
    ]

    for word in ("placeholder", "unknown", "test_subject", "default", "tbd"):
        assert [text for text in texts if word in text] == []


STRANGE = [
    0,
    True,
    float("inf"),
    "x",
    [1, "a"],
    [[]],
    {"name": 5},
    [{"name": "n", "manufacturer": 7, "serial_number": 5}],
    dt.datetime(2026, 1, 1),  # noqa: DTZ001 - strange on purpose
]


@pytest.mark.parametrize("fact", FACTS, ids=[fact.name for fact in FACTS])
def test_whatever_is_told_there_are_documents_or_findings(fact):
    old = RECORDS["session_of_epochs"]()
    for told in STRANGE:
        steps = (*old.steps, RECORDS["step"](**{fact.step or "x": told}))
        parameters = {**old.parameters, fact.parameter or "x": told}
        strange = dataclasses.replace(old, steps=steps, parameters=parameters)
        for built in build_metadata(strange):
            assert built.content is not None or built.report.findings
            json.dumps(built.content, allow_nan=False)


def test_every_fact_can_be_told_in_one_way_at_least():
    assert [fact.name for fact in FACTS if not (fact.step or fact.parameter)] == []
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert {fact.form for fact in FACTS} == set(Form)

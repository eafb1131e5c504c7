import dataclasses
import datetime as dt
import hashlib
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


def told(record, *times):
    """Give the record as the trail has it after metadata were written so often."""
    rows = [
        {"file": built.file if built.content else None, "sha256": built.sha256}
        for time in times
        for built in time
    ]
    return dataclasses.replace(record, files=tuple(rows))


def test_a_second_time_gives_the_same_bytes(tmp_path):
    record = with_procedures()
    once = write_metadata(tmp_path, record)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = write_metadata(tmp_path, told(record, once))

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert again == once


def test_each_file_is_told_of_with_the_hash_of_its_bytes(tmp_path):
    built = write_metadata(tmp_path, RECORDS["full_session"]())
    hashes = {each.file: each.sha256 for each in built if each.content is not None}

    assert hashes == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.iterdir()
    }
    assert [each.sha256 for each in built if each.content is None] == [""]


def test_what_is_known_later_is_written_later(tmp_path):
    lost = write_metadata(tmp_path, RECORDS["lost_session"]())
    assert not (tmp_path / "acquisition.json").exists()
    final = told(RECORDS["finalised_session"](), lost)
    built = write_metadata(tmp_path, final)

    session = json.loads((tmp_path / "session.json").read_text("utf-8"))
    assert session["session_end_time"] == "2026-11-20T10:31:00-07:00"
    assert (tmp_path / "acquisition.json").exists()
    assert not [each for each in built if each.is_kept]


@pytest.mark.parametrize("name", ["session", "acquisition", "instrument"])
def test_a_file_that_someone_else_changed_is_kept_however_often(tmp_path, name):
    record = RECORDS["full_session"]()
    path = tmp_path / f"{name}.json"
    once = write_metadata(tmp_path, record)
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "notes": "!"}))
    changed = path.read_bytes()
    again = write_metadata(tmp_path, told(record, once))
    third = write_metadata(tmp_path, told(record, once, again))

    assert path.read_bytes() == changed
    for built in (again, third):
        kept = {each.schema: each for each in built if each.is_kept}
        assert list(kept) == [name]
        assert kept[name].content == {b.schema: b for b in once}[name].content
        assert kept[name].sha256 == ""
        assert "RV-S79" in [each.code for each in kept[name].report.warnings]


def test_a_file_that_the_trail_does_not_tell_of_is_kept(tmp_path):
    path = tmp_path / "session.json"
    path.write_text('{"by": "the program"}')
    built = write_metadata(tmp_path, RECORDS["full_session"]())[0]

    assert path.read_text() == '{"by": "the program"}'
    assert built.is_kept
    assert built.report.warnings[-1].code == "RV-S79"


def test_the_hash_of_one_file_gives_no_right_to_another(tmp_path):
    record = RECORDS["full_session"]()
    once = write_metadata(tmp_path, record)
    copy = (tmp_path / "instrument.json").read_bytes()
    (tmp_path / "session.json").write_bytes(copy)
    built = write_metadata(tmp_path, told(record, once))[0]

    assert (tmp_path / "session.json").read_bytes() == copy
    assert built.is_kept


def test_a_file_that_says_the_same_in_other_bytes_is_kept_without_a_warning(tmp_path):
    record = RECORDS["full_session"]()
    path = tmp_path / "session.json"
    once = write_metadata(tmp_path, record)
    path.write_text(json.dumps(once[0].content))
    before = path.read_bytes()
    built = write_metadata(tmp_path, told(record, once))[0]

    assert path.read_bytes() == before
    assert built.is_kept
    assert built.report == once[0].report


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
    assert built.is_kept
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

import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from ranvier.session.faults import Verdict
from ranvier.session.metadata import (
    build_data_description,
    build_procedures,
    build_subject,
)

DATA = Path(__file__).parents[3] / "data" / "aind"
RECORDS = runpy.run_path(str(DATA / "records.py"))


def change(parameters=None, steps=None, **changes):
    old = RECORDS["full_session"]()
    changes["parameters"] = {**old.parameters, **(parameters or {})}
    if steps is not None:
        changes["steps"] = (*old.steps, RECORDS["step"](**steps))
    return dataclasses.replace(old, **changes)


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (build_data_description, "data_description.json"),
        (build_subject, "subject.json"),
    ],
)
def test_a_full_session_is_as_its_golden_files(build, name):
    golden = json.loads((DATA / "golden" / name).read_text("utf-8"))

    assert build(RECORDS["full_session"]()).content == golden


@pytest.mark.parametrize(
    "build", [build_data_description, build_subject, build_procedures]
)
def test_where_nothing_was_told_nothing_is_written_and_that_is_well(build):
    built = build(RECORDS["minimal_session"]())

    assert built.content is None
    assert built.report.verdict is Verdict.OK


@pytest.mark.parametrize(
    "key", ["institution", "funding_source", "investigators", "project_name"]
)
def test_a_description_of_data_lacks_nothing_that_is_demanded(key):
    built = build_data_description(change({key: None}))

    assert built.content is None
    assert [f"`{key}`" in error.mend for error in built.report.errors] == [True]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"subject": "my_mouse"}, "subject_id"),
        ({"parameters": {"project_name": "a/b"}}, "project_name"),
        ({"parameters": {"institution": "Atlantis"}}, "institution"),
        ({"parameters": {"funding_source": ["Midas"]}}, "funding_source"),
    ],
)
def test_what_the_schema_has_no_word_for_is_refused(changes, where):
    built = build_data_description(change(**changes))

    assert built.content is None
    assert any(
        finding.code == "RV-S72" and where in finding.where
        for finding in built.report.findings
    )


def test_people_and_grants_are_told_as_tables_too():
    content = build_data_description(
        change(
            {
                "investigators": {"name": "Ada", "registry_identifier": "0000-0001"},
                "funding_source": [{"funder": "NIMH", "grant_number": "R01"}],
            }
        )
    ).content

    assert content["investigators"][0]["registry_identifier"] == "0000-0001"
    assert content["funding_source"][0]["grant_number"] == "R01"
    assert content["funding_source"][0]["funder"]["abbreviation"] == "NIMH"


def test_a_project_that_a_step_found_is_used():
    session = change({"project_name": None}, steps={"project": "Learning mFISH"})

    assert build_data_description(session).content["project_name"] == "Learning mFISH"


def test_organisations_are_found_by_name_and_by_abbreviation():
    terms = [
        build_data_description(change({"institution": term})).content["institution"]
        for term in ("AIND", "allen institute for neural dynamics")
    ]

    assert terms[0] == terms[1]
    assert terms[0]["registry_identifier"] == "04szwah67"


@pytest.mark.parametrize(
    "key",
    [
        "subject_species",
        "subject_strain",
        "subject_sex",
        "subject_date_of_birth",
        "subject_genotype",
        "subject_source",
    ],
)
def test_a_subject_lacks_nothing_that_is_demanded(key):
    built = build_subject(change({key: None}))

    assert built.content is None
    assert [f"`{key}`" in error.mend for error in built.report.errors] == [True]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subject_sex", "Unknown"),
        ("subject_species", "Rattus norvegicus"),
        ("subject_strain", "of unknown mothers"),
        ("subject_date_of_birth", "last July"),
    ],
)
def test_a_subject_that_the_schema_can_not_say_is_refused(key, value):
    assert build_subject(change({key: value})).content is None


@pytest.mark.parametrize("build", [build_subject, build_procedures])
def test_what_was_fetched_is_not_changed(build):
    told = {"schema_version": "2.1.0", "subject_id": RECORDS["SUBJECT"], "x": [1]}
    built = build(change(steps={"subject": told, "procedures": told}))

    assert built.content == told
    assert built.version == "2.1.0"
    assert built.is_given


@pytest.mark.parametrize("build", [build_subject, build_procedures])
@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"schema_version": "2.1.0", "subject_id": "1"}, "RV-S73"),
        ({"schema_version": "1.0.3", "subject_id": RECORDS["SUBJECT"]}, "RV-S70"),
        ({"subject_id": RECORDS["SUBJECT"]}, "RV-S70"),
    ],
)
def test_what_was_fetched_of_another_subject_or_version_is_refused(build, told, code):
    built = build(change(steps={"subject": told, "procedures": told}))

    assert built.content is None
    assert [code] == [error.code for error in built.report.errors]

"""What is known of a subject, and how archives want it."""

import pytest

from ranvier.session.faults import Severity
from ranvier.session.preflight import MetadataKnown

ALL = {
    "subject_id": 614173,
    "subject_species": "Mus musculus",
    "subject_sex": "F",
    "subject_age": "P90D",
}


def told(values, *required):
    return [
        (f.where, f.severity)
        for f in MetadataKnown(values, required).run()
        if f.severity is not Severity.OK
    ]


def test_all_that_archives_want_is_well():
    assert told(ALL) == []


def test_what_is_not_known_is_a_warning():
    assert told({"subject_id": "M1", "subject_sex": " "}) == [
        ("subject_species", Severity.WARNING),
        ("subject_sex", Severity.WARNING),
        ("subject_date_of_birth or subject_age", Severity.WARNING),
    ]


def test_what_the_lab_requires_is_an_error():
    assert told(
        {"subject_id": "M1"}, "genotype", "subject_sex", "subject_date_of_birth"
    )[:2] == [
        ("genotype", Severity.ERROR),
        ("subject_species", Severity.WARNING),
    ]
    assert ("subject_sex", Severity.ERROR) in told({}, "subject_sex")


def test_an_age_does_not_stand_in_for_a_date_of_birth_that_is_required():
    assert told(ALL, "subject_date_of_birth") == [
        ("subject_date_of_birth", Severity.ERROR)
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject_species", "mouse"),
        ("subject_sex", "girl"),
        ("subject_age", "90"),
        ("subject_id", "a/b"),
    ],
)
def test_a_value_that_archives_do_not_take_is_a_warning(name, value):
    assert told({**ALL, name: value}) == [(name, Severity.WARNING)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject_species", "http://purl.obolibrary.org/obo/NCBITaxon_10090"),
        ("subject_sex", "male"),
        ("subject_age", "P12W"),
        ("subject_date_of_birth", "2026-05-01T00:00:00+00:00"),
    ],
)
def test_other_ways_that_archives_take_are_well(name, value):
    assert told({**ALL, name: value}) == []

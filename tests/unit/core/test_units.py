"""Quantities with units."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.core import GraphError, format_quantity, parse_quantity


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("50 ms", "s", 0.05),
        ("50ms", "s", 0.05),
        ("  1.5e3 us ", "s", 0.0015),
        ("5 \N{MICRO SIGN}s", "s", 5e-6),
        ("5 \N{GREEK SMALL LETTER MU}s", "s", 5e-6),
        ("2 min", "s", 120),
        (".5 h", "s", 1800),
        ("1. kHz", "Hz", 1000),
        ("30 fps", "Hz", 30),
        ("2 GB", "B", 2e9),
        ("2 GiB", "MiB", 2048),
        ("50 %", "%", 50),
        ("-3 mV", "V", -0.003),
        ("+3", "V", 3),
        ("180 deg", "rad", math.pi),
        ("4", "furlong", 4),
        ("4 furlong", "furlong", 4),
        (7, "s", 7),
        (0.5, "s", 0.5),
        ("7", "", 7),
    ],
)
def test_quantities_are_read_in_the_unit_asked_for(text, unit, expected):
    assert parse_quantity(text, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("", "s"),
        ("ms", "s"),
        ("5 Hz", "s"),
        ("5 parsec", "s"),
        ("1,5 s", "s"),
        ("5 s s", "s"),
        ("nan", "s"),
        ("inf s", "s"),
        ("0x10", "s"),
        ("--5", "s"),
        (True, "s"),
        (None, "s"),
        ([1], "s"),
        ("5 s", ""),
        ("5 ms", "furlong"),
        ("٣ s", "Hz"),
    ],
)
def test_what_is_no_quantity_is_refused_with_the_units_there_are(text, unit):
    with pytest.raises(GraphError) as caught:
        parse_quantity(text, unit)

    assert caught.value.code == "RV-C02"


@given(st.text())
def test_any_text_is_a_quantity_or_refused(text):
    try:
        found = parse_quantity(text, "s")
    except GraphError:
        return

    assert isinstance(found, float)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.0042, "s", "4.2 ms"),
        (0.9999, "s", "1,000 ms"),
        (0.9994, "s", "999 ms"),
        (1.0, "s", "1 s"),
        (1500, "s", "1,500 s"),
        (-0.002, "s", "-2 ms"),
        (0, "s", "0 s"),
        (3e-9, "s", "3 ns"),
        (1e-10, "s", "1e-10 s"),
        (999_900, "B", "1,000 kB"),
        (7_340_032, "B", "7.34 MB"),
        (5e12, "B", "5,000 GB"),
        (float("nan"), "s", "nan s"),
        (12.5, "V", "12.5 V"),
        (3, "", "3"),
    ],
)
def test_quantities_are_written_for_a_person(value, unit, expected):
    assert format_quantity(value, unit) == expected


@given(st.floats(1e-9, 900), st.sampled_from(["s", "B", "Hz"]))
def test_no_quantity_of_daily_life_is_written_with_an_exponent(value, unit):
    shown = format_quantity(value, unit)

    assert "e+" not in shown

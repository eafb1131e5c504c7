"""The face of the analysis shows what it says, and costs nothing before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ranvier import analysis

LIGHT = """
import sys, ranvier.analysis
heavy = {"pandas", "scipy", "matplotlib", "xarray", "sklearn", "statsmodels", "numpy"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize("name", analysis.__all__)
def test_every_name_is_there(name):
    assert getattr(analysis, name).__name__ == name


def test_another_name_is_not():
    with pytest.raises(AttributeError, match="Nothing"):
        _ = analysis.Nothing


def test_the_import_brings_nothing_heavy():
    shown = subprocess.run(
        [sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "[]"

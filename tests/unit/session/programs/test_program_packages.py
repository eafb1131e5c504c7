"""Packages of a Bonsai environment."""

from __future__ import annotations

import pytest

from ranvier.session.faults import Verdict
from ranvier.session.programs import check_packages


def write(**packages):
    rows = "".join(f'<Package id="{n}" version="{v}" />' for n, v in packages.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?><PackageConfiguration>'
        f"<Packages>{rows}</Packages></PackageConfiguration>"
    )


@pytest.mark.parametrize(
    ("wanted", "folder"),
    [
        ("2.8.5", "Bonsai.2.8.5"),
        ("2.8.0", "Bonsai.2.8"),
        ("2.8", "Bonsai.2.8.0.0"),
        ("10", "bonsai.10"),
        ("0.2.0-Build240401", "Bonsai.0.2.0-build240401"),
    ],
)
def test_a_package_in_its_version_is_well(wanted, folder):
    report = check_packages(write(Bonsai=wanted), [folder, "readme"])

    assert report.verdict is Verdict.OK
    assert report.findings[0].problem == "1 package, as asked for"


@pytest.mark.parametrize(
    ("wanted", "folder", "found"),
    [
        ("2.8.5", "Bonsai.2.8.1", "version 2.8.1"),
        ("2.8.5", "Bonsai.Core.2.8.5", "no version of it"),
        ("2.8.10", "Bonsai.2.8.1", "version 2.8.1"),
        ("0.2.0", "Bonsai.0.2.0-beta", "version 0.2.0-beta"),
    ],
)
def test_another_version_or_none_is_an_error(wanted, folder, found):
    report = check_packages(write(Bonsai=wanted), [folder], where="Bonsai.config")

    assert [(f.code, f.found, f.wanted) for f in report.errors] == [
        ("RV-S35", found, f"version {wanted}")
    ]


def test_each_package_that_is_wrong_is_named():
    report = check_packages(write(A="1.0", B="2.0", C="3.0"), ["B.2.0"])

    assert [f.problem.split()[2] for f in report.errors] == ["A", "C"]


@pytest.mark.parametrize("text", ["", "<a", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_configuration_is_an_error(text):
    assert check_packages(text, []).verdict is Verdict.FAILED

"""The packages that a Bonsai environment asks for, and those that are installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ranvier.core import format_count
from ranvier.session.faults import Finding, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Collection

_MAX_CHARACTERS = 20_000_000
_CHECK = "Bonsai packages"


def check_packages(config: str, folders: Collection[str], where: str = "") -> Report:
    """Check that each package of a `Bonsai.config` is there in its version.

    Parameters
    ----------
    config
        Text of the file.
    folders
        Names of the folders in `Packages` beside it: "Bonsai.Core.2.8.5".
    where
        The file, for messages.

    Returns
    -------
    Report
        An error for each package that is missing or is there in another version:
        workflows made with one version do not open with another
        (openscope-community-predictive-processing#6). Zeros at the end of a version
        do not count.

    Examples
    --------
    >>> config = '<Packages><Package id="Bonsai" version="2.8.0"/></Packages>'
    >>> check_packages(config, ["Bonsai.2.8"]).verdict.value
    'ok'
    """
    try:
        wanted = _read_packages(config)
    except ET.ParseError as error:
        return Report((_tell_unreadable(str(error), where),))
    installed = _by_name(folders)
    findings = [
        _tell_package(name, version, installed.get(name.lower(), []), where)
        for name, version in wanted.items()
        if _plain(version) not in map(_plain, installed.get(name.lower(), []))
    ]
    if not findings:
        seen = f"{format_count(len(wanted), 'package')}, as asked for"
        findings.append(Finding(Severity.OK, _CHECK, seen, where=where))
    return Report.of(findings)


def read_package_version(config: str, name: str) -> str | None:
    """Give the version that a `Bonsai.config` asks for of one package.

    Parameters
    ----------
    config
        Text of the file.
    name
        Of the package; that of the program itself is "Bonsai".

    Returns
    -------
    str or None
        None if it does not name the package, or is no such file.
    """
    try:
        return _read_packages(config).get(name)
    except ET.ParseError:
        return None


def _read_packages(config: str) -> dict[str, str]:
    # A document type could declare text that grows without end; Bonsai writes none.
    if len(config) > _MAX_CHARACTERS or "<!DOCTYPE" in config:
        why = "it is too large, or has a type"
        raise ET.ParseError(why)
    root = ET.fromstring(config.lstrip("\ufeff"))  # noqa: S314 - see above
    packages = root.iter("Package")
    return {each.get("id", ""): each.get("version", "") for each in packages}


def _by_name(folders: Collection[str]) -> dict[str, list[str]]:
    # A name may have dots and digits itself; the version begins at a dot and a digit
    # after which nothing but a version follows.
    found: dict[str, list[str]] = {}
    for folder in folders:
        parts = re.fullmatch(r"(.+?)\.(\d+(?:\.\d+)*(?:[-+].+)?)", folder)
        if parts:
            found.setdefault(parts[1].lower(), []).append(parts[2])
    return found


def _plain(version: str) -> str:
    numbers, *marks = re.split(r"(?=[-+])", version, maxsplit=1)
    return re.sub(r"(\.0+)+$", "", numbers) + "".join(marks).lower()


def _tell_package(name: str, version: str, found: list[str], where: str) -> Finding:
    return Finding(
        Severity.ERROR,
        _CHECK,
        f"Bonsai's package {name} is not there as asked for.",
        code="RV-S35",
        where=where,
        found=f"version {', '.join(found)}" if found else "no version of it",
        wanted=f"version {version}",
        mend="run the environment's set-up script, or start Bonsai once by hand",
    )


def _tell_unreadable(why: str, where: str) -> Finding:
    return Finding(
        Severity.ERROR,
        _CHECK,
        "this is no Bonsai.config.",
        code="RV-S35",
        where=where,
        found=why,
        wanted="XML of a PackageConfiguration",
        mend="restore the file from the repository",
    )

"""Whether what a session needs is there: programs, packages, devices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from ranvier.core import SessionError, format_count
from ranvier.session.faults import Finding, Severity
from ranvier.session.preflight._checks import passed

_ASK = """
import json, sys
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
"""


@dataclass(frozen=True)
class ProgramPresent:
    """Whether the program is there, and can run here.

    Parameters
    ----------
    program
        A path, or a name that is looked for where the system keeps programs.
    folder
        From which a relative path goes.
    """

    program: str
    folder: Path | None = None
    name: str = "program"

    def run(self) -> tuple[Finding, ...]:
        """Look for it; it is not started.

        Returns
        -------
        tuple of Finding
            One.
        """
        is_path = any(sign in self.program for sign in "/\\")
        found = None if is_path else shutil.which(self.program)
        path = Path(found) if found else (self.folder or Path()) / self.program
        problem = explain_program(self.program, path)
        if not problem:
            return passed(self.name, f"{path} is there")
        return (
            missing(
                self.name,
                problem=problem,
                where=str(path),
                mend="install it, or correct its path in the parameters of the rig",
            ),
        )


def explain_program(program: str, path: Path) -> str:
    """Say why a program can't be run on this computer.

    Parameters
    ----------
    program
        As it was written.
    path
        Where it should be.

    Returns
    -------
    str
        Empty if it can.
    """
    if path.is_dir():
        return f'"{program}" is a folder, not a program.'
    if not path.exists():
        is_foreign = os.name != "nt" and (
            PureWindowsPath(program).drive or "\\" in program
        )
        why = f", and a path of Windows, while this is {sys.platform}"
        return f'the program "{program}" is not there{why if is_foreign else ""}.'
    if os.name != "nt" and _is_windows_program(path):
        return f'"{program}" is a program for Windows; this is {sys.platform}.'
    if not os.access(path, os.X_OK):
        return f'"{program}" is there, but may not be run.'
    return ""


def _is_windows_program(path: Path) -> bool:
    # By its first bytes: a script may be called anything.
    try:
        with path.open("rb") as file:
            return file.read(2) == b"MZ"
    except OSError:
        return False


@dataclass(frozen=True)
class PackagesPresent:
    """Whether the Python packages are there that the task needs.

    Parameters
    ----------
    packages
        Their names, or `name==version`.
    python
        Interpreter that needs them; None for this one.
    timeout_s
        For that interpreter to answer, s.
    """

    packages: tuple[str, ...]
    python: Path | None = None
    timeout_s: float = 20.0
    name: str = "Python packages"

    def run(self) -> tuple[Finding, ...]:
        """Ask which versions are installed; imports none of them.

        Returns
        -------
        tuple of Finding
            One for each package that is not there as wanted, or one if all are.
        """
        wanted = dict(_split(package) for package in self.packages)
        found = self._find(list(wanted))
        wrong = [
            missing(
                self.name,
                problem=f'the package "{name}" is not there as it is wanted.',
                where=str(self.python or sys.executable),
                found=f"version {found[name]}" if found.get(name) else "none",
                wanted=f"version {version}" if version else "any version",
                mend=f"`python -m pip install {name}{version and '=='}{version}` there",
            )
            for name, version in wanted.items()
            if not found.get(name) or version not in ("", found[name])
        ]
        told = f"{format_count(len(wanted), 'package')} as wanted"
        return tuple(wrong) or passed(self.name, told)

    def _find(self, names: list[str]) -> dict[str, str | None]:
        if self.python is None:
            return _find_here(names)
        command = [str(self.python), "-c", _ASK, *names]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                timeout=self.timeout_s,
                check=True,
                stdin=subprocess.DEVNULL,
            )
            return json.loads(done.stdout)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise SessionError(
                "the task's Python does not say which packages it has.",
                code="RV-S93",
                where=str(self.python),
                found=str(error),
                mend="correct `python_exe_path` or `python_venv_path`",
            ) from error


def _split(package: str) -> tuple[str, str]:
    name, _, version = package.partition("==")
    return name.strip(), version.strip()


def _find_here(names: list[str]) -> dict[str, str | None]:
    from importlib import metadata  # slow, and needed only here

    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


@dataclass(frozen=True)
class DevicesPresent:
    """Whether devices that have a port or a file of their own are plugged in.

    Parameters
    ----------
    devices
        Port or path of each, by its name: "COM3", "/dev/ttyACM0".
    optional
        Names of those that a session can do without.
    """

    devices: dict[str, str]
    optional: frozenset[str] = frozenset()
    name: str = "devices"

    def run(self) -> tuple[Finding, ...]:
        """Look for their ports; none is opened.

        Returns
        -------
        tuple of Finding
            One for each that is not there, or one if all are.
        """
        ports = _list_windows_ports()
        wrong = [
            missing(
                self.name,
                problem=f'the device "{name}" is not there.',
                where=port,
                severity=Severity.WARNING if name in self.optional else Severity.ERROR,
                found="ports " + ", ".join(sorted(ports)) if ports else "",
                mend="plug it in and switch it on, or correct its port",
            )
            for name, port in self.devices.items()
            if port.upper() not in ports and not Path(port).exists()
        ]
        told = f"{format_count(len(self.devices), 'device')} there"
        return tuple(wrong) or passed(self.name, told)


def _list_windows_ports() -> frozenset[str]:
    """Give the serial ports; elsewhere than on Windows they are files."""
    if sys.platform != "win32":
        return frozenset()
    return _read_registry()  # pragma: no cover - tried where Windows is


if sys.platform == "win32":  # pragma: no cover - tried where Windows is
    import winreg

    def _read_registry() -> frozenset[str]:
        place = r"HARDWARE\DEVICEMAP\SERIALCOMM"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
                count = winreg.QueryInfoKey(key)[1]
                return frozenset(
                    str(winreg.EnumValue(key, each)[1]).upper() for each in range(count)
                )
        except FileNotFoundError:
            return frozenset()


def missing(
    check: str,
    *,
    problem: str,
    mend: str,
    severity: Severity = Severity.ERROR,
    **places: str,
) -> Finding:
    """Make the finding of something that is needed and not there.

    Returns
    -------
    Finding
        An error, if `severity` does not say otherwise.
    """
    return Finding(severity, check, problem=problem, code="RV-S93", mend=mend, **places)

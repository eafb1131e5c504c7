"""Programs, packages and devices."""

import os
import sys
from importlib import metadata
from pathlib import Path

import pytest

from ranvier.core import SessionError
from ranvier.session.faults import Severity
from ranvier.session.preflight import DevicesPresent, PackagesPresent, ProgramPresent

posix = pytest.mark.skipif(os.name == "nt", reason="how POSIX knows programs")


def one(check):
    (finding,) = check.run()
    return finding


def test_the_program_of_this_process_is_there():
    assert one(ProgramPresent(sys.executable)).severity is Severity.OK


def test_a_name_is_looked_for_where_the_system_keeps_programs():
    name = Path(sys.executable).name
    folder = Path(sys.executable).parent

    assert one(ProgramPresent(name, folder)).severity is Severity.OK


@posix
@pytest.mark.parametrize("program", ["C:/Bonsai/Bonsai.exe", "bonsai\\Bonsai.exe"])
def test_a_path_of_windows_is_said_to_be_one(program):
    finding = one(ProgramPresent(program))

    assert (finding.severity, finding.code) == (Severity.ERROR, "RV-S93")
    assert "a path of Windows" in finding.problem


@posix
def test_a_program_for_windows_can_not_run_here(tmp_path):
    (tmp_path / "Bonsai.exe").write_bytes(b"MZ\x90")
    finding = one(ProgramPresent("./Bonsai.exe", tmp_path))

    assert "is a program for Windows" in finding.problem
    assert finding.where == str(tmp_path / "Bonsai.exe")


@posix
def test_a_script_that_is_called_exe_may_run(tmp_path):
    path = tmp_path / "Bonsai.exe"
    path.write_text("#!/bin/sh\n")
    before = one(ProgramPresent(str(path)))
    path.chmod(0o755)
    after = one(ProgramPresent(str(path)))

    assert "may not be run" in before.problem
    assert after.severity is Severity.OK


def test_a_folder_is_no_program(tmp_path):
    assert "is a folder" in one(ProgramPresent(str(tmp_path))).problem


def test_packages_are_compared_with_what_is_installed():
    version = metadata.version("msgspec")
    wanted = ("msgspec", f"msgspec=={version}", "psutil == 0.0", "no-such-package")
    findings = PackagesPresent(wanted).run()

    assert [f.problem.split('"')[1] for f in findings] == ["psutil", "no-such-package"]
    assert findings[0].wanted == "version 0.0"
    assert findings[1].mend == "`python -m pip install no-such-package` there"
    assert one(PackagesPresent(("msgspec",))).problem == "1 package as wanted"


def test_an_interpreter_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SessionError) as caught:
        PackagesPresent(("x",), python=tmp_path / "python").run()

    assert caught.value.code == "RV-S93"


def test_a_device_without_a_port_is_an_error_unless_it_is_optional(tmp_path):
    (tmp_path / "ttyA").write_text("")
    ports = {"board": "ttyA", "lick": "ttyB", "cam": "ttyC"}
    devices = {name: str(tmp_path / port) for name, port in ports.items()}
    findings = DevicesPresent(devices, frozenset({"cam"})).run()

    assert [(f.where[-4:], f.severity) for f in findings] == [
        ("ttyB", Severity.ERROR),
        ("ttyC", Severity.WARNING),
    ]
    assert one(DevicesPresent({"board": devices["board"]})).severity is Severity.OK

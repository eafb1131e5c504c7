"""Command lines."""

from __future__ import annotations

from pathlib import Path

from ranvier.session.programs import (
    build_bonsai,
    build_command,
    build_python,
    build_python_environment,
    find_venv_python,
)


def test_bonsai_gets_its_properties_then_arguments_then_the_folder():
    command = build_bonsai(
        "Bonsai.exe",
        "task.bonsai",
        {
            "Subject": "m1",
            "Record": True,
            "Debug": False,
            "Gain": 1.5,
            "Camera.Rate": 30,
        },
        ["--lib", "extra"],
        "out",
    )

    assert command == (
        *("Bonsai.exe", "task.bonsai", "--start", "--no-editor"),
        *("-p", "Subject=m1", "-p", "Record=true", "-p", "Debug=false"),
        *("-p", "Gain=1.5", "-p", "Camera.Rate=30"),
        *("--lib", "extra", "-p", "RootFolder=out"),
    )


def test_a_root_folder_that_is_given_is_not_given_twice():
    command = build_bonsai("b", "t", {"RootFolder": "mine"}, (), "out")

    assert command[4:] == ("-p", "RootFolder=mine")


def test_a_property_that_is_none_keeps_its_value_in_the_workflow():
    command = build_bonsai("b", "t", {"Gain": None, "RootFolder": None}, (), "out")

    assert command[4:] == ("-p", "RootFolder=out")


def test_without_a_session_folder_none_is_given():
    assert build_bonsai("b", "t", {}) == ("b", "t", "--start", "--no-editor")


def test_words_with_spaces_and_quotes_stay_one_word():
    command = build_bonsai("b", "t", {"Notes": 'a "b"; rm -rf'})

    assert command[-1] == 'Notes=a "b"; rm -rf'


def test_python_arguments_stand_before_the_script():
    command = build_python(
        "py", "s.py", ["-u"], {"n": -1, "fast": True, "x": None}, "a"
    )

    assert command == ("py", "-u", "s.py", "--n=-1", "--fast=true", "a")


def test_a_script_finds_its_folder_where_the_older_launcher_put_it():
    environment = build_python_environment(Path("out"))

    assert environment == {"OUTPUT_FOLDER": "out", "PYTHONUNBUFFERED": "1"}


def test_any_command_gets_its_arguments_then_its_parameters():
    assert build_command("run", ["a"], {"b": 1}) == ("run", "a", "--b=1")


def test_the_interpreter_of_an_environment_is_found_on_any_system(tmp_path):
    for place in ("one/bin/python", "two/Scripts/python.exe"):
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        path.touch()

    assert find_venv_python(tmp_path / "one") == tmp_path / "one/bin/python"
    assert find_venv_python(tmp_path / "two") == tmp_path / "two/Scripts/python.exe"
    assert find_venv_python(tmp_path / "three") is None

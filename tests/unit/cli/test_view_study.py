"""`ranvier analyse view`, without a screen."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from ranvier.analysis.files import SESSION_SCHEMA, write_table
from ranvier.analysis.session import take_metadata
from ranvier.cli import _view_study
from ranvier.core import AnalysisError


def run(*words):
    app = typer.Typer()
    # As it is added to `ranvier analyse`: -1 is a number and no option.
    app.command(context_settings={"ignore_unknown_options": True})(_view_study.view)
    return CliRunner().invoke(app, [str(word) for word in words])


def make_study(folder):
    import pandas as pd

    text = "ranvier_study: 1\nname: t\nsessions:\n  - alf: data\n"
    (folder / "study.yaml").write_text(text)
    rows = [
        take_metadata({"eid": eid, "subject": "m1", "start_time": start})
        for eid, start in (("s1", "2024-11-05"), ("s2", "2024-11-06"))
    ]
    write_table(pd.DataFrame(rows), folder / SESSION_SCHEMA.path, SESSION_SCHEMA)


def test_one_session_is_drawn_on_a_file(tmp_path):
    make_study(tmp_path)
    path = tmp_path / "one.svg"
    result = run(tmp_path, "m1", "-2", "--save", path, "--no-raw")

    assert result.exit_code == 0, result.output
    assert "one.svg" in result.output
    assert ">s1<" in path.read_text(encoding="utf-8")


def test_the_last_session_of_a_subject_is_taken_unless_said(tmp_path):
    make_study(tmp_path)
    path = tmp_path / "one.svg"
    run(tmp_path, "m1", "--save", path, "--no-raw")

    assert ">s2<" in path.read_text(encoding="utf-8")


def test_a_session_that_is_not_there_is_an_error_with_its_code(tmp_path):
    make_study(tmp_path)
    result = run(tmp_path, "--eid", "x", "--save", tmp_path / "one.svg")

    assert isinstance(result.exception, AnalysisError)
    assert result.exception.code == "RV-A48"

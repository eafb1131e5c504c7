from __future__ import annotations

import inspect
import json

import pytest

from ranvier.analysis.studies import Kept, StudyFault
from ranvier.cli._studies import STUDIES, _carry_out
from ranvier.core import AnalysisError

STUDY = "ranvier_study: 1\nname: small\nsessions:\n  - alf: one\n"
FAULT = StudyFault("lmm", "VTA-DA", "GroupFault", "too few subjects")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def make_analysis(faults=(), seen=None):
    def analyse(folder, parameters, reporter, **options):
        if seen is not None:
            seen.update(options, seed=parameters.statistics.seed)
        reporter.advance("demo", 1, 1)
        written = (folder / "results/demo/a.csv", folder / "figures/demo/a.svg")
        return Kept(written, (folder / "results/demo/b.csv",), tuple(faults))

    return analyse


def run(folder, analyse, *, skip=False, as_json=False, **options):
    with pytest.raises(SystemExit) as ended:
        _carry_out(folder, analyse, skip, as_json, **options)
    return ended.value.code


def test_files_are_counted_by_folder(folder, capsys):
    status = run(folder, make_analysis())
    printed = capsys.readouterr().out.splitlines()

    assert status == 0
    assert ["results/demo", "1", "1"] in [line.split() for line in printed]
    assert ["figures/demo", "1", "0"] in [line.split() for line in printed]
    assert printed[-1] == "2 files written"


@pytest.mark.parametrize(("skip", "status"), [(False, 1), (True, 0)])
def test_what_could_not_be_done_is_told_and_gives_the_status(
    folder, capsys, skip, status
):
    found = run(folder, make_analysis([FAULT]), skip=skip)
    printed = capsys.readouterr().out

    assert found == status
    assert "1 could not be done" in printed
    assert "too few subjects" in printed


def test_the_report_can_be_json(folder, capsys):
    run(folder, make_analysis([FAULT]), as_json=True)
    said = json.loads(capsys.readouterr().out)

    assert said["written"] == ["results/demo/a.csv", "figures/demo/a.svg"]
    assert said["up_to_date"] == ["results/demo/b.csv"]
    assert said["faults"][0]["where"] == "VTA-DA"


def test_options_and_the_parameters_of_the_study_are_handed_on(folder):
    text = STUDY + "parameters:\n  statistics: {seed: 5}\n"
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    seen = {}
    run(folder / "study.yaml", make_analysis(seen=seen), contrast_coding="rank")

    assert seen == {"contrast_coding": "rank", "seed": 5}


def test_a_folder_that_is_no_study_is_told(tmp_path):
    with pytest.raises(AnalysisError, match="RV-A96"):
        STUDIES["qc-overview"](tmp_path)


@pytest.mark.parametrize("name", STUDIES)
def test_every_command_has_help_a_study_and_json(name):
    function = STUDIES[name]
    names = [*inspect.signature(function).parameters]

    assert (function.__doc__ or "").endswith(".")
    assert names[0] == "study"
    assert {"as_json", "skip_errors"} <= {*names}


def test_one_cause_of_many_faults_is_told_once_with_their_number(folder, capsys):
    faults = [
        StudyFault("lmm", target, "GroupFault", "too few subjects")
        for target in ("VTA-DA", "LC-NE", "DR-5HT")
    ]
    with pytest.raises(SystemExit):
        _carry_out(folder, make_analysis(faults), True, False)
    told = capsys.readouterr()
    text = " ".join((told.out + told.err).split())

    assert text.count("too few") == 1
    assert "3 could not be done" in text
    assert "(3 places)" in text

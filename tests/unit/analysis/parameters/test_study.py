"""The file of a study says what is wrong with it, all at once."""

from __future__ import annotations

import pytest

from ranvier.analysis.parameters import AnalysisParameters, Vocabulary, read_study
from ranvier.core import AnalysisError

GOOD = """\
ranvier_study: 1
name: mine
sessions:
  - alf: data   # a ONE cache
parameters:
  vocabulary: ibl
  preprocess: {reference: ols}
  responses:
    window: [-2, 2]
"""


def write(tmp_path, text):
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_study_is_read(tmp_path):
    study = read_study(write(tmp_path, GOOD))

    assert study.sessions[0].kind == "alf"
    assert study.parameters.preprocess.reference == "ols"
    assert study.parameters.responses.window == (-2, 2)
    assert "VTA-DA" in study.parameters.vocabulary.target_nms


def test_all_faults_come_at_once_with_their_lines(tmp_path):
    text = GOOD.replace("reference: ols", "refrence: ols").replace("[-2, 2]", "[2, -2]")

    with pytest.raises(AnalysisError) as caught:
        read_study(write(tmp_path, text))

    found = caught.value.found
    assert caught.value.code == "RV-A98"
    assert "line 7" in found
    assert 'mean "reference"' in found
    assert "line 9" in found
    assert "ends after it begins" in found


@pytest.mark.parametrize(
    ("text", "code"),
    [("a: [", "RV-A97"), ("- 1", "RV-A98"), ("", "RV-A98"), ("\x00", "RV-A97")],
)
def test_what_is_no_study_is_told(tmp_path, text, code):
    with pytest.raises(AnalysisError) as caught:
        read_study(write(tmp_path, text))

    assert caught.value.code == code


def test_a_place_of_sessions_is_just_one(tmp_path):
    text = GOOD.replace("- alf: data", "- {alf: data, table: t.csv}")

    with pytest.raises(AnalysisError, match="RV-A98") as caught:
        read_study(write(tmp_path, text))

    assert "just one of" in caught.value.found


def test_a_folder_without_a_study_says_how_to_make_one(tmp_path):
    with pytest.raises(AnalysisError, match="analyse new"):
        read_study(tmp_path)


def test_a_digest_depends_on_its_sections_alone():
    base, other = AnalysisParameters(), AnalysisParameters(wheel={"rate_hz": 50})

    assert base.digest("preprocess", "qc") == other.digest("preprocess", "qc")
    assert base.digest("wheel") != other.digest("wheel")
    assert base.digest() != other.digest()


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="any or ibl"):
        Vocabulary.model_validate("harvard")


def test_single_entries_are_selected():
    settings = AnalysisParameters(statistics={"seed": 3})
    entry = "statistics.seed"

    assert {entry: 3} == settings.select(entry)
    assert AnalysisParameters().digest(entry) != settings.digest(entry)
    assert AnalysisParameters().digest("trials") == settings.digest("trials")
    with pytest.raises(AttributeError, match=r"statistics\.sed"):
        settings.select("statistics.sed")


@pytest.mark.parametrize("entry", ["rate_hz: .inf", "restrict: [-.inf, 5]"])
def test_a_number_must_be_finite(tmp_path, entry):
    text = GOOD.replace("reference: ols", entry)

    with pytest.raises(AnalysisError, match=entry.split(":")[0]) as caught:
        read_study(write(tmp_path, text))
    assert caught.value.code == "RV-A98"

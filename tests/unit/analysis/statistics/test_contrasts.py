import numpy as np
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import code_two_levels, make_contrast_coding
from ranvier.core import AnalysisError

CONTRASTS = np.array([0.0, 6.25, 12.5, 25.0, 100.0, 0.0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("log", np.log(CONTRASTS + 1)),
        ("log2", [0, np.log2(6.25), np.log2(12.5), np.log2(25), np.log2(100), 0]),
        ("linear", CONTRASTS),
        ("rank", [0, 1, 2, 3, 4, 0]),
    ],
)
def test_codes_are_centred_and_come_back(name, expected):
    plain = make_contrast_coding(CONTRASTS, name, centre=False)
    centred = make_contrast_coding(CONTRASTS, name)
    coded = centred.code(CONTRASTS)

    np.testing.assert_allclose(plain.code(CONTRASTS), expected)
    np.testing.assert_allclose(coded, np.array(expected) - np.mean(expected))
    np.testing.assert_allclose(centred.decode(coded), CONTRASTS, atol=1e-12)


@pytest.mark.parametrize("name", ["log", "log2", "linear", "rank"])
def test_missing_contrasts_stay_missing(name):
    coding = make_contrast_coding([0, np.nan, 25], name)

    assert np.isnan(coding.code([0, np.nan])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "values"), [("log2", [0.0625]), ("log", [-25]), ("rank", [50])]
)
def test_contrasts_without_a_code_are_told(name, values):
    coding = make_contrast_coding(CONTRASTS, name)
    with pytest.raises(AnalysisError) as caught:
        coding.code(values)

    assert caught.value.code == "RV-A85"


def test_no_contrast_at_all_is_told():
    with pytest.raises(GroupFault):
        make_contrast_coding([np.nan])


def test_two_levels_are_a_half_apart_from_their_middle():
    coded = code_two_levels(np.array([1, -1, 0]), 1, -1)

    np.testing.assert_array_equal(coded, [0.5, -0.5, np.nan])

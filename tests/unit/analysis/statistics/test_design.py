import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.statistics import build_design, build_designs, select_complete
from ranvier.core import AnalysisError


def make_frame(n=30, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "a": rng.normal(size=n),
            "b": rng.choice([-0.5, 0.5], n),
            "c": rng.choice(["x", "y", "z"], n),
        }
    )


@pytest.mark.parametrize(
    "formula",
    ["a * b", "y ~ C(c) * a", "a:b - 1", "np.exp(a) + c", "1", "a * b * c - a:b:c"],
)
def test_designs_are_those_of_formulaic(formula):
    import formulaic

    frame = make_frame()
    design = build_design(formula, frame)
    right = formula.split("~")[-1]
    expected = formulaic.model_matrix(right, frame, output="numpy")

    np.testing.assert_array_equal(design.matrix, np.asarray(expected))
    assert design.columns == tuple(expected.model_spec.column_names)


def test_columns_know_their_terms():
    design = build_design("a * C(c) + b", make_frame())

    assert [design.terms[i] for i in design.find_columns("c")] == [
        "C(c)",
        "C(c)",
        "a:C(c)",
        "a:C(c)",
    ]
    assert design.drop("c").columns == ("Intercept", "a", "b")


def test_other_rows_are_coded_as_the_first_were():
    frame = make_frame()
    for formula in ("a * b", "C(c) * a"):
        design = build_design(formula, frame)

        np.testing.assert_array_equal(design.code(frame[3:4]), design.matrix[3:4])


def test_several_formulas_share_columns():
    frame = make_frame()
    models = {"full": "y ~ a * b", "a": "y ~ a", "codes": "y ~ C(c)"}
    union, places = build_designs(models, frame)

    assert len(union.columns) == 4 + 2
    for model, formula in models.items():
        np.testing.assert_array_equal(
            union.matrix[:, places[model]], build_design(formula, frame).matrix
        )


def test_equal_names_of_other_columns_are_kept_apart():
    frame = make_frame()
    models = {"one": "y ~ a + C(c):a", "two": "y ~ C(c):a"}
    union, places = build_designs(models, frame)

    for model, formula in models.items():
        np.testing.assert_array_equal(
            union.matrix[:, places[model]], build_design(formula, frame).matrix
        )


def test_rows_are_complete_over_the_whole_family():
    frame = make_frame(5)
    frame.loc[0, "a"] = np.nan
    frame.loc[1, "y"] = np.inf
    frame.loc[2, "c"] = None
    kept = select_complete(frame, ["y ~ a", "y ~ b"], ["c"])

    assert kept.tolist() == [False, False, False, True, True]


def test_missing_values_are_a_fault_not_a_silent_row():
    frame = make_frame()
    frame.loc[3, "c"] = None
    with pytest.raises(AnalysisError, match="missing values") as caught:
        build_design("C(c)", frame)

    assert caught.value.code == "RV-A83"


@pytest.mark.parametrize("formula", ["a * nosuch", "a +* b", "a ~ (b"])
def test_a_formula_that_does_not_fit_is_told(formula):
    with pytest.raises(AnalysisError) as caught:
        build_design(formula, make_frame())

    assert caught.value.code == "RV-A82"


def test_an_empty_frame_has_a_design_without_rows():
    assert build_design("a * b", make_frame()[:0]).matrix.shape == (0, 4)


def test_a_part_of_a_design_codes_no_rows():
    frame = make_frame()
    with pytest.raises(AnalysisError, match="can't code"):
        build_design("a * b", frame).drop("a").code(frame)

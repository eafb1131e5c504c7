"""Formulas and frames: reading, coding as numbers, and the rows that have all of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.statistics._choices import make_array_error, make_formula_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from ranvier.analysis.arrays import BoolArray, FloatArray


__all__ = ["code_rows", "find_response", "parse_formula", "select_complete"]


def select_complete(
    frame: pd.DataFrame, formulas: Iterable[str], also: Iterable[str] = ()
) -> BoolArray:
    """Tell which rows have every variable of every formula.

    Models are compared on the same rows, so a row that one can't use none may use.

    Parameters
    ----------
    frame
        One row a trial.
    formulas
        With or without the response before "~", which counts too.
    also
        Further columns that must be there: "subject".

    Returns
    -------
    BoolArray
        Shape (n_rows,). Infinite values count as missing.

    Raises
    ------
    AnalysisError
        RV-A82 if a formula can't be read or names no column.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"y": [1.0, 2.0], "a": [np.nan, 1.0], "b": [1.0, 1.0]})
    >>> select_complete(frame, ["y ~ a + b", "y ~ b"]).tolist()
    [False, True]
    """
    wanted = dict.fromkeys(also)
    for formula in formulas:
        response = find_response(formula)
        if response:
            wanted[response] = None
        right = parse_formula(formula.split("~", 1)[-1])
        wanted.update(dict.fromkeys(sorted(right.required_variables)))
    complete = np.ones(len(frame), dtype=bool)
    for name in wanted:
        complete &= ~_find_missing(_get_column(frame, str(name), ", ".join(formulas)))
    return complete


def find_response(formula: str) -> str:
    """Give the response that a formula names.

    Parameters
    ----------
    formula
        "response ~ contrast".

    Returns
    -------
    str
        "" if it names none.
    """
    left, tilde, _ = formula.partition("~")
    return left.strip() if tilde else ""


@lru_cache(maxsize=256)
def parse_formula(formula: str) -> Any:
    """Read the right side of a formula, once for each.

    Parameters
    ----------
    formula
        Without "~".

    Returns
    -------
    Formula
        Of `formulaic`; not to be changed.

    Raises
    ------
    AnalysisError
        RV-A82 if it can't be read.
    """
    import formulaic
    from formulaic.errors import FormulaicError

    try:
        read: Any = formulaic.Formula  # its stubs take it for abstract
        return read(formula.strip() or "1")
    except (FormulaicError, SyntaxError) as error:
        raise make_formula_error(
            "the formula can't be read.",
            found=f'"{formula}": {error}',
            wanted='a formula such as "contrast * side"',
            mend="correct the formula",
        ) from error


def code_rows(recipe: Any, frame: pd.DataFrame, formula: str) -> tuple[FloatArray, Any]:
    """Code the rows of a frame.

    Parameters
    ----------
    recipe
        Of `parse_formula`, or what this gave before: then levels are those of then.
    frame
        Rows.
    formula
        For the words of a fault.

    Returns
    -------
    FloatArray
        Shape (n_rows, n_columns).
    recipe
        Codes further rows alike.

    Raises
    ------
    AnalysisError
        RV-A82 if the formula does not fit the frame; RV-A83 if values are missing.
    """
    from formulaic.errors import FormulaicError

    for name in sorted(recipe.required_variables):
        n_missing = int(_find_missing(_get_column(frame, str(name), formula)).sum())
        if n_missing:
            raise make_array_error(
                f'"{name}" has missing values.',
                found=f"{n_missing} of {len(frame)} rows",
                wanted="finite values",
                mend="leave those rows out with `select_complete`",
            )
    if _is_numeric(recipe, frame):
        return _multiply(recipe, frame), recipe
    try:
        built = recipe.get_model_matrix(frame, na_action="ignore", output="numpy")
    except (FormulaicError, ValueError, TypeError) as error:
        raise make_formula_error(
            "the formula can't be made into a design.",
            found=f'"{formula}": {error}',
            wanted="terms that fit the columns of the frame",
            mend="correct the formula, or the type of the column",
        ) from error
    return np.asarray(built, dtype=np.float64), built.model_spec


def _is_numeric(recipe: Any, frame: pd.DataFrame) -> bool:
    """Tell whether each term is a product of numeric columns, or the intercept."""
    if hasattr(recipe, "term_indices") or recipe.__class__.__name__ != "SimpleFormula":
        return False
    names = {f.expr for term in recipe for f in term.factors} - {"1"}
    return all(
        name in frame
        and isinstance(frame[name].dtype, np.dtype)
        and frame[name].dtype.kind in "fiu"
        for name in names
    )


def _multiply(recipe: Any, frame: pd.DataFrame) -> FloatArray:
    terms = [[f.expr for f in term.factors if f.expr != "1"] for term in recipe]
    matrix = np.ones((len(frame), len(terms)))
    values = {
        name: frame[name].to_numpy(dtype=np.float64)
        for name in {name for term in terms for name in term}
    }
    for column, term in zip(matrix.T, terms, strict=True):
        for i, name in enumerate(term):
            np.multiply(column if i else 1.0, values[name], out=column)
    return matrix


def _get_column(frame: pd.DataFrame, name: str, formula: str) -> pd.Series[Any]:
    if name not in frame:
        raise make_formula_error(
            f'there is no column "{name}".',
            where=formula,
            found=", ".join(map(str, frame.columns)),
            mend="correct the formula, or add the column",
        )
    return frame[name]


def _find_missing(column: pd.Series[Any]) -> BoolArray:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        return ~np.isfinite(column.to_numpy())
    return np.asarray(column.isna(), dtype=bool)

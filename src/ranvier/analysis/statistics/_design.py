"""Design matrices from formulas, and which rows a family of formulas can use.

Formulas are Wilkinson's, built by `formulaic`; columns are named as statsmodels names
them ("Intercept", "contrast:side", "C(contrast)[T.25.0]").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.statistics._choices import make_array_error, make_formula_error
from ranvier.analysis.statistics._formula import (
    code_rows,
    parse_formula,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Design", "build_design", "build_designs", "check_response"]


@dataclass(frozen=True)
class Design:
    """A design matrix that knows what its columns are.

    Parameters
    ----------
    matrix
        Shape (n_rows, n_columns).
    columns
        Name of each column.
    terms
        Term that each column belongs to: "C(contrast)" has several columns. The
        intercept's is "1".
    formula
        What it was built from; "" if from an array.
    recipe
        Codes further rows the same way; None if from an array.
    """

    matrix: FloatArray
    columns: tuple[str, ...]
    terms: tuple[str, ...]
    formula: str = ""
    recipe: Any = None

    def find_columns(self, variable: str) -> IntArray:
        """Find the columns of every term that holds a variable.

        Parameters
        ----------
        variable
            "contrast" is in "contrast", "contrast:side" and "C(contrast)".

        Returns
        -------
        IntArray
            Their places.
        """
        return np.array(
            [i for i, t in enumerate(self.terms) if variable in _split_term(t)],
            dtype=np.int64,
        )

    def select(self, places: Iterable[int]) -> Design:
        """Take some of the columns.

        Parameters
        ----------
        places
            Places of the columns, in the order wanted.

        Returns
        -------
        Design
            It codes no further rows.
        """
        kept = list(places)
        return Design(
            self.matrix[:, kept],
            tuple(self.columns[i] for i in kept),
            tuple(self.terms[i] for i in kept),
        )

    def drop(self, variable: str) -> Design:
        """Leave out every term that holds a variable.

        Parameters
        ----------
        variable
            Name of a column of the frame.

        Returns
        -------
        Design
        """
        out = set(self.find_columns(variable).tolist())
        return self.select(i for i in range(len(self.columns)) if i not in out)

    def take(self, rows: BoolArray | IntArray) -> Design:
        """Take some of the rows.

        Parameters
        ----------
        rows
            Mask or places of rows.

        Returns
        -------
        Design
        """
        return replace(self, matrix=self.matrix[rows])

    def code(self, frame: pd.DataFrame) -> FloatArray:
        """Code other rows as this design's were coded: the same levels and columns.

        Parameters
        ----------
        frame
            Has the variables of the formula.

        Returns
        -------
        FloatArray
            Shape (n_rows, n_columns).

        Raises
        ------
        AnalysisError
            If the design was not built from a formula, or a variable lacks.
        """
        if self.recipe is None:
            raise make_formula_error(
                "this design can't code other rows.",
                found="a design of an array, or part of another one",
                wanted="a design of `build_design`",
                mend="build it from its formula",
            )
        return code_rows(self.recipe, frame, self.formula)[0]


def build_design(formula: str, frame: pd.DataFrame) -> Design:
    """Build the design matrix of a formula.

    Parameters
    ----------
    formula
        "contrast * side", or with the response before "~", which is left aside.
    frame
        Has the variables of the formula, none missing in any row.

    Returns
    -------
    Design

    Raises
    ------
    AnalysisError
        RV-A82 if the formula can't be read or names no column; RV-A83 if values are
        missing (see `select_complete`).

    Notes
    -----
    Products of numeric columns are multiplied here, which takes a quarter of what
    `formulaic` needs for the same; all else is left to it.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, -1.0, 1.0]})
    >>> build_design("y ~ a * b", frame).columns
    ('Intercept', 'a', 'b', 'a:b')
    """
    matrix, recipe = code_rows(parse_formula(formula.split("~", 1)[-1]), frame, formula)
    if not hasattr(recipe, "term_indices"):  # products of numbers: a term, a column
        terms = tuple(str(term) for term in recipe)
        names = tuple("Intercept" if term == "1" else term for term in terms)
        return Design(matrix, names, terms, formula, recipe)
    of_column = {
        place: str(term) for term, at in recipe.term_indices.items() for place in at
    }
    terms = tuple(of_column[i] for i in range(matrix.shape[1]))
    return Design(matrix, tuple(recipe.column_names), terms, formula, recipe)


def build_designs(
    formulas: Mapping[str, str], frame: pd.DataFrame
) -> tuple[Design, dict[str, IntArray]]:
    """Build the designs of several formulas as parts of one matrix.

    Columns that formulas share stand there once.

    Parameters
    ----------
    formulas
        Formula of each model.
    frame
        Has the variables of all of them, none missing.

    Returns
    -------
    Design
        All columns of all models.
    dict
        Places of the columns of each model.

    Raises
    ------
    AnalysisError
        As `build_design`.
    """
    blocks: list[FloatArray] = []
    names: list[str] = []
    terms: list[str] = []
    places: dict[str, IntArray] = {}
    for model, formula in formulas.items():
        design = build_design(formula, frame)
        at: list[int] = []
        for name, term, column in zip(
            design.columns, design.terms, design.matrix.T, strict=True
        ):
            # The same name can mean other columns: "a:b" codes b in full if "b" itself
            # is not in the model.
            same = [i for i, other in enumerate(names) if other == name]
            found = next((i for i in same if np.array_equal(blocks[i], column)), None)
            if found is None:
                found = len(names)
                names.append(name)
                terms.append(term)
                blocks.append(column)
            at.append(found)
        places[model] = np.array(at, dtype=np.int64)
    matrix = np.stack(blocks, axis=1) if blocks else np.empty((len(frame), 0))
    return Design(matrix, tuple(names), tuple(terms)), places


def check_response(design: Design | FloatArray, y: Any) -> tuple[Design, FloatArray]:
    """Take design and response for a fit, if they fit.

    Parameters
    ----------
    design
        Design, or matrix of shape (n_rows, n_columns).
    y
        Response, shape (n_rows,) or (n_rows, n_responses).

    Returns
    -------
    Design
        Columns of an array are called "x0", "x1", ….
    FloatArray
        Response.

    Raises
    ------
    AnalysisError
        RV-A83 if lengths differ or values are missing.
    """
    if not isinstance(design, Design):
        matrix = np.asarray(design, dtype=np.float64)
        matrix = matrix[:, None] if matrix.ndim == 1 else matrix
        names = tuple(f"x{i}" for i in range(matrix.shape[1]))
        design = Design(matrix, names, names)
    response = np.asarray(y, dtype=np.float64)
    if response.ndim == 0 or len(response) != len(design.matrix):
        raise make_array_error(
            "design and response have different lengths.",
            found=f"{len(design.matrix)} and {response.size} rows",
            wanted="one row a trial in both",
            mend="take both from the same frame",
        )
    n_missing = _count_missing(design.matrix, response)
    if n_missing:
        raise make_array_error(
            "design or response have missing values.",
            found=f"{n_missing} of {len(response)} rows",
            wanted="finite values",
            mend="leave those rows out with `select_complete`",
        )
    return design, response


def _count_missing(matrix: FloatArray, response: FloatArray) -> int:
    # One sum tells in the usual case, and costs a third of a mask.
    if np.isfinite(matrix.sum() + response.sum()):
        return 0
    bad = ~np.isfinite(matrix).all(axis=1)
    rows = response.reshape(len(response), -1)
    return int((bad | ~np.isfinite(rows).all(axis=1)).sum())


def _split_term(term: str) -> set[str]:
    """Give the variables of a term: those of "C(contrast):side" are two."""
    factors = term.split(":")
    return {f[2:-1].split(",")[0].strip() if f.startswith("C(") else f for f in factors}

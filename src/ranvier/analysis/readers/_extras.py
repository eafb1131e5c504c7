"""Libraries of other formats, imported only when a file needs them."""

from __future__ import annotations

import importlib
from typing import Any

from ranvier.core import AnalysisError

__all__ = ["import_extra"]


def import_extra(module: str, extra: str) -> Any:
    """Import a library that an extra of ranvier brings.

    Parameters
    ----------
    module
        "pynwb".
    extra
        "nwb".

    Returns
    -------
    module

    Raises
    ------
    AnalysisError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise AnalysisError(
            f'reading this needs the library "{module}", which is not installed.',
            code="RV-A71", found=str(error),
            mend=f'pip install "ranvier[{extra}]"',
        ) from error  # fmt: skip

"""The analysis under the names of the IBL neuromodulators pipeline."""

from __future__ import annotations

__all__: list[str] = []

"""Photometry and behaviour, from raw recordings to group results.

Nothing heavy is imported until a name is used.
"""

from __future__ import annotations

__all__: list[str] = []

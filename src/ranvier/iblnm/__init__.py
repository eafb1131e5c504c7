"""The analysis under the names of the IBL neuromodulators pipeline.

A thin face: it computes, reads and writes nothing of its own. Its modules are `config`,
`data`, `io`, `task`, `analysis`, `validation`, `util`, `vis` and `gui`; a script of the
pipeline runs with `iblnm` replaced by `ranvier.iblnm`.
"""

from __future__ import annotations

__all__: list[str] = []

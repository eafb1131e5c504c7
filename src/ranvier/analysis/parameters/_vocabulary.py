"""The names that a lab knows: targets, strains, lines, protocols.

Empty, every name is accepted. `vocabulary: ibl` in a study takes those of the IBL's
photometry project.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_PRESETS = ("any", "ibl")


class Vocabulary(BaseModel):
    """Names that are known; an empty list knows all.

    Examples
    --------
    >>> Vocabulary.model_validate("ibl").targets["VTA"]
    'DA'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    excluded_subjects: tuple[str, ...] = Field(default=(), description="never analysed")
    strains: tuple[str, ...] = Field(default=(), description="that are known")
    strain_nm: dict[str, str] = Field(default={}, description="strain → neuromodulator")
    lines: tuple[str, ...] = Field(default=(), description="that are known")
    line_nm: dict[str, str] = Field(default={}, description="line → neuromodulator")
    neuromodulators: tuple[str, ...] = Field(default=(), description="that are known")
    targets: dict[str, str] = Field(
        default={}, description="region → its neuromodulator"
    )
    region_fixes: dict[str, str] = Field(
        default={}, description="name → the right name"
    )
    needs_hemisphere: bool = Field(
        default=False, description="each fibre must say on which side it is"
    )
    session_types: tuple[str, ...] = Field(
        default=(), description="found in the task's protocol as <type>ChoiceWorld"
    )
    protocol_red_flags: tuple[str, ...] = Field(
        default=(), description="protocols with these letters have no session type"
    )

    @model_validator(mode="before")
    @classmethod
    def _take_preset(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in _PRESETS:
            known = " or ".join(_PRESETS)
            raise ValueError(f"{known} is wanted, or the names themselves")
        return _read_ibl() if value == "ibl" else {}

    @property
    def target_nms(self) -> tuple[str, ...]:
        """Labels of the targets: "VTA-DA"."""
        return tuple(f"{region}-{nm}" for region, nm in self.targets.items())


@cache
def _read_ibl() -> dict[str, Any]:
    from importlib.resources import files

    from ruamel.yaml import YAML

    text = files("ranvier.analysis.parameters").joinpath("ibl.yaml").read_text("utf-8")
    return YAML(typ="safe", pure=True).load(text)

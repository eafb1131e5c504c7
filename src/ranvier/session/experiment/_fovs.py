"""Fields of view of a SLAP2 session: checked, and written in AIND's words; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ranvier.session.faults import (
    Finding,
    ParameterValidationError,
    Report,
    Severity,
)

MAX_POWER_MW = 50.0
"""The documentation of the older launcher's SLAP2 page allows so much."""

_NEEDED = ("index", "imaging_depth", "targeted_structure")
# Those of a `SlapFieldOfView` of aind-data-schema 1.4.0.
_FIELDS = (
    "index",
    "imaging_depth",
    "imaging_depth_unit",
    "targeted_structure",
    "fov_coordinate_ml",
    "fov_coordinate_ap",
    "fov_coordinate_unit",
    "fov_reference",
    "fov_width",
    "fov_height",
    "fov_size_unit",
    "magnification",
    "fov_scale_factor",
    "fov_scale_factor_unit",
    "frame_rate",
    "frame_rate_unit",
    "coupled_fov_index",
    "power",
    "power_unit",
    "power_ratio",
    "notes",
    "session_type",
    "dmd_dilation_x",
    "dmd_dilation_y",
    "dilation_unit",
    "target_neuron",
    "target_branch",
    "path_to_array_of_frame_rates",
)
# What it demands of one.
_DEMANDED = (
    *_NEEDED,
    "fov_coordinate_ml",
    "fov_coordinate_ap",
    "fov_reference",
    "fov_width",
    "fov_height",
    "magnification",
    "fov_scale_factor",
    "session_type",
    "dmd_dilation_x",
    "dmd_dilation_y",
    "path_to_array_of_frame_rates",
)
# Of a session with all its fields alike, these stand at the top of the file.
_COMMON = (
    "targeted_structure",
    "fov_coordinate_ml",
    "fov_coordinate_ap",
    "fov_coordinate_unit",
    "fov_reference",
    "magnification",
    "fov_scale_factor",
)


class Slap2ParameterError(ParameterValidationError, ValueError):
    """The parameters of a SLAP2 session are not right; documented as a `ValueError`."""


def check_slap2_parameters(params: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Look for all that is wrong with laser and fields of view.

    Parameters
    ----------
    params
        As a parameter file has them.

    Returns
    -------
    tuple of Finding
        An error for each, `where` is the field.
    """
    missing = ("laser_power", "laser_wavelength", "slap_fovs")
    findings = [_fault(key, "nothing", "it") for key in missing if key not in params]
    power: Any = params.get("laser_power")
    if "laser_power" in params and not (
        _is_number(power) and 0 < power <= MAX_POWER_MW
    ):
        wanted = f"more than 0 and at most {MAX_POWER_MW:g} mW"
        findings.append(_fault("laser_power", repr(power), wanted))
    wavelength: Any = params.get("laser_wavelength")
    if "laser_wavelength" in params and not (_is_number(wavelength) and wavelength > 0):
        findings.append(_fault("laser_wavelength", repr(wavelength), "nm, above 0"))
    if "slap_fovs" in params:
        findings += _check_fovs(params["slap_fovs"])
    return tuple(findings)


def raise_slap2_faults(faults: Iterable[Finding]) -> None:
    """Raise all that is wrong as one error.

    Raises
    ------
    ParameterValidationError
        Also a `ValueError`; it names each field.
    """
    Report.of(faults).raise_errors(Slap2ParameterError)


def parse_fovs(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write the fields of view as AIND's schema names them.

    Parameters
    ----------
    params
        With `slap_fovs`, and what all of them have in common at the top.

    Returns
    -------
    list of dict
        What is not known is missing; nothing is filled in.
    """
    common = {key: params[key] for key in _COMMON if params.get(key) is not None}
    known: list[dict[str, Any]] = [
        {**common, **each}
        for each in _as_list(params.get("slap_fovs"))
        if isinstance(each, Mapping)
    ]
    return [
        {key: fov[key] for key in _FIELDS if fov.get(key) is not None} for fov in known
    ]


def find_missing(fov: Mapping[str, Any]) -> tuple[str, ...]:
    """Find what the schema demands of a field of view and nobody told.

    Returns
    -------
    tuple of str
        In the schema's order.
    """
    return tuple(key for key in _DEMANDED if key not in fov)


def _check_fovs(fovs: Any) -> list[Finding]:
    items = _as_list(fovs)
    if not items:
        return [_fault("slap_fovs", repr(fovs), "a list with at least one in it")]
    findings: list[Finding] = []
    for place, fov in enumerate(items):
        if not isinstance(fov, Mapping):
            findings.append(_fault(f"slap_fovs[{place}]", repr(fov), "a mapping"))
            continue
        findings += [
            _fault(f"slap_fovs[{place}].{key}", "nothing", "it")
            for key in _NEEDED
            if key not in fov
        ]
    return findings


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []  # pyright: ignore[reportUnknownArgumentType]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fault(field: str, found: str, wanted: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "SLAP2",
        f'"{field}" of a SLAP2 session is missing or not right.',
        code="RV-S99",
        where=field,
        found=found,
        wanted="" if wanted == "it" else wanted,
        mend=f'give "{field}" in the parameter file',
    )

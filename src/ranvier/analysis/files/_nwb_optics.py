"""Light, fibres and indicator of a session, as ndx-fiber-photometry describes them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FP3002_NM = {"Isosbestic": 415.0, "GCaMP": 470.0, "RCaMP": 560.0}
_NOMINAL_EMISSION_NM = {"Isosbestic": 512.0, "GCaMP": 512.0, "RCaMP": 595.0}
_SIDES = {"l": "left", "r": "right"}


@dataclass(frozen=True)
class NwbOptics:
    """What light, fibres and indicator were like.

    Parameters
    ----------
    indicator
        Name of the indicator.
    excitation_nm, emission_nm
        Band → wavelength, nm; each band that is written must be named.
    system, manufacturer
        Name of the apparatus, and who made it.
    numerical_aperture
        Of the fibres; NaN if not known.
    core_diameter_um
        Of the fibres, µm; None if not known.
    """

    indicator: str = "unknown"
    excitation_nm: Mapping[str, float] = field(default_factory=dict)
    emission_nm: Mapping[str, float] = field(default_factory=dict)
    system: str = "unknown"
    manufacturer: str = "unknown"
    numerical_aperture: float = float("nan")
    core_diameter_um: float | None = None


def describe_neurophotometrics(indicator: str = "unknown") -> NwbOptics:
    """Describe an FP3002 of Neurophotometrics: LEDs of 415, 470 and 560 nm.

    Emission is nominal: 512 nm for green indicators, 595 nm for red ones.

    Parameters
    ----------
    indicator
        Name of the indicator.

    Returns
    -------
    NwbOptics
        To be changed with `dataclasses.replace` where more is known.
    """
    return NwbOptics(
        indicator=indicator,
        excitation_nm=_FP3002_NM,
        emission_nm=_NOMINAL_EMISSION_NM,
        system="FP3002",
        manufacturer="Neurophotometrics",
    )


def add_optics(
    file: Any,
    metadata: Mapping[str, Any],
    optics: NwbOptics,
    fibres: Sequence[str],
    bands: Sequence[str],
) -> Any:
    """Describe the optics in an NWB file.

    Parameters
    ----------
    file
        NWB file that is added to.
    metadata
        hemisphere, brain_region: lists by fibre.
    optics
        What light, fibres and indicator were like.
    fibres, bands
        Names.

    Returns
    -------
    ndx_fiber_photometry.FiberPhotometryTable
        One row for each band and fibre, fibres within bands.
    """
    ndx: Any = importlib.import_module("ndx_fiber_photometry")
    devices: Any = importlib.import_module("ndx_ophys_devices")
    regions = [*(metadata.get("brain_region") or fibres)]
    sides = [*(metadata.get("hemisphere") or [""] * len(fibres))]
    detector = _add_detector(devices, file, optics)
    sources = {band: _add_source(devices, file, optics, band) for band in bands}
    placed = [
        _add_fibre(devices, file, optics, name, str(side or ""))
        for name, side in zip(fibres, sides, strict=True)
    ]
    indicator = devices.Indicator(
        name="indicator",
        label=optics.indicator,
        description=f"{optics.indicator}, expressed at the tips of the fibres.",
    )
    table = ndx.FiberPhotometryTable(
        name="fiber_photometry_table",
        description="One row for each band of each fibre.",
    )
    for band in bands:
        for fibre, region in zip(placed, regions, strict=True):
            table.add_row(
                location=str(region),
                excitation_wavelength_in_nm=float(optics.excitation_nm[band]),
                emission_wavelength_in_nm=float(optics.emission_nm[band]),
                indicator=indicator,
                optical_fiber=fibre,
                excitation_source=sources[band],
                photodetector=detector,
            )
    file.add_lab_meta_data(
        ndx.FiberPhotometry(
            name="fiber_photometry",
            fiber_photometry_table=table,
            fiber_photometry_indicators=ndx.FiberPhotometryIndicators(
                indicators=[indicator]
            ),
        )
    )
    return table


def _add_detector(devices: Any, file: Any, optics: NwbOptics) -> Any:
    model = devices.PhotodetectorModel(
        name="camera_model",
        manufacturer=optics.manufacturer,
        detector_type="CMOS",
        description=f"Camera of the {optics.system}.",
    )
    file.add_device_model(model)
    detector = devices.Photodetector(
        name="camera", model=model, description=f"Camera of the {optics.system}."
    )
    file.add_device(detector)
    return detector


def _add_source(devices: Any, file: Any, optics: NwbOptics, band: str) -> Any:
    wavelength = float(optics.excitation_nm[band])
    words = f"Light for {band}, {wavelength:g} nm."
    model = devices.ExcitationSourceModel(
        name=f"light_model_{band.lower()}",
        manufacturer=optics.manufacturer,
        source_type="LED",
        excitation_mode="one-photon",
        description=words,
    )
    file.add_device_model(model)
    source = devices.ExcitationSource(
        name=f"light_{band.lower()}", model=model, description=words
    )
    file.add_device(source)
    return source


def _add_fibre(devices: Any, file: Any, optics: NwbOptics, name: str, side: str) -> Any:
    model_name = "optical_fiber_model"
    core = optics.core_diameter_um
    if model_name not in file.device_models:
        file.add_device_model(
            devices.OpticalFiberModel(
                name=model_name,
                manufacturer=optics.manufacturer,
                numerical_aperture=optics.numerical_aperture,
                description="Fibre.",
                **({} if core is None else {"core_diameter_in_um": core}),
            )
        )
    words = {"hemisphere": _SIDES[side]} if side in _SIDES else {}
    fibre = devices.OpticalFiber(
        name=f"fiber_{name}",
        model=file.device_models[model_name],
        fiber_insertion=devices.FiberInsertion(name="fiber_insertion", **words),
        description=f"Fibre that {name} is recorded through.",
    )
    file.add_device(fibre)
    return fibre

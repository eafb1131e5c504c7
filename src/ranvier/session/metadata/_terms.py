"""The words that the AIND schemas have: modalities, organisations, strains."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, NamedTuple

_ROR = "Research Organization Registry (ROR)"
_NCBI = "National Center for Biotechnology Information (NCBI)"
_MGI = "Mouse Genome Informatics (MGI)"
_COORDINATES = {"name", "origin", "axes", "axis_unit"}
_ORCID = "Open Researcher and Contributor ID (ORCID)"


class Modality(NamedTuple):
    """A kind of data.

    Parameters
    ----------
    abbreviation, name
        In 2.x.
    old
        Abbreviation and name in 1.x; empty if 1.x does not have it.
    stream_1, stream_2
        What a data stream of 1.x, and one of 2.x, must hold to be of this kind; "" for
        nothing.
    device
        What the instrument must have; "" for nothing.
    """

    abbreviation: str
    name: str
    old: tuple[str, ...] = ()
    stream_1: str = ""
    stream_2: str = ""
    device: str = ""


def _same(abbreviation: str, name: str, *needs: str) -> Modality:
    return Modality(abbreviation, name, (abbreviation, name), *needs)


# Which needs what: the validators of aind-data-schema 1.4.0 (`core.session.Stream`) and
# 2.9.2 (`core.acquisition.CONFIG_REQUIREMENTS`, `core.instrument.DEVICES_REQUIRED`).
# 1.4.0 lets slap and SPIM pass without any, but its upgrader then can't.
MODALITIES: tuple[Modality, ...] = (
    Modality("BARseq", "Barcoded anatomy resolved by sequencing"),
    _same("behavior", "Behavior"),
    _same("behavior-videos", "Behavior videos", "camera_names", "", "CameraAssembly"),
    Modality("brightfield", "Brightfield microscopy"),
    _same("confocal", "Confocal microscopy", "specimen_id", "specimen_id"),
    _same("EMG", "Electromyography"),
    Modality("EM", "Electron microscopy"),
    _same(
        "ecephys",
        "Extracellular electrophysiology",
        "ephys_modules",
        "EphysAssemblyConfig",
    ),
    _same(
        "fib",
        "Fiber photometry",
        "fiber_connections",
        "PatchCordConfig",
        "FiberPatchCord",
    ),
    _same("fMOST", "Fluorescence micro-optical sectioning tomography"),
    _same("icephys", "Intracellular electrophysiology"),
    _same("ISI", "Intrinsic signal imaging"),
    _same("MRI", "Magnetic resonance imaging", "mri_scans", "MRIScan"),
    Modality("MAPseq", "Multiplexed analysis of projections by sequencing"),
    _same("merfish", "Multiplexed error-robust fluorescence in situ hybridization"),
    Modality("one-photon", "One-photon imaging"),
    _same(
        "pophys", "Planar optical physiology", "ophys_fovs", "ImagingConfig", "Detector"
    ),
    Modality(
        "slap2",
        "Random access projection microscopy",
        ("slap", "Scanned line projection imaging"),
        "slap_fovs",
        "ImagingConfig",
        "DigitalMicromirrorDevice",
    ),
    _same(
        "SPIM",
        "Selective plane illumination microscopy",
        "specimen_id",
        "SampleChamberConfig",
        "ScanningStage",
    ),
    # The schema's own spelling.
    Modality("STPT", "Serial two-photon tomogrophy"),
    Modality("scRNAseq", "Single cell RNA sequencing"),
)

# Word of 1.x and of 2.x.
STIMULUS_MODALITIES: tuple[tuple[str, str], ...] = (
    ("Auditory", "Auditory"),
    ("Free moving", "Free moving"),
    ("None", "No stimulus"),
    ("Olfactory", "Olfactory"),
    ("Optogenetics", "Optogenetics"),
    ("Virtual reality", "Virtual reality"),
    ("Visual", "Visual"),
    ("Wheel friction", "Wheel friction"),
)


def find_modality(word: str) -> Modality | None:
    """Find a kind of data by an abbreviation or a name, of 1.x or 2.x.

    Returns
    -------
    Modality or None
        None if the schema has no such kind.

    Examples
    --------
    >>> find_modality("SLAP").abbreviation
    'slap2'
    """
    wanted = word.casefold()
    for row in MODALITIES:
        words = (row.abbreviation, row.name, *row.old)
        if wanted in {text.casefold() for text in words}:
            return row
    return None


def describe_modality(row: Modality) -> dict[str, str]:
    """Give a kind of data as 2.x has it.

    Returns
    -------
    dict
        name and abbreviation.
    """
    return {"name": row.name, "abbreviation": row.abbreviation}


def find_stimulus_modality(word: str) -> tuple[str, str] | None:
    """Find a kind of stimulus by its word in 1.x or 2.x.

    Returns
    -------
    tuple of str or None
        Both words; None if the schema has no such kind.
    """
    wanted = word.casefold()
    for row in STIMULUS_MODALITIES:
        if wanted in {text.casefold() for text in row}:
            return row
    return None


def describe_person(person: str | dict[str, Any]) -> dict[str, Any] | None:
    """Give a person as 2.x has it.

    Parameters
    ----------
    person
        Name, or a table with `name` and maybe `registry_identifier`, an ORCID.

    Returns
    -------
    dict or None
        Without an identifier if nobody told it; None if there is no name.
    """
    told = person if isinstance(person, dict) else {"name": person}
    name, number = told.get("name"), told.get("registry_identifier")
    if not isinstance(name, str) or not name:
        return None
    return {
        "object_type": "Person",
        "name": name,
        "registry": _ORCID,
        "registry_identifier": number if isinstance(number, str) else None,
    }


class Terms:
    """The words of `terms.json`, read when first asked for."""

    def __init__(self) -> None:
        text = files(__package__ or __name__).joinpath("terms.json").read_text("utf-8")
        self._terms: dict[str, dict[str, Any]] = json.loads(text)

    def organisation(self, term: str | dict[str, Any]) -> dict[str, Any] | None:
        """Find an organisation by name or abbreviation, or by the name in a table.

        Returns
        -------
        dict or None
            As the schema has it; None if it does not have it: it takes no others.
        """
        wanted = _name_of(term).casefold()
        if not wanted:
            return None
        for name, (short, number) in self._terms["organisations"].items():
            if wanted in (name.casefold(), (short or name).casefold()):
                registry = _ROR if number else None
                return _registered(name, "abbreviation", short, registry, number)
        return None

    def strain(self, term: str | dict[str, Any]) -> dict[str, Any] | None:
        """Find a strain by name, or by the name in a table.

        Returns
        -------
        dict or None
            As the schema has it; None if it does not have it: it takes no others.
        """
        name = _name_of(term)
        species, number = self._terms["strains"].get(name, (None, None))
        return _registered(name, "species", species, _MGI, number) if species else None

    def species(self, name: str) -> dict[str, Any] | None:
        """Find a species by its Latin or common name, of those that have a strain.

        Returns
        -------
        dict or None
            As the schema has it; None if it can't be described by ranvier.
        """
        wanted = name.casefold()
        for latin, (common, number) in self._terms["species"].items():
            if wanted in (latin.casefold(), common.casefold()):
                return _registered(latin, "common_name", common, _NCBI, number)
        return None

    def coordinate_system(self, term: str | dict[str, Any]) -> dict[str, Any] | None:
        """Find a coordinate system by name; a whole one is taken as it is.

        Returns
        -------
        dict or None
            As the schema has it; None if it does not have it.
        """
        if isinstance(term, dict):
            return term if term.keys() >= _COORDINATES else None
        if term not in self._terms["coordinate_systems"]:
            return None
        origin, unit, axes = self._terms["coordinate_systems"][term]
        return {
            "object_type": "Coordinate system",
            "name": term,
            "origin": origin,
            "axes": [
                {"object_type": "Axis", "name": name, "direction": direction}
                for name, direction in axes
            ],
            "axis_unit": unit,
            "handedness": None,
        }


def _name_of(term: str | dict[str, Any]) -> str:
    name = term.get("name") if isinstance(term, dict) else term
    return name if isinstance(name, str) else ""  # what a table says may be anything


def _registered(
    name: str, second: str, value: Any, registry: str | None, number: str | None
) -> dict[str, Any]:
    return {
        "name": name,
        second: value,
        "registry": registry,
        "registry_identifier": number,
    }

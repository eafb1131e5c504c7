"""What a session can tell to its metadata: one table, read by `_facts`.

Who writes a step, or a key of the parameters, finds here the names that end up in
metadata, and their form. A fact that nobody told stays unknown: none has a default.
"""

from __future__ import annotations

import enum
from typing import NamedTuple


class Form(enum.StrEnum):
    """What a fact is, as a value of JSON."""

    TEXT = "text"
    TEXTS = "text, or a list of texts"
    NUMBER = "number"
    FLAG = "true or false"
    DATE = "date (YYYY-MM-DD)"
    TABLE = "table"
    TABLES = "list of tables"
    TERM = "name, or a table with `name`"
    TERMS = "name or table with `name`, or a list of them"


class Fact(NamedTuple):
    """One thing that metadata can say.

    Parameters
    ----------
    name
        By which the field tables call it.
    form
        What it is.
    meaning
        With its unit.
    step
        Name in the data of a step, "" if steps don't tell it. Steps count more than
        parameters: they looked, or asked.
    parameter
        Key in the session's parameters (rig TOML, file, answer), "" if it has none.
    """

    name: str
    form: Form
    meaning: str
    step: str = ""
    parameter: str = ""

    @property
    def mend(self) -> str:
        """How one can tell it."""
        if self.parameter:
            return f"set `{self.parameter}` in the parameter file or in the rig's TOML"
        return f"run a step that tells `{self.step}`"


def _told(name: str, form: Form, meaning: str) -> Fact:
    return Fact(name, form, meaning, step=name)


def _set(name: str, form: Form, meaning: str) -> Fact:
    return Fact(name, form, meaning, parameter=name)


FACTS: tuple[Fact, ...] = (
    # told by steps
    _told("animal_weight_prior_g", Form.NUMBER, "weight before, g"),
    _told("animal_weight_post_g", Form.NUMBER, "weight after, g"),
    _told("reward_consumed_ul", Form.NUMBER, "reward of the whole session, µl"),
    _told("notes", Form.TEXT, "notes of the session"),
    _told("instrument", Form.TABLE, "a whole instrument.json 2.x"),
    _told("subject", Form.TABLE, "a whole subject.json 2.x"),
    _told("procedures", Form.TABLE, "a whole procedures.json 2.x"),
    _told("project", Form.TERM, "project: its name, or a table with `project_name`"),
    _told("protocol", Form.TERM, "protocol: its DOI, or a table with `doi`"),
    _told("session_streams", Form.TABLES, "data streams as session 1.1.2 has them"),
    _told("acquisition_streams", Form.TABLES, "data streams as 2.x has them"),
    # told by steps, or set
    Fact(
        "experimenters",
        Form.TEXTS,
        "first and last names",
        step="experimenters",
        parameter="experimenters",
    ),
    # set
    _set("session_type", Form.TEXT, "kind of session, the same word for the same kind"),
    _set("protocol_id", Form.TEXTS, "DOI of protocols"),
    _set("iacuc_protocol", Form.TEXT, "number of the ethics approval"),
    _set("mouse_platform_name", Form.TEXT, "what the animal is on"),
    _set("active_mouse_platform", Form.FLAG, "is what it is on moved by a motor"),
    _set("stimulus_name", Form.TEXT, "of the one epoch, if none is told"),
    _set("stimulus_modalities", Form.TEXTS, '"Visual", "Auditory", …'),
    _set("data_modalities", Form.TEXTS, 'abbreviations: "behavior", "pophys", …'),
    _set("camera_names", Form.TEXTS, "cameras that record behaviour videos"),
    _set("script_path", Form.TEXT, "what the program runs, in the repository"),
    _set("script_parameters", Form.TABLE, "what it was given"),
    _set("program_version", Form.TEXT, "version of the program that runs it"),
    _set("graph_path", Form.TEXT, "graph that was run"),
    _set("rig_modification_date", Form.DATE, "last change of the rig's hardware"),
    _set("rig_coordinate_system", Form.TERM, 'as AIND names it: "BREGMA_ARI", …'),
    _set("rig_devices", Form.TABLES, "name, model, serial_number, manufacturer, notes"),
    _set("rig_location", Form.TEXT, "where the rig stands"),
    _set("institution", Form.TERM, "organisation that collects the data"),
    _set(
        "funding_source",
        Form.TERMS,
        "organisations that pay, maybe with `grant_number`",
    ),
    _set("investigators", Form.TERMS, "key investigators"),
    _set("project_name", Form.TEXT, "project"),
    _set("subject_species", Form.TEXT, '"Mus musculus"'),
    _set("subject_strain", Form.TERM, '"C57BL/6J", "BALB/c"'),
    _set("subject_sex", Form.TEXT, '"Male" or "Female"'),
    _set("subject_date_of_birth", Form.DATE, "date of birth"),
    _set("subject_genotype", Form.TEXT, "of both alleles"),
    _set("subject_source", Form.TERM, "organisation that it comes from"),
)

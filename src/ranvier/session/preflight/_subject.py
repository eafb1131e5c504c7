"""Whether what archives want to know of a subject is known, and in their words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.session.faults import Finding, Severity
from ranvier.session.preflight._checks import passed

if TYPE_CHECKING:
    from collections.abc import Mapping


class Form(NamedTuple):
    """How an archive wants a field.

    Parameters
    ----------
    names
        Of which one is enough.
    pattern
        Of its value as text.
    wanted
        The same in words.
    """

    names: tuple[str, ...]
    pattern: re.Pattern[str]
    wanted: str


# What DANDI demands of a subject: docs.dandiarchive.org, "NWB best practices" (the
# checks of nwbinspector for subject_id, species, sex, age).
DANDI: tuple[Form, ...] = (
    Form(("subject_id",), re.compile(r"[^/\s]+"), "an identifier without a slash"),
    Form(
        ("subject_species",),
        re.compile(r"[A-Z][a-z]+ [a-z]+( [a-z]+)?|https?://\S+/NCBITaxon_\d+\S*"),
        'its Latin name, as "Mus musculus"',
    ),
    Form(
        ("subject_sex",),
        re.compile("M|F|O|U|Male|Female|Other|Unknown", re.IGNORECASE),
        "M, F, O (other) or U (unknown)",
    ),
    Form(
        ("subject_date_of_birth", "subject_age"),
        re.compile(r"\d{4}-\d\d-\d\d.*|P(?=.)[\dYMWDTHS.,/P]+"),
        'a date of birth as "2026-05-01", or an age as "P90D"',
    ),
)


@dataclass(frozen=True)
class MetadataKnown:
    """Whether what the lab and archives want to know is known.

    Parameters
    ----------
    values
        What is known so far, by name.
    required
        Names without which no session begins.
    """

    values: Mapping[str, Any]
    required: tuple[str, ...] = ()
    name: str = "metadata"

    def run(self) -> tuple[Finding, ...]:
        """Look for each; nothing is filled in.

        Returns
        -------
        tuple of Finding
            One for each that is not known or not as archives want it, or one if all is
            well. Only of a required one it is an error.
        """
        of_dandi = {name for form in DANDI for name in form.names}
        wrong = [
            _unknown(self.name, name, Severity.ERROR, "a value")
            for name in self.required
            if name not in of_dandi and not self._has(name)
        ]
        for form in DANDI:
            wrong += self._judge(form)
        return tuple(wrong) or passed(self.name, "all is known that archives want")

    def _judge(self, form: Form) -> list[Finding]:
        needed = [name for name in form.names if name in self.required]
        absent = [name for name in needed if not self._has(name)]
        known = [name for name in form.names if self._has(name)]
        if absent:
            return [
                _unknown(self.name, name, Severity.ERROR, form.wanted)
                for name in absent
            ]
        if not known:
            shown = " or ".join(form.names)
            return [_unknown(self.name, shown, Severity.WARNING, form.wanted)]
        return [
            Finding(
                Severity.WARNING,
                self.name,
                problem=f"archives do not take {name} as it is.",
                code="RV-S94",
                where=name,
                found=str(self.values[name]),
                wanted=form.wanted,
                mend="write it so",
            )
            for name in known
            if not form.pattern.fullmatch(str(self.values[name]).strip())
        ]

    def _has(self, name: str) -> bool:
        value = self.values.get(name)
        return value is not None and str(value).strip() != ""


def _unknown(check: str, name: str, severity: Severity, wanted: str) -> Finding:
    return Finding(
        severity,
        check,
        problem=f"{name} is not known.",
        code="RV-S94",
        where=name,
        wanted=wanted,
        mend="give it in the parameters, or have it fetched or asked for",
    )

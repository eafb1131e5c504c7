"""Where code that starts a session may take part in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.session.parameters import Parameters
    from ranvier.session.programs import ProgramEnd, ProgramSpec
    from ranvier.session.record import RepositoryState


class SessionHooks:
    """Takes part in a session; does nothing until it is made to."""

    def name_folder(self, root: Path, name: str) -> Path:
        """Choose the session folder, which must not be there yet.

        Parameters
        ----------
        root, name
            Where sessions are kept, and the name of this one.

        Returns
        -------
        Path
            It is made by the session; what is taken gets a number behind it.
        """
        return root / name

    def prepare_code(
        self, prepare: Callable[[], RepositoryState | None]
    ) -> RepositoryState | None:
        """Have the code of the task ready.

        Parameters
        ----------
        prepare
            Does it as the parameters say; gives None if they name no repository.

        Returns
        -------
        RepositoryState or None
            The code that is used.
        """
        return prepare()

    def begin(self, folder: Path, parameters: Parameters) -> None:
        """Hear of the session folder and of the parameters, before anything is run."""

    def change_program(self, spec: ProgramSpec) -> ProgramSpec:
        """Change the external program, before it is run.

        Parameters
        ----------
        spec
            As the parameters say.

        Returns
        -------
        ProgramSpec
            What is run.
        """
        return spec

    def acquire(
        self, run: Callable[[], tuple[ProgramEnd, ...]]
    ) -> tuple[ProgramEnd, ...]:
        """Run the acquisition.

        Parameters
        ----------
        run
            Does it as the parameters say.

        Returns
        -------
        tuple of ProgramEnd
            How each program ended.
        """
        return run()

    def finish(self) -> bool | None:
        """Do what follows the acquisition, before the steps after it.

        Returns
        -------
        bool or None
            True or False: whether it could be done. None if there was nothing to do.
        """
        return None

"""Work on a cluster of Dask distributed (extra `dask`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.analysis.executors._local import Outcome
from ranvier.core import AnalysisError, format_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class DaskExecutor:
    """Does tasks on a cluster of Dask distributed.

    The workers must see the study's folder under the same path, and have ranvier
    installed in the same version. Dask's own ports are as safe as its set-up makes
    them: use TLS, or a network of one's own.

    Parameters
    ----------
    address
        Of the scheduler: "tcp://host:8786".
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def map(
        self, function: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Iterator[Outcome]:
        """Do all tasks.

        Parameters
        ----------
        function
            At the top of a module; takes a task, which can be copied to a process.
        tasks
            What it takes.

        Yields
        ------
        Outcome
            Of each task, as they come.

        Raises
        ------
        AnalysisError
            RV-A55 if Dask is not installed, RV-A56 if the scheduler does not answer.
        """
        distributed = _import_distributed()
        with self._connect(distributed) as client:
            places = {
                client.submit(function, task, pure=False): index
                for index, task in enumerate(tasks)
            }
            for future in distributed.as_completed(list(places), loop=client.loop):
                error = future.exception()
                value = None if error else future.result()
                yield Outcome(places.pop(future), value, error)
                future.release()

    def _connect(self, distributed: Any) -> Any:
        try:
            return distributed.Client(self._address, timeout=10, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise AnalysisError(
                f"the scheduler at {self._address} does not answer.",
                code="RV-A56",
                found=format_error(error),
                wanted="a running `dask scheduler`",
                mend="correct --scheduler, or leave it out to work on this machine",
            ) from error


def _import_distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise AnalysisError(
            "Dask distributed is not installed.",
            code="RV-A55",
            mend='pip install "ranvier[dask]", here and on the workers',
        ) from None
    return distributed

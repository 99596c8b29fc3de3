"""What the phases of an import hand each other, and how they speak of trouble with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from djtui.config import Settings
from djtui.jobs.job import Batch, JobError, TransientError, Wait
from djtui.library.database import Tx
from djtui.traktor.location import VolumeMap
from djtui.traktor.matching import Matches
from djtui.traktor.merge import Strategy
from djtui.traktor.nml import Fingerprint, NmlError, SourceChanged, Survey
from djtui.traktor.spans import Spans
from djtui.traktor.storing import Storing

LANE: Final = "import"

Batches = AsyncGenerator[Batch | Wait, None]


@dataclass(slots=True)
class Import:
    """One import under way: what its phases hand each other. All of it is found again after a crash.

    `pending` are the places in the file of entries that are new or changed and not stored yet, `seen` the
    keys of those that were and are; `superseded` the stored entries whose bytes are no longer in the file,
    `vanished` those of them that are not there under another guise either; `double_cues` counts the cues of
    entries whose key an earlier entry has. `lost` are exports that Traktor has overwritten, `removed` counts
    the tracks that go because Traktor deleted them, `kept_back` those that were too many to go, `returned`
    are those that were deleted here and that Traktor has changed since. `plan`, `former` (entry -> its key
    before a lost export) and the examples in `counts` are for a dry run.
    """

    path: Path
    strategy: Strategy
    dry_run: bool
    retry: bool
    settings: Settings
    storing: Storing
    volumes: VolumeMap
    file_id: int | None = None
    unchanged: bool = False
    survey: Survey | None = None
    pending: Sequence[int] = ()
    seen: set[str] = field(default_factory=set)
    matches: Matches = field(default_factory=Matches)
    double_cues: int = 0
    superseded: frozenset[int] = frozenset()
    vanished: frozenset[int] = frozenset()
    removed: int = 0
    kept_back: int = 0
    returned: set[int] = field(default_factory=set)
    lost: list[int] = field(default_factory=list)
    former: dict[int, str] = field(default_factory=dict)
    plan: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Any] = field(default_factory=dict)

    def spans(self, places: Sequence[int]) -> tuple[str, Fingerprint, Spans]:
        """What a worker needs to read these entries."""
        assert self.survey is not None
        return str(self.path), self.survey.fingerprint, self.survey.entries.pick(places)


@asynccontextmanager
async def reading(work: Import) -> AsyncIterator[None]:
    """Turn what the pool says of the file into what the engine understands."""
    try:
        yield
    except NmlError as error:
        raise JobError(str(error)) from error
    except SourceChanged as error:
        if work.survey is None:
            raise TransientError(f"{work.path} is being written; reading it again.") from error
        raise JobError(
            f"{work.path} was replaced while it was imported. What is in is kept; "
            "start the import again for the rest."
        ) from error


async def nothing(tx: Tx) -> None:
    """What a batch stores that only counts."""

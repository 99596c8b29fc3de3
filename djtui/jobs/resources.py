"""What jobs hold while they work: readers share a resource, a writer has it alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from djtui.jobs.locks import host_is_free

if TYPE_CHECKING:
    from djtui.library.database import Library, Tx


@dataclass(frozen=True, slots=True)
class Claim:
    """A job and the resources it reads and writes."""

    job_id: int
    title: str
    reads: frozenset[str]
    writes: frozenset[str]


async def claims(library: Library, job_ids: Sequence[int]) -> dict[int, Claim]:
    """The claims of these jobs. Raises `LibraryError`."""
    marks = ",".join("?" * len(job_ids))
    titles = await library.fetchall(f"SELECT id, title FROM job WHERE id IN ({marks})", list(job_ids))
    held = await library.fetchall(
        f"SELECT job_id, resource, exclusive FROM job_resource WHERE job_id IN ({marks})", list(job_ids)
    )
    found = {}
    for row in titles:
        mine = [entry for entry in held if entry["job_id"] == row["id"]]
        reads = frozenset(entry["resource"] for entry in mine if not entry["exclusive"])
        writes = frozenset(entry["resource"] for entry in mine if entry["exclusive"])
        found[row["id"]] = Claim(row["id"], row["title"], reads, writes)
    return found


def obstacle(claim: Claim, others: Iterable[Claim]) -> str | None:
    """Why this job has to wait for one of the others, as a sentence; None if it need not."""
    for other in others:
        wanted = (claim.writes & (other.reads | other.writes)) | (claim.reads & other.writes)
        if wanted:
            verb = "writes" if wanted & other.writes else "reads"
            return f"Waits for “{other.title}”, which {verb} {min(wanted)}."
    return None


async def holder(
    library: Library, resource: str, *, exclusive: bool = True, tx: Tx | None = None
) -> str | None:
    """The title of the job at work that stands in the way of using `resource`; None: go ahead.

    To write it (`exclusive`), no job may read or write it; to read it, no job may write it. An edit asks
    in its own transaction (`tx`), so that no job begins in between. Raises `LibraryError`.
    """
    row = await (tx or library).fetchone(
        "SELECT job.title FROM job_resource held JOIN job ON job.id = held.job_id"
        " WHERE held.resource = ? AND (held.exclusive OR ?) AND job.state IN ('running', 'waiting') LIMIT 1",
        (resource, exclusive),
    )
    return None if row is None or host_is_free(library.path) else str(row["title"])

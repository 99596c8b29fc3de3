"""Analysing from the command line: tracks of the library as a job, other files just so."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from djtui.bridge import after_analysis
from djtui.cli import heard as printed
from djtui.cli import tags
from djtui.cli.library import where
from djtui.cli.running import cancelling, ending, follow_job
from djtui.cli.session import CANCELLED, DONE, SOME_FAILED, WRONG_USE, Failure, Session, command
from djtui.config import Settings, changed
from djtui.jobs import views
from djtui.jobs.hosting import hosting
from djtui.jobs.job import JobError, TransientError
from djtui.jobs.locks import HostTaken
from djtui.jobs.requests import estimate
from djtui.jobs.views import JobView
from djtui.kinds import KINDS
from djtui.library import analyses
from djtui.library.database import Library
from djtui.library.tracks import as_json
from djtui.model.text import plural

AUDIO: Final = frozenset(
    ".aac .aif .aifc .aiff .ape .flac .m4a .m4b .mp2 .mp3 .mp4 .mpc .oga .ogg .opus .wav .wma .wv".split()
)
"""How the files of a folder end that are worth a try. A file that is named is tried whatever it is called."""

_EVERY_S: Final = 0.5
_LISTED: Final = 20
_LONG_S: Final = 60.0


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[FILE|FOLDER]…")
@click.option("--query", metavar="QUERY", help="The tracks of the library that a filter finds.")
@click.option("--again", is_flag=True, help="Also what is known already.")
@click.option("--retry", is_flag=True, help="Only what could not be analysed before.")
@click.option("--true-peak", is_flag=True, help="Measure the true peak too, which takes longer.")
@click.option("--workers", type=click.IntRange(1, 256), help="Files at once; pool.analysis.max by default.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0.1),
    help="Seconds that a file may take; by default half a minute and a fifth of its length.",
)
@click.option("--write-tags", is_flag=True, help="Write tempo and key into the tags of the files too.")
@click.option("--replaygain", is_flag=True, help="With --write-tags: the loudness too, as ReplayGain.")
@click.option("--dry-run", is_flag=True, help="Only say what it would cost, and what would cost less.")
@command
async def analyze(
    session: Session,
    files: tuple[Path, ...],
    query: str | None,
    again: bool,
    retry: bool,
    true_peak: bool,
    workers: int | None,
    seconds: float | None,
    write_tags: bool,
    replaygain: bool,
    dry_run: bool,
) -> int | None:
    """Hear tempo, beat grid, key, loudness and energy of files, and draw their waveforms.

    Without FILE and --query: all tracks of the library that were not analysed yet. A track that has no tempo
    or key gets what is heard, if that is sure enough; what you or Traktor set stays, and where the analysis
    hears something else, `djtui differences` lists it. Files that are not in the library are only shown.

    Tags are written of files in the library, and only where the track has what the analysis hears. `djtui
    undo` puts every byte back.

    A question mark behind a value: the analysis is not sure. Ctrl-C stops; the same command goes on.

    \b
    djtui analyze                                  what is missing
    djtui analyze --query 'added:<30d' --dry-run   how long would that take?
    djtui analyze --query 'analysis:failed' --retry
    djtui analyze --query 'crate:new' --write-tags
    djtui analyze ~/Downloads song.flac --json     files and folders
    """
    if files and query is not None:
        raise Failure("Name files or a query, not both.", WRONG_USE)
    params: dict[str, Any] = {"query": query} if query is not None else {}
    params |= {name: True for name, said in (("again", again), ("retry", retry)) if said}
    params |= {"true_peak": True} if true_peak else {}
    params |= {"workers": workers} if workers else {}
    params |= {"timeout": seconds} if seconds else {}
    if replaygain and not write_tags:
        raise Failure("--replaygain goes with --write-tags.", WRONG_USE)
    if write_tags:
        params["write_tags"] = ["bpm", "key", *(["replaygain"] if replaygain else [])]
    if query is not None:
        where(query)
    settings = changed(session.settings, "pool.analysis.max", workers) if workers else session.settings
    run = _Run(session, settings, params)
    if not files:
        async with session.library(create=False) as library:
            if dry_run:
                return await _estimated(session, library, params)
            async with run.hosted(library):
                return await run.of_library(library)
    paths = await asyncio.to_thread(_expanded, files)
    if not session.library_path.exists():
        return await run.all(None, paths, dry_run)
    async with session.library(create=False) as library, run.hosted(library):
        return await run.all(library, paths, dry_run)


@dataclass(slots=True)
class _Run:
    """One call of the command."""

    session: Session
    settings: Settings
    params: dict[str, Any]
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("analyzed", "skipped", "failed"), 0)
    )
    failures: list[dict[str, str]] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    asked_to_write: bool = False
    _header: bool = False
    _looked_at: float = 0.0

    @asynccontextmanager
    async def hosted(self, library: Library) -> AsyncIterator[None]:
        """Where tags are to be written: host the library, if nobody does, until that is done too."""
        async with AsyncExitStack() as stack:
            if self.params.get("write_tags"):
                hosted = hosting(library, KINDS, self.settings, config=self.session.config_path)
                with suppress(HostTaken):
                    await stack.enter_async_context(hosted)
            yield

    async def all(self, library: Library | None, paths: Sequence[str], dry_run: bool) -> int:
        """Named files: those of the library, then the others."""
        ids = await _tracks_at(library, paths) if library is not None else {}
        self.params["ids"] = sorted(ids)
        if dry_run:
            if library is None or len(ids) < len(paths):
                raise Failure("--dry-run knows the cost of tracks of the library only.", WRONG_USE)
            return await _estimated(self.session, library, self.params)
        others = [path for path in paths if path not in ids.values()]
        job = None
        if others and self.params.get("write_tags"):
            self.session.out.note(
                f"{plural(len(others), 'file')} not in the library: their tags stay (djtui scan adds files)."
            )
        if library is not None and ids:
            view = await self._job(library, frozenset(ids), named=True)
            if view.state != "succeeded":
                return await ending(self.session, library, view, _lines)
            job = view.id
            if (stopped := await self._write(library, job)) is not None:
                return await ending(self.session, library, stopped, tags.lines)
        if others and not await self._hear(others):
            self.session.out.error("Cancelled.")
            return CANCELLED
        return self._end(job)

    async def of_library(self, library: Library) -> int:
        """The tracks that the parameters mean; what takes minutes is announced."""
        from djtui.analysis.choosing import Selection, candidates

        cost = await estimate(library, KINDS, "analysis", self.params, settings=self.settings)
        if (cost["seconds"] or 0) > _LONG_S:
            self.session.out.note(f"{cost['notes'][0]}.")
        meant, _ = await candidates(library, Selection.of(self.params))
        view = await self._job(library, frozenset(meant), named=False)
        if view.state != "succeeded":
            return await ending(self.session, library, view, _lines)
        if (stopped := await self._write(library, view.id)) is not None:
            return await ending(self.session, library, stopped, tags.lines)
        return self._end(view.id)

    async def _job(self, library: Library, ids: frozenset[int], *, named: bool) -> JobView:
        """Have tracks of the library analysed; each is printed as it comes. What was known before is
        printed where the DJ has `named` it."""
        fresh = await printed.Fresh.of(library, ids)

        async def watch(view: JobView) -> None:
            if view.is_over or time.monotonic() - self._looked_at > _EVERY_S:
                self._looked_at = time.monotonic()
                for each in await fresh.some(library):
                    self._print(each)

        view = await follow_job(
            self.session, library, "analysis", self.params, settings=self.settings, watch=watch
        )
        if view.state == "succeeded":
            if named:
                for each in (await analyses.get_many(library, sorted(ids - fresh.shown))).values():
                    self._print(each, known=True)
            result = view.result or {}
            for name in self.counts:
                self.counts[name] += result.get(name, 0)
        return view

    async def _write(self, library: Library, job: int) -> JobView | None:
        """Have the tags written that the analysis asked for. Returns the job that did not succeed, if any."""
        if not self.params.get("write_tags"):
            return None
        self.counts["written"] = 0
        asked = await after_analysis.asked(library, job)
        self.asked_to_write = bool(asked)
        for id in asked:
            view = await views.job(library, id)
            if view is not None and not view.is_over:
                await follow_job(self.session, library, view.kind, view.params)
                view = await views.job(library, id)
            if view is None or view.state != "succeeded" or view.result is None:
                return view
            self.counts["written"] += view.result["written"]
            self.changes += [view.result["change"]] if view.result["change"] else []
            for it in await views.failures(library, id):
                self.counts["failed"] += 1
                self.failures.append({"item": it.item, "reason": "tags", "message": it.reason})
        return None

    async def _hear(self, paths: Sequence[str]) -> bool:
        """Analyse files without a library. False if that was cancelled."""
        from djtui.analysis.listening import Listening
        from djtui.analysis.storing import as_failed, as_heard, moment
        from djtui.analysis.work import Work
        from djtui.jobs.pool import Pool, prepare

        prepare()
        work = Work.of(self.params, self.settings)
        pool = Pool.of(self.settings.pool)
        listening = Listening(_files(paths), pool.run, work.options, work.limit, work.width)
        done = 0
        try:
            with cancelling() as cancelled:
                while (results := await listening.some()) is not None:
                    if cancelled.is_set():
                        return False
                    for result in results:
                        if result.analysis is None:
                            self._print(as_failed(0, result, moment()))
                        else:
                            self._print(as_heard(0, result.analysis, moment()))
                        self.counts["analyzed" if result.analysis else "failed"] += 1
                    done += len(results)
                    self.session.out.progress(
                        "Analysis", "Analysing", done, len(paths), listening.at_work(work.workers)
                    )
            return True
        except (JobError, TransientError) as error:
            raise Failure(str(error)) from error
        finally:
            await listening.close()
            await pool.close()

    def _print(self, heard: analyses.Heard, *, known: bool = False) -> None:
        if heard.reason is not None:
            self.failures.append({"item": heard.path, "reason": heard.reason, "message": heard.failure or ""})
        elif not self._header and not self.session.out.as_json:
            self._header = True
            self.session.out.line(printed.HEADER)
        printed.show(self.session, heard, known=known)

    def _end(self, job: int | None) -> int:
        lines = _lines(self.counts)
        lines += [f"  {it['item']}: {it['message']}" for it in self.failures[:_LISTED]]
        if len(self.failures) > _LISTED:
            lines.append(f"  … and {len(self.failures) - _LISTED:,} more: djtui search analysis:failed")
        written = {}
        if "written" in self.counts:
            written = {"changes": self.changes}
            lines.insert(1, self._said_of_tags())
        self.session.out.result(lines, **self.counts, **written, job=job, failures=self.failures)
        return SOME_FAILED if self.counts["failed"] else DONE

    def _said_of_tags(self) -> str:
        if self.counts["written"]:
            back = ", ".join(f"djtui undo {change}" for change in reversed(self.changes))
            return f"Tags of {plural(self.counts['written'], 'file')} written{back and f' ({back})'}."
        if self.asked_to_write:
            failed = self.counts["failed"]
            return "No tags were written." if failed else "No tags were written: the files say so already."
        if not self.counts["analyzed"] and not self.params.keys() & {"ids", "query", "again"}:
            return "No tags were written: nothing was left to analyse. --query says whose tags are meant."
        return (
            "No tags were written: of none of these tracks is known here what the analysis hears"
            " (djtui differences lists where the two differ)."
        )


def _lines(counts: dict[str, Any]) -> list[str]:
    said = [f"{counts['analyzed']:,} analysed"]
    if counts["skipped"]:
        said.append(f"{counts['skipped']:,} skipped (known already, or not on this machine)")
    if counts["failed"]:
        said.append(f"{counts['failed']:,} failed")
    return [f"{', '.join(said)}."]


async def _estimated(session: Session, library: Library, params: dict[str, Any]) -> int:
    cost = await estimate(library, KINDS, "analysis", params, settings=session.settings)
    session.out.result([f"{note}." for note in cost["notes"]], **cost)
    return DONE


async def _tracks_at(library: Library, paths: Sequence[str]) -> dict[int, str]:
    """The tracks of the library among these files: id -> path."""
    rows = await library.fetchall(
        "SELECT id, path FROM track WHERE path IN (SELECT value FROM json_each(?))", (as_json(list(paths)),)
    )
    return {row["id"]: row["path"] for row in rows}


def _expanded(files: Sequence[Path]) -> list[str]:
    """Absolute paths of files, and of what is audio by its name in folders, each once."""
    found: dict[str, None] = {}
    for file in files:
        path = Path(os.path.normpath(file.expanduser().absolute()))
        if not path.is_dir():
            found[str(path)] = None
            continue
        inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in AUDIO)
        found.update((str(each), None) for each in inside if not each.name.startswith("."))
    return list(found)


async def _files(paths: Sequence[str]) -> AsyncGenerator[Any, None]:
    from djtui.analysis.listening import File, identity

    for path in paths:
        yield File(path, *await asyncio.to_thread(identity, path))

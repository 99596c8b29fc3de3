"""What is asked when djtui is left while jobs are at work: what becomes of them, and no more than is true."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from djtui.jobs.locks import host_is_free
from djtui.tui.feed import JobNews
from djtui.tui.screens.dialog import Question

STOP: Final = ("s", "stop at the next checkpoint")


def question(news: JobNews, library: Path) -> Question:
    """Answers "k" to let the jobs go on (a host is started, if there is none), "s" to pause them."""
    names = ", ".join(job.title for job in news.living if job.state in ("running", "waiting", "queued"))
    if news.host is not None and news.host.pid == os.getpid():
        said = f"At work in this screen: {names}. It ends with the screen."
        return Question("Quit", said, (("n", "not now: let it end first"), STOP))
    if host_is_free(library):
        said = f"Waiting, and nobody works it: {names}."
        return Question("Quit", said, (("k", "have it worked: it ends by itself"), ("s", "leave it paused")))
    answers = (("k", "keep going: the jobs end by themselves"), STOP)
    return Question("Quit", f"Still at work: {names}.", answers)

"""The lists of the Routing view: bases at the left, the children of one at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import formats, keys
from djtui.tui.formats import Part
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.library.routes import Child
    from djtui.routing.live import Preview
    from djtui.routing.plan import ChildPlan
    from djtui.tui.screens.routing_facts import Family

NOWHERE: Final = "nowhere"
SEVERAL: Final = "several"
_COUNT: Final = 7
_CHANGES: Final = 16


def key(keys_: str, action: str, description: str, name: str, tooltip: str, *, show: bool = True) -> Binding:
    """A binding of the view, whatever has the focus."""
    return Binding(
        keys_,
        f"screen.{action}",
        description,
        show=show,
        id=f"routing.{name}",
        group=keys.ROUTING,
        tooltip=tooltip,
    )


class BaseRows(Rows):
    """The bases."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "to_children", "children", "to_children", "Go to the children of this base"),
        key("n", "new_base", "new base", "new_base", "Make a playlist of your account a base"),
        key("r", "change_base", "schedule", "change_base", "When this base is applied by itself"),
        key("delete", "forget_base", "forget", "forget_base", "Forget this base; its playlists stay"),
    ]

    def fill(self, families: Mapping[int, Family], jobs: Mapping[int, JobView]) -> None:
        """Show these, with the jobs that are at work on them."""
        self.show([_base(family, jobs.get(id)) for id, family in families.items()])


class ChildRows(Rows):
    """The children of a base, and below them the songs that none takes, or several."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "apply", "apply", "apply", "Make the playlists what the rules say; asks before"),
        key(
            "e,slash", "edit_rule", "rule", "edit_rule", "Type the rule; what it would do is shown meanwhile"
        ),
        key("t", "form", "try form", "form", "Put the rule together by fields and values, without typing it"),
        key("n", "new_child", "new", "new_child", "A new child: a playlist that a rule fills"),
        key("r", "change_child", "change", "change_child", "Name, description, unknown songs, who sees it"),
        key("h", "by_hand", "by hand", "by_hand", "What somebody changed in this playlist by hand"),
        key("delete", "forget_child", "forget", "forget_child", "Forget this child; its playlist stays"),
        key("J", "move_child(1)", "Move down", "down", "Move this child down", show=False),
        key("K", "move_child(-1)", "Move up", "up", "Move this child up", show=False),
    ]

    @property
    def child_id(self) -> int | None:
        """The child under the cursor."""
        return self.row.key if self.row is not None and isinstance(self.row.key, int) else None

    @property
    def spot(self) -> int | str | None:
        """What is under the cursor: a child by its id, `NOWHERE`, `SEVERAL`."""
        return None if self.row is None else self.row.key  # type: ignore[return-value]

    def fill(self, family: Family, preview: Preview | None) -> None:
        """Show the children with what would become of them; None: that is not known yet."""
        self.show(list(_children(family, preview)))


# -- bases ------------------------------------------------------------------------------------------


def _base(family: Family, job: JobView | None) -> Row:
    base = family.base
    by_itself = "auto " if base.on_change or base.every_min else ""
    right: list[Part] = [(by_itself, "$quiet"), *(_at_work(job) if job else _rest(family))]
    return Row(base.id, ((f" {base.name}", ""),), right)


def _rest(family: Family) -> list[Part]:
    if family.last is not None and family.last.state in ("failed", "partial"):
        return [("! ", "$warning"), (formats.count(family.songs), "$quiet")]
    return [(formats.count(family.songs), "$quiet")]


def _at_work(job: JobView) -> list[Part]:
    """How far the job is that holds the base."""
    phase = job.phase
    if job.state == "queued" or phase is None:
        return [("queued", "$quiet")]
    if job.state == "waiting":
        until = phase.blocked_until
        left = formats.clock(formats.seconds_until(until.isoformat())) if until else "waits"
        return [(f"⏸ {left}", "$warning")]
    return [(f"⟳ {share(job)}%", "$accent")]


def share(job: JobView) -> int:
    """How much of a job is done, of 100: its phases count alike."""
    done = sum(
        1.0 if it.state == "succeeded" else min(1.0, it.done / it.total) if it.total else 0.0
        for it in job.phases
    )
    return min(99, int(100 * done / max(1, len(job.phases))))


# -- children ---------------------------------------------------------------------------------------


def _children(family: Family, preview: Preview | None) -> Iterator[Row]:
    plans = {plan.child.id: plan for plan in preview.plan.children} if preview is not None else {}
    if preview is not None and preview.child is not None:
        plans[preview.child.child.id] = preview.child
    style = "$quiet" if family.job is not None else ""
    for child in family.children:
        left: list[Part] = [(f" {child.name}  ", style if child.active else "$quiet"), *_state(family, child)]
        yield Row(child.id, left, _counts(plans.get(child.id)))
    if preview is None or not family.children:
        return
    for name, text, songs in (
        (NOWHERE, "in no child", preview.plan.nowhere),
        (SEVERAL, "in several", preview.plan.several),
    ):
        if songs:
            yield Row(name, ((f" {text}", "$quiet"),), _columns(len(songs), [], "$quiet"))


def _state(family: Family, child: Child) -> list[Part]:
    if not child.active:
        return [("off", "$quiet")]
    if child.id in family.gone:
        return [("! its playlist is gone", "$warning")]
    if child.id in family.by_hand:
        return [(f"! by hand: {family.by_hand[child.id]}", "$warning")]
    state, _ = family.left.get(child.id, ("", None))
    if state in ("failed", "refused"):
        return [(f"✗ {state}", "$error")]
    if state == "asking":
        return [("! asks", "$warning")]
    if state == "unverified":
        return [("! not seen on Spotify yet", "$warning")]
    words = ["library"] if child.kind == "local" else []
    made = child.playlist_id if child.kind == "local" else child.spotify_id
    return [(" · ".join([*words, *(["new"] if made is None else [])]), "$quiet")]


def _counts(plan: ChildPlan | None) -> list[Part]:
    if plan is None:
        return _columns(None, [])
    counts = plan.counts
    return _columns(counts["keep"] + counts["remove"], changes(counts))


def changes(counts: Mapping[str, int]) -> list[Part]:
    """ "+3 -1 ? 4": what comes, goes and is unknown; "=" where nothing does."""
    said: list[Part] = []
    if counts["add"]:
        said.append((f"+{counts['add']:,} ", "$success"))
    if counts["remove"]:
        said.append((f"-{counts['remove']:,} ", "$warning"))
    if not said:
        said.append(("= ", "$quiet"))
    if counts["unknown"]:
        said.append((f"? {counts['unknown']:,}", "$accent"))
    return said


def _columns(count: int | None, said: list[Part], style: str = "") -> list[Part]:
    """A number, and what changes, each in a column of its own."""
    number = "" if count is None else formats.count(count)
    room = max(0, _CHANGES - formats.width_of(said))
    return [(f"{number:>{_COUNT}}  ", style), *said, (" " * room, "")]

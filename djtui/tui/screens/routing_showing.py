"""What the Routing view shows: a base, its children and what would become of them, and one in full."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.screens.routing_facts import Facts, Family, at_work
from djtui.tui.screens.view import View
from djtui.tui.widgets.routing_greeting import RoutingGreeting
from djtui.tui.widgets.routing_lists import BaseRows, ChildRows
from djtui.tui.widgets.routing_rule import RuleLine
from djtui.tui.widgets.routing_songs import SongRows

if TYPE_CHECKING:
    from djtui.library.routes import Child
    from djtui.routing.live import Answer, Everywhere, Mistake, Preview, Previews

SHARE: Final = 10  # laying songs ready anew may take a tenth of the time
_NO_CHILD: Final = "No child yet: n makes one, a playlist that a rule fills."
_TITLES: Final = {"nowhere": "In no child", "several": "In several children"}


@dataclass
class Answered(Message):
    """The thread of previews has an answer."""

    answer: Answer


class Showing(View):
    """The panes, and what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts()
        self.preview: Preview | None = None
        self.typed: str | None = None
        """The rule as it is being typed; None: nobody types."""
        self.typing: Child | None = None
        """The child that it is typed for."""
        self._base_id: int | None = None
        self._version = 0
        self._previews: Previews | None = None
        self._stale = True
        self._asked_at = 0.0
        self._due = 0.0

    def body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            with Vertical(id="bases", classes="frame") as frame:
                frame.border_title = "Bases"
                yield BaseRows(id="base-rows")
            with Vertical(id="right"):
                with Vertical(id="children", classes="frame"):
                    yield ChildRows(empty=_NO_CHILD)
                with Vertical(id="child", classes="frame"):
                    yield RuleLine()
                    yield Static("", id="notes")
                    yield SongRows(id="songs")
        yield RoutingGreeting()

    def close(self) -> None:
        if self._previews is not None:
            self._previews.close()

    def show(self, facts: Facts) -> None:
        if not self.is_attached:
            return
        self.facts = facts
        self.set_class(not facts.families, "-new")
        self.query_one(RoutingGreeting).show(synced=facts.playlists > 0)
        if self._base_id not in facts.families:
            self._base_id = next(iter(facts.families), None)
            self.typed = None
        if time.monotonic() >= self._due:
            self._version = self.djtui.counters.revision
        else:
            self._stale = True
        self.query_one(BaseRows).fill(facts.families, at_work(self.djtui))
        if not self.query_one(BaseRows).has_focus:
            self.query_one(BaseRows).move_to(self._base_id)
        self.show_children()
        self.ask()
        self.refresh_bindings()
        self.refresh_lines()
        greeting = self.query_one(RoutingGreeting)
        if not facts.families:
            greeting.focus()
        elif greeting.has_focus:
            self.query_one(ChildRows).focus()

    @property
    def family(self) -> Family | None:
        """The base that is shown, with its children."""
        return self.facts.families.get(self._base_id) if self._base_id is not None else None

    @property
    def child(self) -> Child | None:
        """The child under the cursor."""
        family = self.family
        return family.child(self.query_one(ChildRows).child_id) if family is not None else None

    # -- previews ---------------------------------------------------------------------------------

    def ask(self) -> None:
        """Have what is under the cursor previewed, as it is or as it is being typed."""
        family = self.family
        if family is None:
            return
        from djtui.routing.live import Previews, Wish

        if self._previews is None:
            self._previews = Previews(
                self.djtui.library_path, lambda answer: self.post_message(Answered(answer))
            )
        spot = self.query_one(ChildRows).spot
        self._asked_at = time.monotonic()
        self._previews.show(
            Wish(family.base, family.children, spot, self.typed, self._version, self.facts.unsent)  # type: ignore[arg-type]
        )

    def on_answered(self, message: Answered) -> None:
        from djtui.routing import live

        answer = message.answer
        match answer:
            case live.Preview():
                self._take(answer)
            case live.Mistake():
                self._point_at(answer)
            case live.Seen(wish, songs):
                if self.preview is not None and wish is self.preview.wish:
                    self.query_one(SongRows).tell(songs)
            case live.Everywhere():
                self._tell_why(answer)
            case live.Trouble(text):
                self.djtui.toasts.put("routing", "error", text)

    def _take(self, preview: Preview) -> None:
        family, wish = self.family, preview.wish
        if family is None or wish.base.id != family.base.id:
            return
        took = time.monotonic() - self._asked_at
        if self.preview is None or self.preview.wish.version != wish.version:
            self._due = time.monotonic() + SHARE * took
        if wish.rule != self.typed or wish.spot != self.query_one(ChildRows).spot:
            return
        before, self.preview = self.preview, preview
        self.query_one(RuleLine).all_right()
        self.show_children()
        same = before is not None and (before.wish.spot, before.wish.rule) == (wish.spot, wish.rule)
        self.query_one(SongRows).list(preview.songs, stay=same)
        self._say_form()

    def _point_at(self, mistake: Mistake) -> None:
        if mistake.wish.rule == self.typed and mistake.wish.spot == self.query_one(ChildRows).spot:
            error = mistake.error
            self.query_one(RuleLine).point_at(error.position, error.length, str(error))

    def on_song_rows_wanted(self, message: SongRows.Wanted) -> None:
        if self._previews is not None:
            self._previews.look(message.uris)

    def _say_form(self) -> None:
        """Tell a form that is open how many songs its rule takes."""
        from djtui.tui.screens.routing_form import RuleForm

        form, plan = self.djtui.screen, self.preview.child if self.preview is not None else None
        if isinstance(form, RuleForm) and plan is not None and self.preview is not None:
            said = f"takes {len(plan.target):,} of {self.preview.plan.songs:,} songs"
            form.say(f"{said}, unknown for {len(plan.unknown):,}" if plan.unknown else said)

    def _tell_why(self, found: Everywhere) -> None:
        from djtui.tui.screens.routing_dialogs import WhyDialog

        self.djtui.push_screen(WhyDialog(found))

    # -- showing ----------------------------------------------------------------------------------

    def show_children(self) -> None:
        family = self.family
        rows = self.query_one(ChildRows)
        if family is None:
            return
        preview = self.preview if self.preview and self.preview.wish.base.id == family.base.id else None
        rows.fill(family, preview)
        title = f"{family.base.name} · {formats.plural(family.songs, 'row')}"
        frame = self.query_one("#children")
        frame.border_title = Content(harmless(title))
        frame.border_subtitle = Content(harmless(self._edge(family, preview)))
        self.show_child(family, preview)

    def _edge(self, family: Family, preview: Preview | None) -> str:
        """Who is at work on the base, or what of it no rule is asked about."""
        if family.job is not None:
            return f"“{family.job.title}” is at work: nothing can be changed until it ends"
        if preview is None or not preview.plan.left_out:
            return ""
        left_out = preview.plan.left_out.items()
        return "left out: " + ", ".join(
            f"{count:,} {what.removesuffix('s') if count == 1 else what}" for what, count in left_out
        )

    def show_child(self, family: Family, preview: Preview | None) -> None:
        child, frame, line = self.child, self.query_one("#child"), self.query_one(RuleLine)
        spot = self.query_one(ChildRows).spot
        self.set_class(child is None, "-no-rule")
        title = child.title(family.base) if child is not None else _TITLES.get(str(spot), "")
        frame.border_title = Content(harmless(title))
        if child is not None and self.typed is None and self.focused is not line.input:
            line.put(child.rule)
        line.input.disabled = family.job is not None
        notes = [formats.content([note]) for note in self._notes(family, preview)]
        self.query_one("#notes", Static).update(Content("\n").join(notes))
        plan = preview.child if preview is not None else None
        said = ""
        if plan is not None and child is not None and plan.child.id == child.id:
            counts = plan.counts
            said = f"{counts['keep'] + counts['remove']:,} → {counts['keep'] + counts['add']:,}"
            if plan.local is not None and plan.local.missing:
                said += f" · {formats.plural(len(plan.local.missing), 'song')} not in your library"
            line.say_count(f"{len(plan.target):,} of {preview.plan.songs:,}" if preview else "")
        cost = ""
        if preview is not None and preview.plan.children:
            cost = preview.plan.cost.text(self.djtui.settings.spotify.requests_per_s)
        frame.border_subtitle = Content(" · ".join(text for text in (said, cost) if text))

    def _notes(self, family: Family, preview: Preview | None) -> list[Part]:
        """What there is to know before the child is applied."""
        child = self.child
        if child is None:
            return []
        notes: list[Part] = []
        if preview is not None and preview.child is not None and preview.child.child.id == child.id:
            asks = [part.question.text for part in preview.child.lists if part.question]
            notes += [(f"asks first: {text}", "$warning") for text in asks]
            notes += [(f"needs {need}", "$quiet") for need in preview.needs]
        if child.id in family.by_hand:
            notes.insert(0, (f"changed by hand: {family.by_hand[child.id]} · h shows it", "$warning"))
        state, error = family.left.get(child.id, ("", None))
        if error and state != "verified":
            notes.insert(0, (f"last run: {error}", "$warning"))
        if family.last is not None and family.last.error and family.last.state == "failed":
            notes.insert(0, (f"last run: {family.last.error}", "$warning"))
        if preview is not None and (shortage := self.shortage(preview)) is not None:
            notes.insert(0, (shortage, "$warning"))
        return notes[: 2 if self.has_class("-short") else 4]

    def shortage(self, preview: Preview) -> str | None:
        return preview.plan.cost.shortage(self.djtui.allowance.budget, datetime.now(UTC))

    def about(self) -> str:
        return self.family.base.name if self.family is not None else "Routing"

    def position(self) -> str:
        rows = self.query_one(ChildRows)
        return f"{rows.cursor + 1}/{len(rows.rows)}" if rows.rows else ""

    def quiet_line(self) -> str:
        family = self.family
        if family is None or family.last is None:
            return ""
        return f"applied {formats.moment(family.base.applied).strip() or 'never to the end'}"

"""Routing: bases left, their children right, and below these a rule with what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import environment, keys, styles
from djtui.tui.changing import Refused
from djtui.tui.feed import Counters, JobNews
from djtui.tui.messages import FilterTyped
from djtui.tui.screens import routing_actions as actions
from djtui.tui.screens.routing_facts import KINDS, Family, at_work, facts_of
from djtui.tui.screens.routing_showing import Showing
from djtui.tui.widgets.routing_lists import BaseRows, ChildRows
from djtui.tui.widgets.routing_rule import RuleInput, RuleLine
from djtui.tui.widgets.routing_songs import SongRows
from djtui.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from djtui.library.routes import Child

REST_S: Final = 1.0
"""While a job writes batch after batch, what is shown is read anew no more often."""
_EDITS: Final = (
    "new_child", "edit_rule", "form", "change_child", "forget_child", "move_child", "say", "by_hand",
    "change_base", "forget_base",
)  # fmt: skip
_OF_BASE: Final = ("apply", "runs", "retry", "undo_run", "apply_all", "to_children", "bases", "why")
_OF_CHILD: Final = ("edit_rule", "form", "change_child", "forget_child", "move_child", "say", "by_hand")


class RoutingView(Showing):
    """The three panes."""

    MODE = "routing"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "bases", "bases", id="routing.bases", group=keys.ROUTING,
                tooltip="Go to the bases; on a narrow screen they come over the children"),
        Binding("tab", "app.focus_next", "songs", show=False, id="routing.next", group=keys.MOVE,
                tooltip="Between the children, the rule and the songs"),
        Binding("w", "runs", "runs", id="routing.runs", group=keys.ROUTING,
                tooltip="What was applied when, how it went, and undoing it"),
        Binding("f", "retry", "retry", id="routing.retry", group=keys.ROUTING,
                tooltip="Try the children again that the last run left"),
        Binding("U", "undo_run", "undo run", id="routing.undo", group=keys.ROUTING,
                tooltip="Put the playlists back as they were before the last run"),
        Binding("A", "apply_all", "Apply all", show=False, id="routing.apply_all", group=keys.ROUTING,
                tooltip="Apply every base, one after the other"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._reading = False

    def on_mount(self) -> None:
        app = self.djtui
        app.library_changed.subscribe(self, self._follow)
        app.jobs_changed.subscribe(self, self._follow_jobs)
        self.set_interval(REST_S, self._look)
        self.set_interval(1, self._count_down)
        self._look()
        self.query_one(ChildRows).focus()

    # -- following --------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        self._stale = True
        self._look()

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        self._stale = True

    def _follow_jobs(self, news: JobNews) -> None:
        if any(job.kind in KINDS for job in (*news.living, *news.ended)):
            self._stale = True
            self._due = 0.0 if news.ended else self._due
            self._look()

    def _count_down(self) -> None:
        held = at_work(self.djtui)
        if self.is_current and any(job.state == "waiting" for job in held.values()):
            self.query_one(BaseRows).fill(self.facts.families, held)

    def _look(self) -> None:
        """Read anew what may be otherwise now."""
        if self._stale and not self._reading and self.djtui.here is self:
            self._stale, self._reading = False, True
            self.djtui.do(self._read())

    async def _read(self) -> None:
        try:
            await environment.loaded("lark", "djtui.routing.live")
            facts = await facts_of(self.djtui, self._base_id)
        finally:
            self._reading = False
        self.show(facts)

    async def _read_now(self) -> None:
        """Read at once: the DJ has just changed something."""
        self.show(await facts_of(self.djtui, self._base_id))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        family, child = self.family, self.child
        if family is None:
            return action not in (*_EDITS, *_OF_BASE)
        is_free = family.job is None
        if action in _EDITS and (not is_free or (action in _OF_CHILD and child is None)):
            return False
        if action == "by_hand":
            return child is not None and child.id in family.by_hand
        if action == "apply":
            return is_free and any(it.active for it in family.children) and self.preview is not None
        if action == "retry":
            return is_free and family.failed
        if action == "undo_run":
            return is_free and family.undoable is not None
        if action == "runs":
            return family.last is not None
        return True

    # -- moving about -----------------------------------------------------------------------------

    def on_rows_highlighted(self, event: Rows.Highlighted) -> None:
        if isinstance(event.rows, BaseRows):
            if event.rows.has_focus and event.row.key != self._base_id and isinstance(event.row.key, int):
                self._base_id, self.typed, self.preview = event.row.key, None, None
                self.show_children()
                self.ask()
                self._stale = True
        elif isinstance(event.rows, ChildRows):
            if self.typed is not None and self.typing is not None and self.typing != self.child:
                self.djtui.do(self._keep(self.typing, self.typed))
            self.typed = None
            if self.family is not None:
                self.show_child(self.family, self.preview)
            self.ask()
        self.refresh_bindings()
        self.refresh_position()

    def on_rows_selected(self, event: Rows.Selected) -> None:
        if isinstance(event.rows, BaseRows):
            self.action_to_children()

    def action_bases(self) -> None:
        rows = self.query_one(BaseRows)
        if rows.has_focus:
            self.action_to_children()
        else:
            self.add_class("-bases")
            rows.focus()

    def action_to_children(self) -> None:
        self.remove_class("-bases")
        self.query_one(ChildRows).focus()

    def escape(self) -> None:
        if self.facts.families:
            self.action_to_children()

    # -- the rule ---------------------------------------------------------------------------------

    def action_edit_rule(self) -> None:
        self.query_one(RuleLine).input.focus()

    def on_filter_typed(self, message: FilterTyped) -> None:
        child = self.child
        if child is not None and (message.text != child.rule or self.typed is not None):
            self.typed, self.typing = message.text, child
            self.ask()

    def on_rule_input_left(self, message: RuleInput.Left) -> None:
        child, typed = self.child, self.typed
        if self.query_one(RuleLine).input.has_focus:
            if message.keep and typed is not None and self._has_mistake(typed):
                return  # what is typed stays there, to be mended
            self.query_one(ChildRows).focus()
            if message.keep:
                return  # leaving the line keeps it
        self.typed = None
        if child is not None and typed is not None and message.keep and typed.strip() != child.rule:
            self.djtui.do(self._keep(child, typed))
        elif typed is not None:
            self._show_again()

    def _has_mistake(self, rule: str) -> bool:
        """Whether that is not a rule; if so, point at the place."""
        from djtui.query import QueryError
        from djtui.routing.rules import check

        try:
            check(rule)
        except QueryError as error:
            self.query_one(RuleLine).point_at(error.position, error.length, str(error))
            return True
        return False

    def _show_again(self) -> None:
        """What was typed is not to be: show what is."""
        if self.family is not None:
            self.show_child(self.family, self.preview)
        self.ask()

    async def _keep(self, child: Child, rule: str) -> None:
        try:
            await actions.keep_rule(self.djtui, child, rule)
        except Refused:
            self._show_again()
            raise
        await self._read_now()

    def action_form(self) -> None:
        if (child := self.child) is not None:
            self.djtui.do(self._form(child))

    async def _form(self, child: Child) -> None:
        from djtui.tui.screens.routing_form import RuleForm

        def changed(rule: str) -> None:
            self.typed, self.typing = rule, child
            self.ask()

        rule = await self.djtui.push_screen_wait(RuleForm(f"The rule of {child.name}", child.rule, changed))
        self.typed = None
        if rule is not None and rule != child.rule:
            await self._keep(child, rule)
        else:
            self._show_again()

    # -- songs ------------------------------------------------------------------------------------

    def action_why(self) -> None:
        if self._previews is not None and (uri := self.query_one(SongRows).uri) is not None:
            self._previews.wonder(uri)

    def action_say(self, kept: bool | None) -> None:
        uri, child = self.query_one(SongRows).uri, self.child
        if uri is not None and child is not None:
            self._do(actions.say_of_songs(self.djtui, child, [uri], kept))

    # -- bases and children -----------------------------------------------------------------------

    def _do(self, work: actions.Work) -> None:
        """Do something, and show what is then."""

        async def done() -> None:
            await work
            await self._read_now()

        self.djtui.do(done())

    def action_new_base(self) -> None:
        self.djtui.do(self._new_base())

    async def _new_base(self) -> None:
        id = await actions.new_base(self.djtui)
        if id is not None:
            self._base_id, self.preview = id, None
            await self._read_now()
            self.action_to_children()

    def action_change_base(self) -> None:
        if (family := self.family) is not None:
            self._do(actions.change_base(self.djtui, family.base))

    def action_forget_base(self) -> None:
        if (family := self.family) is not None:
            self._do(actions.forget_base(self.djtui, family))

    def action_new_child(self) -> None:
        if (family := self.family) is not None:
            self.djtui.do(self._new_child(family))

    async def _new_child(self, family: Family) -> None:
        id = await actions.new_child(self.djtui, family.base)
        if id is not None:
            await self._read_now()
            self.query_one(ChildRows).move_to(id)
            self.action_edit_rule()

    def action_change_child(self) -> None:
        family, child = self.family, self.child
        if family is not None and child is not None:
            self._do(actions.change_child(self.djtui, family.base, child))

    def action_forget_child(self) -> None:
        family, child = self.family, self.child
        if family is not None and child is not None:
            self._do(actions.forget_child(self.djtui, family.base, child))

    def action_move_child(self, step: int) -> None:
        family, child = self.family, self.child
        if family is not None and child is not None:
            at = [it.id for it in family.children].index(child.id) + step
            if 0 <= at < len(family.children):
                self._do(actions.move_child(self.djtui, child, at))

    def action_by_hand(self) -> None:
        family, child = self.family, self.child
        if family is not None and child is not None:
            self.djtui.do(self._by_hand(family, child))

    async def _by_hand(self, family: Family, child: Child) -> None:
        rule = await actions.settle_hand(self.djtui, family, child)
        await self._read_now()
        if rule is not None:
            self.action_edit_rule()
            self.typed, self.typing = rule, child
            self.query_one(RuleLine).input.value = rule
            self.ask()

    # -- runs -------------------------------------------------------------------------------------

    def action_apply(self) -> None:
        family, preview = self.family, self.preview
        if family is not None and preview is not None:
            cost = preview.plan.cost.text(self.djtui.settings.spotify.requests_per_s)
            shortage = self.shortage(preview)
            self._do(actions.ask_and_apply(self.djtui, family, preview.plan, cost, shortage))

    def action_apply_all(self) -> None:
        self._do(actions.apply_all(self.djtui, list(self.facts.families.values())))

    def action_retry(self) -> None:
        if (family := self.family) is not None:
            self._do(actions.retry(self.djtui, family))

    def action_runs(self) -> None:
        if (family := self.family) is not None:
            self._do(actions.show_runs(self.djtui, family))

    def action_undo_run(self) -> None:
        family = self.family
        if family is not None and family.undoable is not None:
            self._do(actions.undo(self.djtui, family, family.undoable))

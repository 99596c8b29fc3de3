"""What the Routing view does: bases and children made and changed, songs said of, runs asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from djtui.library import route_runs, routes
from djtui.library.routes import LIKED, LIKED_NAME, Base, Child, RouteError
from djtui.library.songs import songs_connection
from djtui.tui import changing, environment, formats
from djtui.tui.beside import beside
from djtui.tui.changing import Refused
from djtui.tui.fields import Field
from djtui.tui.formats import Parts
from djtui.tui.screens.dialog import Picker, Prompt, Question
from djtui.tui.screens.form import Form
from djtui.tui.screens.routing_facts import APPLY, UNDO
from djtui.tui.widgets.rows import Row

if TYPE_CHECKING:
    from djtui.library.database import Tx
    from djtui.routing.plan import Plan
    from djtui.tui.app import DjtuiApp
    from djtui.tui.screens.routing_dialogs import Titles
    from djtui.tui.screens.routing_facts import Family

Work = Coroutine[Any, Any, object]

_POLICIES: Final = {"out": "left out", "in": "let in", "review": "into a playlist of their own"}


@contextmanager
def sentences() -> Iterator[None]:
    """What routing refuses, as `Refused`."""
    try:
        yield
    except RouteError as error:
        raise Refused(str(error)) from error


@asynccontextmanager
async def edited(app: DjtuiApp, base_id: int | None = None) -> AsyncIterator[Tx]:
    """A transaction over routes. Raises `Refused` where a job holds the base, `LibraryError`."""
    await environment.loaded("djtui.routing.editing")
    from djtui.routing.editing import editing

    with sentences():
        async with editing(await app.library(), base_id) as tx:
            yield tx


# -- bases ------------------------------------------------------------------------------------------


async def new_base(app: DjtuiApp) -> int | None:
    """Have a playlist chosen, and make it a base; its id. Raises `Refused`, `LibraryError`."""
    library = await app.library()
    taken = {base.spotify_id for base in await routes.bases(library)}
    rows = await library.fetchall(
        "SELECT spotify_id, name, owner, readable, items FROM spotify_playlist ORDER BY position"
    )
    liked = await library.fetchone("SELECT count(*) FROM spotify_like")
    if not rows and not (liked and liked[0]):
        raise Refused("Nothing of Spotify's is here yet: sign in and sync in view 4, then come back.")
    found = [] if LIKED in taken else [_playlist(LIKED, LIKED_NAME, liked[0] if liked else 0)]
    for row in rows:
        if row["spotify_id"] not in taken:
            name = row["name"] or "without a name"
            found.append(_playlist(row["spotify_id"], name, row["items"], live=bool(row["readable"])))
    chosen = await app.push_screen_wait(Picker("Which playlist is the base?", found))
    if chosen is None:
        return None
    async with edited(app) as tx:
        return await routes.add_base(tx, chosen)


def _playlist(id: str, name: str, count: int, *, live: bool = True) -> Row:
    right = formats.count(count) if live else "not readable"
    return Row(id, ((f" {name}", "" if live else "$quiet"),), ((right, "$quiet"),), live=live)


async def change_base(app: DjtuiApp, base: Base) -> None:
    """Ask when a base is applied by itself. Raises `Refused`, `LibraryError`."""
    fields = [
        Field("every_min", "every (min)", str(base.every_min or ""), _minutes, _explain("empty: not"),
              empty="not by the clock"),
        Field("on_change", "on change", _yes_no(base.on_change), _read_yes,
              _explain("yes: when a sync finds that")),
    ]  # fmt: skip
    values = await app.push_screen_wait(Form(f"When {base.name} is applied by itself", fields))
    if values:
        async with edited(app, base.id) as tx:
            await routes.change_base(tx, base.id, **values)


async def forget_base(app: DjtuiApp, family: Family) -> bool:
    """Ask, then forget a base. Raises `Refused`, `LibraryError`."""
    base, count = family.base, len(family.children)
    rules = f"{count:,} {'child' if count == 1 else 'children'} with rules, and all runs. " if count else ""
    answer = await app.push_screen_wait(
        Question(
            f"Forget the base {base.name}?",
            f"{rules}The playlists on Spotify and in the library stay as they are.",
            (("n", "keep it"), ("y", "forget it")),
        )
    )
    if answer == "y":
        async with edited(app, base.id) as tx:
            await routes.remove_base(tx, base.id)
    return answer == "y"


# -- children ---------------------------------------------------------------------------------------


async def new_child(app: DjtuiApp, base: Base) -> int | None:
    """Ask for a name, and make a child; its id. Raises `Refused`, `LibraryError`."""
    name = await app.push_screen_wait(
        Prompt(
            f"A new child of {base.name}",
            f"Its name: the playlist will be called “[{base.name}] > name”. Its rule comes next.",
            check=lambda text: None if text.strip() else "A child wants a name.",
        )
    )
    if name is None:
        return None
    where = await app.push_screen_wait(
        Question(
            f"Where is {name.strip()}?",
            "The rule is the same. In the library it takes the files of the songs that match, and goes to "
            "Traktor with the next export.",
            (("s", "a playlist on Spotify"), ("l", "a playlist of the library")),
        )
    )
    if where is None:
        return None
    async with edited(app, base.id) as tx:
        return await routes.add_child(tx, base.id, name, kind="local" if where == "l" else "spotify")


async def change_child(app: DjtuiApp, base: Base, child: Child) -> None:
    """Ask for all of a child but its rule. Raises `Refused`, `LibraryError`."""
    policies = list(_POLICIES)[: 2 if child.kind == "local" else 3]
    fields = [
        Field("name", "name", child.name, _text, _explain(f"[{base.name}] > …"), empty="wanted"),
        Field("unknown", "unknown songs", child.unknown, _one_of(policies), _policy),
        Field("active", "on", _yes_no(child.active), _read_yes, _explain("no: left as it is")),
    ]
    if child.kind == "spotify":
        fields += [
            Field("description", "description", child.description or "", lambda text: text or None,
                  _explain("on Spotify, once it is made"), empty="none"),
            Field("public", "public", _yes_no(child.public), _read_yes, _explain("once it is made")),
        ]  # fmt: skip
    values = await app.push_screen_wait(Form(f"{child.title(base)}", fields))
    if values:
        async with edited(app, base.id) as tx:
            await routes.change_child(tx, child.id, **values)


async def keep_rule(app: DjtuiApp, child: Child, rule: str) -> None:
    """Have that be the rule of a child. Raises `Refused`, `LibraryError`."""
    async with edited(app, child.base_id) as tx:
        await routes.change_child(tx, child.id, rule=rule.strip())


async def move_child(app: DjtuiApp, child: Child, position: int) -> None:
    """Put a child elsewhere among the others. Raises `Refused`, `LibraryError`."""
    async with edited(app, child.base_id) as tx:
        await routes.move_child(tx, child.id, position)


async def forget_child(app: DjtuiApp, base: Base, child: Child) -> bool:
    """Ask, then forget a child. Raises `Refused`, `LibraryError`."""
    answer = await app.push_screen_wait(
        Question(
            f"Forget {child.title(base)}?",
            "Its rule and what you said of single songs go. The playlist stays as it is.",
            (("n", "keep it"), ("y", "forget it")),
        )
    )
    if answer == "y":
        async with edited(app, base.id) as tx:
            await routes.remove_child(tx, child.id)
    return answer == "y"


async def say_of_songs(app: DjtuiApp, child: Child, uris: Collection[str], kept: bool | None) -> None:
    """Say of songs whether they are in a child. Raises `Refused`, `LibraryError`."""
    async with edited(app, child.base_id) as tx:
        await routes.except_songs(tx, child.id, uris, kept)


async def settle_hand(app: DjtuiApp, family: Family, child: Child) -> str | None:
    """Ask what becomes of what was changed by hand, and settle it. Answers the rule to go on with, if the DJ
    wants to make one. Raises `Refused`, `LibraryError`."""
    from djtui.tui.screens.routing_dialogs import HandDialog

    change = family.by_hand[child.id]
    titles = await beside(_titles, app, (*change.added, *change.removed))
    answer = await app.push_screen_wait(HandDialog(child.title(family.base), change, titles))
    if answer == "rule":
        return _suggestion(child.rule, change.added, change.removed, titles)
    if answer == "keep":
        async with edited(app, child.base_id) as tx:
            await routes.except_songs(tx, child.id, change.added, kept=True)
            await routes.except_songs(tx, child.id, change.removed, kept=False)
        app.toasts.put("route", "done", f"{child.name}: kept, whatever the rule says")
    elif answer == "drop":
        await submit(app, family.base, children=[child.id], hands={child.id: "drop"}, confirmed=[child.id])
    return None


def _suggestion(rule: str, added: Sequence[str], removed: Sequence[str], titles: Titles) -> str:
    """A rule that takes what was put in and leaves out what was taken out, to be made a better one."""
    from djtui.query import quote

    def of_artists(uris: Sequence[str]) -> str:
        names = dict.fromkeys(artist for uri in uris if (artist := titles.get(uri, ("", ""))[1]))
        return "artist:" + ",".join(f"={quote(name)}" for name in names) if names else ""

    text = rule.strip()
    if without := of_artists(removed):
        text = f"({text}) -{without}" if " OR " in text else f"{text} -{without}".strip()
    if more := of_artists(added):
        text = f"({text}) OR {more}" if text else text
    return text


def _titles(app: DjtuiApp, uris: Sequence[str]) -> Titles:
    from djtui.routing.songs import BaseSongs

    with closing(songs_connection(app.library_path)) as connection:
        return BaseSongs(connection, ()).titles(uris)


# -- runs -------------------------------------------------------------------------------------------


async def ask_and_apply(app: DjtuiApp, family: Family, plan: Plan, cost: str, shortage: str | None) -> None:
    """Ask what there is to ask, then ask for the job. Raises `Refused`, `LibraryError`."""
    from djtui.tui.screens.routing_apply import ApplyDialog

    chosen = await app.push_screen_wait(ApplyDialog(family, plan, cost, shortage))
    if chosen is None:
        return
    if not chosen.get("children", True):
        raise Refused("Every child is left alone: there is nothing to apply.")
    await submit(app, family.base, **chosen)


async def apply_all(app: DjtuiApp, families: Sequence[Family]) -> None:
    """Ask, then ask for the jobs of all bases. Raises `Refused`, `LibraryError`."""
    mine = [it for it in families if any(child.active for child in it.children)]
    names = ", ".join(it.base.name for it in mine)
    answer = await app.push_screen_wait(
        Question(
            f"Apply {formats.plural(len(mine), 'base')}?",
            f"{names}: one after the other. A child that would be emptied, would lose over 30 % of its songs "
            "or was changed by hand is left alone, and asks afterwards.",
            (("n", "not now"), ("y", "apply them")),
        )
    )
    for family in mine if answer == "y" else ():
        await submit(app, family.base)


async def submit(app: DjtuiApp, base: Base, **chosen: Any) -> None:
    """Ask for the job that applies a base. Raises `Refused`, `LibraryError`."""
    await environment.loaded("djtui.routing.scheduling")
    from djtui.routing.scheduling import apply_params

    with sentences():
        params = await apply_params(await app.library(), base.id, **chosen)
    await changing.submit(app, APPLY, params)


async def retry(app: DjtuiApp, family: Family) -> None:
    """Try the children again that the last run left. Raises `Refused`, `LibraryError`."""
    await environment.loaded("djtui.routing.scheduling")
    from djtui.routing.scheduling import apply_params

    titles = {child.id: child.title(family.base) for child in family.children}
    failed = sorted({titles[id] for id, (state, _) in family.left.items() if state != "verified"})
    with sentences():
        params = await apply_params(await app.library(), family.base.id)
    await changing.submit(app, APPLY, params | {"retry": failed})


async def show_runs(app: DjtuiApp, family: Family) -> None:
    """List the runs over a base; show or undo one. Raises `Refused`, `LibraryError`."""
    from djtui.tui.screens.routing_dialogs import RunDialog, RunsDialog

    library = await app.library()
    runs = await route_runs.runs(library, family.base.id)
    undone = [row["id"] for row in await library.fetchall("SELECT id FROM change WHERE undone IS NOT NULL")]
    answer = await app.push_screen_wait(RunsDialog(family.base, runs, undone))
    if answer is None:
        return
    what, id = answer
    run = next(it for it in runs if it.id == id)
    if what == "undo":
        await undo(app, family, id)
    else:
        children = {child.id: child for child in family.children}
        app.push_screen(RunDialog(run, await route_runs.writes(library, id), children))


async def undo(app: DjtuiApp, family: Family, run_id: int) -> None:
    """Ask, then have a job put the playlists back as before a run. Raises `Refused`, `LibraryError`."""
    await environment.loaded("djtui.routing.undoing")
    from djtui.library.history import HistoryError
    from djtui.routing.undoing import params_of

    with changing.sentences(HistoryError):
        params = await params_of(await app.library(), run_id)
    run = await route_runs.run(await app.library(), run_id)
    when = formats.moment(run.began).strip() if run is not None else ""
    await ask_and_undo(app, f"run {run_id} over {family.base.name}, {when}", params)


async def ask_and_undo(app: DjtuiApp, what: str, params: dict[str, Any]) -> None:
    """Ask, then ask for the job that undoes a run. Raises `Refused`, `LibraryError`."""
    answer = await app.push_screen_wait(
        Question(
            f"Undo {what}?",
            "The playlists on Spotify get back the songs they had before it, in their order. One that "
            "somebody changed since is left alone, and asks. Playlists that the run made stay, emptied.",
            (("n", "leave it as it is"), ("y", "put them back")),
        )
    )
    if answer == "y":
        await changing.submit(app, UNDO, params)


# -- reading what is typed --------------------------------------------------------------------------


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _read_yes(text: str) -> bool:
    typed = text.strip().casefold()
    if typed not in ("yes", "y", "no", "n"):
        raise ValueError("Type yes or no.")
    return typed.startswith("y")


def _minutes(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal():
        raise ValueError("Type a number of minutes, or nothing.")
    return int(text)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("A child wants a name.")
    return text.strip()


def _one_of(words: Sequence[str]) -> Any:
    def read(text: str) -> str:
        found = [word for word in words if text.strip() and word.startswith(text.strip().casefold())]
        if not found:
            raise ValueError(f"Type one of {', '.join(words)}.")
        return found[0]

    return read


def _policy(text: str) -> Parts:
    meant = [
        said for word, said in _POLICIES.items() if text.strip() and word.startswith(text.strip().lower())
    ]
    return [(meant[0] if meant else "out, in or review", "$quiet")]


def _explain(what: str) -> Any:
    return lambda text: [(what, "$quiet")]

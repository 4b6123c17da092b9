"""Imports go one way, and each layer does its own work only. Every failure says what to do instead."""

import ast
from pathlib import Path

import pytest

from accelerator.config import ROOT

PACKAGE = ROOT / "accelerator"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)
VIEWS = [path for path in FILES if path.name == "views.py"]
TRANSITIONS = [path for path in FILES if path.name == "transitions.py"]
#: Modules that may look at the request (Flask's ``request``), because they stand at the edge of HTTP.
AT_THE_EDGE = {"views", "forms", "htmx", "errors", "security", "access", "sessions", "notices", "templating", "i18n"}
AT_THE_EDGE |= {"compression", "sharing", "stencils", "storage_views", "page_cache", "visits", "incoming"}
AT_THE_EDGE |= {"signed_out", "once_more", "elsewhere"}
LONGEST_VIEW = 32


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, *, typing_too: bool = False) -> set[str]:
    """Modules of ours that a file imports at its head (those for typing only left out)."""
    found: set[str] = set()
    for node in ast.walk(tree(path)) if typing_too else tree(path).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("accelerator")}


def layer(module: str) -> str:
    return module.rsplit(".", 1)[-1]


def feature(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 2 else ""


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_only_the_edge_looks_at_the_request(path: Path) -> None:
    if path.stem in AT_THE_EDGE or path == PACKAGE / "deeds" / "uploads.py":
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "flask":
            named = {alias.name for alias in node.names} & {"request", "session"}
            assert not named, (
                f"{ids(path)} imports flask.{named}: take the value in the view and pass it as an argument"
            )


#: layer → layers that it never imports, and what to do instead.
NEVER = {
    "models": (
        {"queries", "transitions", "views", "forms", "cards", "policy"},
        "a table knows nothing of what is done with it",
    ),
    "queries": (
        {"transitions", "views", "forms", "routes"},
        "a query only reads: pass what it needs as arguments",
    ),
    "transitions": (
        {"views", "forms", "routes", "htmx", "security"},
        "a transition takes plain values: let the view read the form",
    ),
    "forms": ({"transitions", "views", "routes"}, "a form checks entries; the view asks the database"),
    "cards": ({"transitions", "views", "forms", "routes"}, "a card is made of a row and nothing else"),
}


@pytest.mark.parametrize("path", [path for path in FILES if path.stem in NEVER], ids=ids)
def test_layers_are_imported_in_one_direction(path: Path) -> None:
    banned, advice = NEVER[path.stem]
    # A form may use the pure `due_at`, which stands beside the transitions that store it.
    allowed = (
        {"accelerator.board.transitions.due_at", "accelerator.board.transitions"} if path.stem == "forms" else set()
    )
    wrong = {module for module in imports(path) if layer(module) in banned and module not in allowed}
    assert not wrong, f"{ids(path)} imports {sorted(wrong)}: {advice}"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_the_inner_modules_know_no_feature(path: Path) -> None:
    inner = {"accelerator.clock", "accelerator.config", "accelerator.database", "accelerator.safe_next"}
    inner |= {"accelerator.storage", "accelerator.extensions", "accelerator.integrity.record"}
    if name_of(path) not in inner:
        return
    allowed = {"accelerator.config", "accelerator.database", "accelerator.integrity.models", "accelerator.vault.vault"}
    wrong = {m for m in imports(path) if not any(m == a or m.startswith(f"{a}.") for a in allowed)}
    assert not wrong, f"{ids(path)} imports {sorted(wrong)}: everything stands on it, it stands on nothing"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_nobody_imports_the_dashboard_or_another_features_routes(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return
    for module in imports(path, typing_too=True):
        if feature(module) == "dashboard":
            assert feature(name_of(path)) == "dashboard", f"{ids(path)} imports {module}: the dashboard stands on top"
        if ".routes" in module:
            raise AssertionError(f"{ids(path)} imports {module}: only create_app knows the routes")


@pytest.mark.parametrize("path", TRANSITIONS, ids=ids)
def test_transitions_never_commit(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("commit", "transaction"), (
                f"{ids(path)}:{node.lineno}: the view or command commits, so that the event and the change are one"
            )
            assert node.attr != "utcnow", f"{ids(path)}:{node.lineno}: take the moment as `at`"
    assert "accelerator.clock.utcnow" not in imports(path), f"{ids(path)}: the clock is read once, in the view"


@pytest.mark.parametrize("path", VIEWS, ids=ids)
def test_views_ask_queries_and_not_the_database(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            wrong = {alias.name for alias in node.names} - {"IntegrityError"}
            assert not wrong, f"{ids(path)} imports {wrong} from {node.module}: write a function in queries.py"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if called.startswith(("db.session.", "db.read.")):
                allowed = ("db.read.get", "db.read.get_one", "db.session.commit", "db.session.rollback")
                assert called in allowed, f"{ids(path)}:{node.lineno}: {called} belongs into queries or transitions"


@pytest.mark.parametrize("path", VIEWS, ids=ids)
def test_views_are_short(path: Path) -> None:
    for function in [node for node in tree(path).body if isinstance(node, ast.FunctionDef)]:
        statements = function.body[1:] if ast.get_docstring(function) else function.body
        length = (function.end_lineno or 0) - statements[0].lineno + 1
        assert length <= LONGEST_VIEW, (
            f"{ids(path)}: {function.name} has {length} lines; a rule is in the wrong file: move it to "
            "transitions, queries or forms"
        )


@pytest.mark.parametrize("path", VIEWS, ids=ids)
def test_each_commit_follows_a_change(path: Path) -> None:
    """A view that calls a transition commits, and its last way out commits once."""
    for function in [node for node in tree(path).body if isinstance(node, ast.FunctionDef)]:
        text = ast.unparse(function)
        commits = text.count("db.session.commit()")
        limits = text.count("limits.spend") + text.count("keeps the good photos") + text.count("uploads.take_photos")
        assert commits <= 1 + limits, f"{ids(path)}: {function.name} commits {commits} times: one change, one commit"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_only_views_commands_and_the_edges_commit(path: Path) -> None:
    may = {"views", "commands", "sessions", "database", "background", "rows", "draw", "marker", "mail", "uploads"}
    if path.stem in may or "seeding" in path.parts or "demonstration" in path.parts:
        return
    assert "session.commit(" not in path.read_text("utf-8"), f"{ids(path)}: let the caller commit"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_the_clock_is_read_in_one_place(path: Path) -> None:
    if path.name == "clock.py":
        return
    text = path.read_text("utf-8")
    for word in ("datetime.now(", "datetime.utcnow(", "date.today(", "datetime.today("):
        assert word not in text, f"{ids(path)}: {word}) cannot be set in tests; use accelerator.clock.utcnow"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_nothing_is_called_helper_or_left_unexplained(path: Path) -> None:
    for word in ("util", "helper", "manager", "misc", "common"):
        assert word not in path.stem, f"{ids(path)}: name it for what it does"
    assert ast.get_docstring(tree(path)) or not path.read_text("utf-8").strip(), f"{ids(path)}: say what it is for"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_nothing_is_printed_or_run_by_a_shell(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "eval", "exec", "os.system", "pickle.loads", "Markup.unescape"), (
                f"{ids(path)}:{node.lineno}: {called} has no place here"
            )
            shell = any(word.arg == "shell" and ast.unparse(word.value) == "True" for word in node.keywords)
            assert not shell, f"{ids(path)}:{node.lineno}: give the program and its arguments as a list"


def test_every_change_of_state_is_recorded() -> None:
    """Each public verb of the board and of deeds records an event, itself or through what it calls."""
    quiet = {"thank", "keep_photo", "attach_photos", "attach_to_claim", "forget_person", "lock_for", "count"}
    quiet |= {"credit_hours", "day_of"}
    quiet |= {"add_to_totals", "claim_bars", "overlaps", "same_time", "find_refusal", "move", "lock_request"}
    quiet |= {
        "lock_claim",
        "lock_with_duplicates",
        "due_at",
        "let_time_pass",
        "set_language",
        "ask_for_reset",
        "read_notices",
    }
    # A draft of the questionnaire is nobody's state yet; publishing it is recorded.
    # A sender's words in a thread, and what others that do record are made of.
    quiet |= {"say", "keep_code", "erase", "lock_appeal"}
    quiet |= {"keep_filter", "forget_filter", "as_viewer"}  # a coordinator's own views; a plain change of shape
    quiet |= {"start_draft", "change_draft", "discard_draft", "lock_draft", "check_right"}
    # What a person in need sends is taken apart by these; those who change something record it.
    quiet |= {"codes_of_form", "contact_of", "hours_of", "can_move", "is_sent", "list_talk", "lock_requester"}
    for path in TRANSITIONS:
        functions = {node.name: node for node in tree(path).body if isinstance(node, ast.FunctionDef)}

        def records(name: str, functions: dict[str, ast.FunctionDef] = functions, depth: int = 0) -> bool:
            called = {ast.unparse(n.func) for n in ast.walk(functions[name]) if isinstance(n, ast.Call)}
            # A verb of another feature's transitions records its own event; it is checked in its own file.
            hands_on = any(name.startswith(("board.", "deeds.")) for name in called)
            return (
                "record" in called
                or hands_on
                or (depth < 5 and any(records(other, functions, depth + 1) for other in called & set(functions)))
            )

        for name in functions:
            if not name.startswith("_") and name not in quiet:
                assert records(name), f"{ids(path)}: {name} changes something and records no event"

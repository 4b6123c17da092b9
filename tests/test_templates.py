"""Templates: nothing inline, nothing fails open, each partial says what it needs, nothing is left lying about."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from jinja2 import Environment, nodes

from accelerator.config import ROOT

FOLDER = ROOT / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))


def source(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


FORBIDDEN = [
    (r"<script(?![^>]*\bsrc=)", "move the script into static/js/app.js: the policy of every page forbids inline code"),
    (r"<style\b", "move the style into static/css/app.css"),
    (r"\sstyle\s*=", "give it a class in static/css/app.css"),
    (r"\son[a-z]+\s*=", "listen in static/js/app.js"),
    (r"\bhx-on\b", "listen in static/js/app.js: allowEval is off"),
    (r"[\"']\s*(js|javascript):", "no code in attributes: allowEval is off"),
    (
        r"hx-trigger\s*=\s*[\"'][^\"']*\[",
        "filters in hx-trigger fail open while allowEval is off: decide on the server",
    ),
    (r"\bhx-(vals|headers)\s*=\s*[\"']js:", "give values, not code"),
    (r"\|\s*safe\b", "let the template escape it, or make Markup where it is made"),
    (r"\{%-?\s*autoescape\s+false", "everything is escaped"),
    (r"hx-boost\b", "plain links; a boosted page keeps its old token"),
    (r"<a\b[^>]*\starget=", "the reader decides where a page opens"),
    (
        r"(\bsrc|<(link|use|image)\b[^>]*href)\s*=\s*[\"']https?://",
        "serve it from static/, the policy allows only our own files",
    ),
]


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_holds_nothing_that_the_policy_forbids(name: str) -> None:
    text = without_comments(source(name))
    if name == "design.html":  # shown while developing only, and made of examples
        text = text.replace("|safe", "")
    for pattern, advice in FORBIDDEN:
        found = re.search(pattern, text, re.IGNORECASE)
        assert not found, f"templates/{name}: {found[0]!r}: {advice}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_mutation_works_without_javascript(name: str) -> None:
    for tag in re.findall(r"<(?:button|form|input|a)\b[^>]*\bhx-(?:post|put|patch|delete)=[^>]*>", source(name)):
        posted = re.search(r'hx-post="([^"]*)"', tag)
        plain = re.search(r'\b(?:form)?action="([^"]*)"', tag)
        assert posted, f"templates/{name}: POST is the only verb that forms know: {tag[:120]}"
        assert plain, f"templates/{name}: give {tag[:120]} a formaction (or action) as well"
        assert posted[1] == plain[1], f"templates/{name}: {plain[1]} without JavaScript, {posted[1]} with it"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_form_that_posts_carries_the_token(name: str) -> None:
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", source(name), re.DOTALL | re.IGNORECASE):
        assert "csrf_token" in form or "_next.html" in form, f"templates/{name}: a form without csrf_token"


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_begins_by_saying_what_it_is_and_needs(name: str) -> None:
    assert source(name).startswith("{#"), f"templates/{name}: begin with a comment that names its variables"
    head = source(name).partition("#}")[0]
    if Path(name).name.startswith("_"):
        assert re.search(r"[Vv]ariables?:|[Vv]alues only", head) or not variables(name), (
            f"templates/{name}: name its variables ({', '.join(sorted(variables(name)))}) in the first comment"
        )


#: What the frame gives to every template (`accelerator.templating`).
EVERYWHERE = {"asset", "_", "gettext", "ngettext", "locale", "here", "viewer", "csrf_token", "notices", "url_for"}
EVERYWHERE |= {"live_url", "live_seq", "site_url", "loop", "caller", "config", "request", "g", "range", "dict"}


def variables(name: str) -> set[str]:
    from jinja2 import meta

    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    return meta.find_undeclared_variables(environment.parse(source(name))) - EVERYWHERE


@pytest.fixture(scope="module")
def trees() -> dict[str, nodes.Template]:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    return {name: environment.parse(source(name)) for name in TEMPLATES}


def test_every_import_is_used(trees: dict[str, nodes.Template]) -> None:
    for name, tree in trees.items():
        used = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
        for imported in tree.find_all(nodes.Import):
            assert imported.target in used, f"templates/{name}: {imported.target} is imported and not used"
        for imported in tree.find_all(nodes.FromImport):
            for what in imported.names:
                alias = what[1] if isinstance(what, tuple) else what
                assert alias in used, f"templates/{name}: {alias} is imported and not used"


def test_every_template_is_used_and_every_used_one_exists(trees: dict[str, nodes.Template]) -> None:
    named: set[str] = set()
    for tree in trees.values():
        for kind in (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport):
            for node in tree.find_all(kind):
                if isinstance(node.template, nodes.Const):
                    named.add(str(node.template.value))
    for path in (ROOT / "accelerator").rglob("*.py"):
        named |= set(re.findall(r"[\"']([\w/]+\.html)[\"']", path.read_text("utf-8")))
    assert not set(TEMPLATES) - named, f"no view and no template names {sorted(set(TEMPLATES) - named)}: delete them"
    assert not named - set(TEMPLATES), f"these do not exist: {sorted(named - set(TEMPLATES))}"


def icon_names() -> set[str]:
    soup = BeautifulSoup((ROOT / "static" / "icons.svg").read_text("utf-8"), "html.parser")
    return {str(symbol["id"]) for symbol in soup.find_all(id=True)}


def test_every_icon_that_is_named_exists(trees: dict[str, nodes.Template]) -> None:
    known = icon_names()
    for name, tree in trees.items():
        for call in tree.find_all(nodes.Call):
            is_icon = getattr(call.node, "attr", getattr(call.node, "name", "")) == "icon"
            wanted = call.args[0] if is_icon and call.args else None
            for option in [wanted.expr1, wanted.expr2] if isinstance(wanted, nodes.CondExpr) else [wanted]:
                if isinstance(option, nodes.Const):
                    assert option.value in known, f"templates/{name}: static/icons.svg has no {option.value!r}"
        for used in re.findall(r"icons\.svg'\) \}\}#([\w-]+)\"", source(name)):
            assert used in known, f"templates/{name}: static/icons.svg has no {used!r}"


def test_every_kind_of_help_has_an_icon() -> None:
    from accelerator.reference import load_kinds

    missing = {f"kind-{kind['code']}" for kind in load_kinds()} - icon_names()
    assert not missing, f"draw {sorted(missing)} in static/icons.svg"


def test_pages_extend_the_frame_and_partials_do_not(trees: dict[str, nodes.Template]) -> None:
    for name, tree in trees.items():
        extends = [node.template.value for node in tree.find_all(nodes.Extends)]  # type: ignore[attr-defined]
        is_part = Path(name).name.startswith("_") or name.startswith("macros/") or name == "base.html"
        assert bool(extends) != is_part, f"templates/{name}: pages extend page.html; partials begin with _"


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.startswith("macros/")])
def test_macros_take_values_only(name: str) -> None:
    for word in ("viewer", "current_user", "request.", "g."):
        assert not re.search(rf"\{{[{{%][^}}]*(?<![\w.'\"]){re.escape(word)}", without_comments(source(name))), (
            f"templates/{name}: {word} in a macro; give it the value"
        )


def test_they_all_compile(app: Flask) -> None:
    for name in TEMPLATES:
        app.jinja_env.get_template(name)

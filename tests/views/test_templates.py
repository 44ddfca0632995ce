from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from tests.views.contexts import PAGES
from views.rendering import TEMPLATES, environment, part

TIED = {"data-hx-get": ("href", "action"), "data-hx-post": ("action",)}
DRAWN = set(re.findall(r'id="i-([a-z]+)"', (TEMPLATES / "_icons.svg").read_text()))
BLOCKS = {
    "paged": ["head", "timeline", "older", "response", "composer"],
    "answered": ["head", "timeline", "response"],
    "list": ["results", "open", "history", "rows", "open_incidents"],
    "metrics": ["results"],
    "told": ["response"],
    "comms": ["told"],
    "waiver": ["form"],
    "declare": ["form"],
    "severity": ["form"],
    "palette": ["results"],
    "activity": ["whole", "feed", "facets", "trend"],
    "activity-stream": ["trend"],
    "stream": ["form", "preview"],
    "explorer-ran": ["result"],
}


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text between script and style tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.found if name in attributes]


def rendered(name: str) -> str:
    template, context = PAGES[name]
    return environment().get_template(template).render(context)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_carries_no_inline_style_and_no_inline_script(name: str) -> None:
    elements = Elements(rendered(name)).found

    assert not [tag for tag, attributes in elements if tag == "style" or "style" in attributes]
    assert all("src" in attributes for tag, attributes in elements if tag == "script")
    assert not [
        key for _, attributes in elements for key in attributes if key.startswith(("on", "data-hx-on"))
    ]


@pytest.mark.parametrize("name", PAGES)
def test_an_improved_link_or_form_works_by_itself(name: str) -> None:
    elements = [
        (tag, attributes) for tag, attributes in Elements(rendered(name)).found if tag in ("a", "form")
    ]

    for _, attributes in elements:
        for improved, plain in TIED.items():
            if improved in attributes:
                assert attributes[improved] in [attributes.get(key) for key in plain]
    assert all(attributes["method"] in ("get", "post") for tag, attributes in elements if tag == "form")


@pytest.mark.parametrize("name", PAGES)
def test_every_key_and_every_id_is_unique_on_its_page(name: str) -> None:
    elements = Elements(rendered(name))

    repeated = [
        value for key in ("id", "data-key") for value, n in Counter(elements.values(key)).items() if n > 1
    ]

    assert repeated == []


@pytest.mark.parametrize("name", PAGES)
def test_every_reference_of_a_page_leads_to_an_element(name: str) -> None:
    elements = Elements(rendered(name))
    ids = {*elements.values("id")}
    named = ("for", "list", "popovertarget", "form", "aria-labelledby", "data-copy")

    wanted = {part for key in named for value in elements.values(key) for part in value.split()}
    described = {part for value in elements.values("aria-describedby") for part in value.split()}

    assert (wanted | described) - ids <= {"acknowledge", "mitigate", "resolve"}


@pytest.mark.parametrize(
    ("name", "block"), [(name, block) for name, them in BLOCKS.items() for block in them]
)
def test_a_block_stands_by_itself(name: str, block: str) -> None:
    template, context = PAGES[name]

    html = part("layout.html" if block == "open_incidents" else template, block, context)

    assert "<html" not in html
    assert html.strip() in rendered(name) or block in ("older", "feed")


def test_every_template_is_rendered_by_these_tests() -> None:
    pages = {template for template, _ in PAGES.values()} | {
        "ui.html",
        "document.html",
        "layout.html",
        "bare.html",
        "public/base.html",
    }

    files = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}

    assert {name for name in files if "/_" not in name} == pages


def test_every_icon_that_a_page_uses_is_drawn() -> None:
    used = {name for page in PAGES for name in re.findall(r'href="#i-([a-z]+)"', rendered(page))}

    assert used - DRAWN == set()


def test_every_icon_that_is_drawn_is_named_somewhere() -> None:
    sources = [*TEMPLATES.rglob("*.html"), TEMPLATES.parent / "frame.py"]

    named = {name for path in sources for name in re.findall(r'"([a-z]+)"', path.read_text())}

    assert DRAWN - named == set()


def test_what_people_write_is_escaped() -> None:
    template, context = PAGES["paged"]
    written = "<script>alert(1)</script>"

    html = (
        environment()
        .get_template(template)
        .render(context | {"incident": context["incident"] | {"title": written}})
    )

    assert written not in html
    assert "&lt;script&gt;alert(1)" in html

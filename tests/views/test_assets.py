from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.errors import NotFound
from views.assets import STATIC, Assets, assets, assets_route


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[assets_route]))


def test_a_hashed_name_may_be_kept_for_ever(client: TestClient) -> None:
    answer = client.get(assets().address("opsbook.css"))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_a_plain_name_is_asked_again_and_answered_304(client: TestClient) -> None:
    first = client.get("/static/opsbook.css")

    again = client.get("/static/opsbook.css", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.css", "vendor/README.md", "opsbook.00000000.css"])
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    with pytest.raises(NotFound):
        client.get(f"/static/{name}")


def test_text_goes_out_packed_only_to_whom_asks_for_it(client: TestClient) -> None:
    packed = client.get("/static/ui.js", headers={"accept-encoding": "gzip"})
    bare = client.get("/static/ui.js", headers={"accept-encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in bare.headers
    assert packed.content == bare.content
    assert packed.headers["vary"] == "accept-encoding"


def test_fonts_have_their_own_type(client: TestClient) -> None:
    answer = client.get(assets().address("fonts/geist.woff2"))

    assert answer.headers["content-type"] == "font/woff2"
    assert "content-encoding" not in answer.headers


def test_what_assets_refer_to_is_there_under_its_hashed_name(client: TestClient) -> None:
    style = client.get("/static/opsbook.css").text
    script = client.get("/static/ui.js").text

    addresses = [*re.findall(r'url\("(/static/[^"]+)"\)', style), *re.findall(r'import "([^"]+)"', script)]

    assert len(addresses) == 6
    assert {client.get(address).headers["cache-control"] for address in addresses} == {
        "public, max-age=31536000, immutable"
    }


def test_a_change_of_an_import_changes_the_name_of_what_imports_it(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import "./b.js";\n')
    (tmp_path / "b.js").write_text("let one;\n")
    before = Assets(tmp_path).address("a.js")

    (tmp_path / "b.js").write_text("let two;\n")

    assert Assets(tmp_path).address("a.js") != before


def test_the_same_content_has_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a { color: red }")

    first, second = Assets(tmp_path), Assets(tmp_path)

    assert first.address("a.css") == second.address("a.css")


def test_the_page_and_its_assets_stay_small() -> None:
    names = [
        "opsbook.css",
        "ui.js",
        "keys.js",
        "palette.js",
        "clock.js",
        "live.js",
        "vendor/htmx-4.0.1.min.js",
    ]
    packed = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)

    fonts = sum((STATIC / "fonts" / name).stat().st_size for name in ("geist.woff2", "geist-mono.woff2"))

    assert packed + fonts < 95_000

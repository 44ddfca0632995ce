"""The door as a browser uses it: getting in by password, and whether a key still opens anything."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.wire.conftest import HTML, PASSWORD, Town
from tests.wire.line import Answer

KEY = re.compile(r"[\w-]{43}")


async def enter(town: Town, who: str = "olive", password: str = PASSWORD, **more: str) -> Answer:
    """Send the form with a password. `more` may say `next`, and from where and with which cookie."""
    headers = [("x-forwarded-for", more.get("address", "192.0.2.7"))]
    headers += [("cookie", more["cookie"])] if "cookie" in more else []
    form = {"email": f"{who}@example.com", "password": password, "next": more.get("next", "/")}
    return await town.post("/sign-in/password", None, form, headers)


def key_in(answer: Answer) -> str:
    """The key of the session that an answer begins."""
    (cookie,) = (one for one in answer.all("set-cookie") if one.startswith("__Host-session="))
    return SimpleCookie(cookie)["__Host-session"].value


async def is_signed_in(town: Town, key: str) -> bool:
    """Whether a key opens pages and the API alike."""
    cookie = [("cookie", f"__Host-session={key}")]
    page = await town.ask("GET", "/settings", headers=[*HTML, *cookie])
    query = urlencode({"query": "{ me { name } }"})
    data = await town.ask("GET", f"/graphql?{query}", headers=[*cookie, ("sec-fetch-site", "same-origin")])
    assert (page.status == 200) is (data.status == 200)
    return page.status == 200

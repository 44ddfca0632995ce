"""Sign in and out: by a one-time link or a password, then by code, always into a new session."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.errors import InvalidInput, LimitExceeded, OpsbookError, Unauthenticated
from app.security import link_requests, links, rules, sign_in
from app.security.sign_in import Browser, SignedIn
from views.access import identity
from views.frame import bare
from views.guard import sessions
from views.guard.problems import retry_after
from views.rendering import page

UNPROCESSABLE, TOO_MANY = 422, 429


async def form(request: Request) -> Response:
    """`GET /sign-in?next=…`: who is signed in already goes on."""
    target = rules.own_path(request.query_params.get("next"))
    if (await identity(request)).viewer is not None:
        return RedirectResponse(target, status_code=303)
    return _form(request, target, email="", errors=[])


async def ask_for_link(request: Request) -> Response:
    """`POST /sign-in`: the answer is the same for an address that is unknown."""
    typed = await request.form()
    email, target = str(typed.get("email", "")), rules.own_path(str(typed.get("next", "")))
    try:
        async with request.state.house.database.unit_of_work() as work:
            await link_requests.request_link(work, email=email, next_path=target, address=_address(request))
    except (InvalidInput, LimitExceeded) as error:
        return _refused(request, target, email, error, "email")
    minutes = int(rules.LINK_LIFETIME.total_seconds() // 60)
    return page(request, "sign_in/sent.html", {"frame": bare(request), "email": email, "minutes": minutes})


async def with_password(request: Request) -> Response:
    """`POST /sign-in/password`."""
    typed = await request.form()
    email, target = str(typed.get("email", "")), rules.own_path(str(typed.get("next", "")))
    try:
        signed_in = await sign_in.with_password(
            request.state.house.database,
            _browser(request),
            email=email,
            password=str(typed.get("password", "")),
            next_path=target,
        )
    except (Unauthenticated, LimitExceeded) as error:
        return _refused(request, target, email, error, "password")
    return _enter(signed_in)


async def link(request: Request) -> Response:
    """`GET /sign-in/link?key=…`: shows a button, because mail scanners open links too."""
    key = request.query_params.get("key", "")
    state = await links.look(request.state.house.database, key)
    return page(request, "sign_in/link.html", {"frame": bare(request), "state": state.value, "key": key})


async def with_link(request: Request) -> Response:
    """`POST /sign-in/link`: uses the link up."""
    key = str((await request.form()).get("key", ""))
    database = request.state.house.database
    try:
        signed_in = await sign_in.with_link(database, _browser(request), key=key)
    except Unauthenticated:
        state = await links.look(database, key)
        context = {"frame": bare(request), "state": state.value, "key": key}
        return page(request, "sign_in/link.html", context, status=UNPROCESSABLE)
    return _enter(signed_in)


async def code_form(request: Request) -> Response:
    """`GET /sign-in/code`: asks for the second factor of whoever has shown the first."""
    if sessions.HALF not in request.cookies:
        return RedirectResponse("/sign-in", status_code=303)
    return _code_form(request)


async def with_code(request: Request) -> Response:
    """`POST /sign-in/code`: a code from the app or a recovery code."""
    typed = await request.form()
    house = request.state.house
    try:
        signed_in = await sign_in.with_code(
            house.database,
            house.keyring,
            _browser(request),
            half_key=request.cookies.get(sessions.HALF, ""),
            code=str(typed.get("code", "")),
        )
    except Unauthenticated:
        return _without_half(RedirectResponse("/sign-in", status_code=303))
    except (InvalidInput, LimitExceeded) as error:
        return _refused_code(request, error)
    return _without_half(_enter(signed_in))


async def sign_out(request: Request) -> Response:
    """`POST /sign-out`: ends this session at the server, not only in the browser."""
    viewer = (await identity(request)).viewer
    if viewer is not None:
        await sign_in.sign_out(request.state.house.database, viewer)
    response = RedirectResponse("/sign-in", status_code=303)
    response.headers.append(*sessions.no_cookie())
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def _enter(signed_in: SignedIn) -> Response:
    if signed_in.is_half:
        response = RedirectResponse("/sign-in/code", status_code=303)
        response.headers.append(*sessions.half_cookie(signed_in.key))
        return response
    response = RedirectResponse(signed_in.next_path, status_code=303)
    response.headers.append(*sessions.cookie(signed_in.key))
    return response


def _form(
    request: Request, target: str, *, email: str, errors: list[dict[str, str]], status: int = 200
) -> Response:
    context = {
        "frame": bare(request),
        "given": {"email": email},
        "next": target,
        "errors": errors,
        "mails": request.state.house.settings.smtp_url is not None,
    }
    return page(request, "sign_in/form.html", context, status=status)


def _without_half(response: Response) -> Response:
    response.headers.append(*sessions.no_half_cookie())
    return response


def _code_form(request: Request, errors: Sequence[dict[str, str]] = (), status: int = 200) -> Response:
    context = {"frame": bare(request), "errors": errors}
    return page(request, "sign_in/code.html", context, status=status)


def _refused_code(request: Request, error: OpsbookError) -> Response:
    status = TOO_MANY if isinstance(error, LimitExceeded) else UNPROCESSABLE
    response = _code_form(request, [{"field": "code", "message": error.message}], status)
    if isinstance(error, LimitExceeded):
        response.headers.update(dict(retry_after(error)))
    return response


def _refused(request: Request, target: str, email: str, error: OpsbookError, field: str) -> Response:
    status = TOO_MANY if isinstance(error, LimitExceeded) else UNPROCESSABLE
    errors = [{"field": field, "message": error.message}]
    response = _form(request, target, email=email, errors=errors, status=status)
    if isinstance(error, LimitExceeded):
        response.headers.update(dict(retry_after(error)))
    return response


def _browser(request: Request) -> Browser:
    agent = request.headers.get("user-agent", "")
    return Browser(
        user_agent=agent, address=_address(request), replaces=sessions.visitor(request.scope).session_key
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


routes = [
    Route("/sign-in", form, methods=["GET"]),
    Route("/sign-in", ask_for_link, methods=["POST"]),
    Route("/sign-in/password", with_password, methods=["POST"]),
    Route("/sign-in/link", link, methods=["GET"]),
    Route("/sign-in/link", with_link, methods=["POST"]),
    Route("/sign-in/code", code_form, methods=["GET"]),
    Route("/sign-in/code", with_code, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]

"""What goes wrong, as a page for people; machines get the problem document."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from views.flash import Toast
from views.frame import bare
from views.guard.problems import Problem
from views.guard.raw import is_for_machines
from views.rendering import is_fragment, page, triggers

UNAUTHENTICATED, NOT_FOUND, INTERNAL = 401, 404, 500
DATA = ("/graphql", "/schema.graphql", "/livez", "/readyz", "/healthz", "/metrics", "/static/", "/events")


async def render(request: Request, problem: Problem) -> Response | None:
    """Answer a browser with a page; None leaves everybody else to the problem document."""
    if is_for_machines(request.scope) or request.url.path.startswith(DATA) or not _reads_html(request):
        return None
    if problem.status == UNAUTHENTICATED and request.method == "GET" and not is_fragment(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?{urlencode({'next': target})}", status_code=303)
    if is_fragment(request):
        toast = triggers(Toast(problem.detail, "bad")) if problem.status < INTERNAL else {}
        return Response(problem.detail, status_code=problem.status, headers=toast, media_type="text/plain")
    context = {
        "frame": bare(request),
        "status": problem.status,
        "reference": problem.request_id if problem.status >= INTERNAL else "",
        "detail": "" if problem.status in (NOT_FOUND, INTERNAL) else problem.detail,
    }
    return page(request, "errors/problem.html", context, status=problem.status)


def _reads_html(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or is_fragment(request)

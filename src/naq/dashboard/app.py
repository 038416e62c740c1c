"""The dashboard as an ASGI application, to be served by itself (`naq dashboard`) or mounted in another application."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, urlencode

import jinja2
import msgspec
import nats.errors
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from naq import shown_times
from naq.config import Config
from naq.dashboard import formatting
from naq.dashboard.access import Access, Sessions, same_text
from naq.dashboard.acting import Act, parse_act, perform
from naq.dashboard.guard import HEADERS, WITHOUT_TOKEN, Guard, may_act, may_read, session_of
from naq.dashboard.reading import (
    Permitted,
    read_failure,
    read_failures,
    read_job,
    read_jobs,
    read_overview,
    read_workers,
)
from naq.error_text import error_text
from naq.errors import (
    DeserializationError,
    InvalidName,
    JetStreamDisabled,
    JobNotFound,
    NaqError,
    PermissionDenied,
    QueueNotFound,
)
from naq.queue.listing import LISTED_STATES

logger = logging.getLogger(__name__)

HERE: Final = Path(__file__).parent
# Seconds for the server to answer everything that a page needs.
LIMIT: Final = 10.0
# Seconds for an action on many jobs.
ACTION_LIMIT: Final = 60.0
# Bytes of a form, and seconds between two refreshes of a page.
LARGEST_FORM: Final = 64 * 1024
REFRESH: Final = 5
JSON: Final = "application/json"

Reader: TypeAlias = Callable[[Request], Awaitable[msgspec.Struct | list[Any]]]


class BadRequest(Exception):
    """A request with a parameter or form that the pages do not make."""


def dashboard_app(
    config: Config, access: Access, *, show_values: bool = False, sessions: Sessions | None = None
) -> Starlette:
    """Return the application. With `show_values`, it shows arguments and results, which may be secret."""
    known = sessions or Sessions()
    pages = Pages(config, access, known, show_values=show_values)
    routes = [
        Route("/", pages.page("overview.html", pages.overview)),
        Route("/workers", pages.page("workers.html", pages.workers)),
        Route("/queues/{queue}", pages.page("queue.html", pages.jobs)),
        Route("/failures", pages.page("failures.html", pages.failures)),
        Route("/failures/{number:int}", pages.page("failure.html", pages.failure)),
        Route("/jobs", pages.find_job),
        Route("/jobs/{job_id}", pages.page("job.html", pages.job)),
        Route("/api/overview", pages.api(pages.overview)),
        Route("/api/workers", pages.api(pages.workers)),
        Route("/api/queues/{queue}", pages.api(pages.jobs)),
        Route("/api/failures", pages.api(pages.failures)),
        Route("/api/failures/{number:int}", pages.api(pages.failure)),
        Route("/api/jobs/{job_id}", pages.api(pages.job)),
        Route("/login", pages.login, methods=["GET", "POST"]),
        Route("/logout", pages.logout, methods=["POST"]),
        Route("/act", pages.act, methods=["POST"]),
        Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access, sessions=known)],
        exception_handlers={404: pages.not_found, 405: pages.not_found, Exception: pages.fault},
    )


class Pages:
    """The handlers of one dashboard."""

    def __init__(self, config: Config, access: Access, sessions: Sessions, *, show_values: bool) -> None:
        self._config = config
        self._access = access
        self._sessions = sessions
        self._show_values = show_values
        self._permitted = Permitted()
        loader = jinja2.FileSystemLoader(HERE / "templates")
        self._templates = jinja2.Environment(
            loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
        )
        for show in (shown_times.moment, shown_times.span, formatting.number, formatting.size):
            self._templates.filters[show.__name__] = show
        for template in loader.list_templates():
            # Compiled now, so that the first page does not wait for it.
            self._templates.get_template(template)

    # What the pages and the JSON show.

    async def overview(self, _: Request) -> msgspec.Struct:
        return await read_overview(self._config, self._permitted)

    async def workers(self, _: Request) -> list[Any]:
        return await read_workers(self._config)

    async def jobs(self, request: Request) -> msgspec.Struct:
        state = request.query_params.get("state") or None
        if state is not None and state not in LISTED_STATES:
            raise BadRequest(f"state is one of {', '.join(LISTED_STATES)}")
        after = _number(request, "after") or 0
        return await read_jobs(self._config, self._permitted, request.path_params["queue"], state, after)

    async def failures(self, request: Request) -> msgspec.Struct:
        queue = request.query_params.get("queue") or None
        return await read_failures(self._config, queue, _number(request, "before"))

    async def failure(self, request: Request) -> msgspec.Struct:
        number: int = request.path_params["number"]
        return await read_failure(self._config, number, with_arguments=self._show_values)

    async def job(self, request: Request) -> msgspec.Struct:
        job_id = request.path_params["job_id"]
        return await read_job(self._config, self._permitted, job_id, with_values=self._show_values)

    # How they show it.

    def page(self, template: str, read: Reader) -> Callable[[Request], Awaitable[Response]]:
        """Return a handler that shows what `read` returns with a template."""

        async def handler(request: Request) -> Response:
            # The token may be in any address, as `naq dashboard` prints that of the first page.
            given = "token" in request.query_params and session_of(request) is None
            if given or not may_read(request, self._access):
                return self._to_login(request)
            try:
                async with asyncio.timeout(LIMIT):
                    shown = await read(request)
            except Exception as error:
                return self._problem(request, error)
            return self._render(request, template, shown=shown)

        return handler

    def api(self, read: Reader) -> Callable[[Request], Awaitable[Response]]:
        """Return a handler that answers with what `read` returns as JSON."""

        async def handler(request: Request) -> Response:
            if not may_read(request, self._access):
                return _json({"error": "a token is needed: Authorization: Bearer TOKEN"}, 401)
            try:
                async with asyncio.timeout(LIMIT):
                    return _json(await read(request))
            except Exception as error:
                code, _, text = _described(error)
                return _json({"error": text}, code)

        return handler

    async def find_job(self, request: Request) -> Response:
        """Go to the page of the job whose id was entered."""
        job_id = request.query_params.get("id", "").strip()
        return RedirectResponse(f"{_root(request)}/jobs/{_quoted(job_id)}" if job_id else f"{_root(request)}/", 303)

    async def login(self, request: Request) -> Response:
        """Show the form for the token, or take the token from it or from the address."""
        form = await _form(request) if request.method == "POST" else {}
        given = form.get("token", [""])[0] or request.query_params.get("token", "")
        following = _local(form.get("next", [""])[0] or request.query_params.get("next", ""))
        if not given:
            return self._render(request, "login.html", next=following, wrong=False)
        if not same_text(given.strip(), self._access.token):
            logger.warning("a wrong token was given")
            return self._render(request, "login.html", 403, next=following, wrong=True)
        answer = RedirectResponse(f"{_root(request)}{following}", 303)
        answer.set_cookie(
            self._sessions.cookie,
            self._sessions.begin(),
            path=f"{_root(request)}/",
            secure=request.url.scheme == "https",
            httponly=True,
            # Not "strict", so that a link in a chat leads to the page and not to the form.
            samesite="lax",
        )
        return answer

    async def logout(self, request: Request) -> Response:
        """End the session."""
        self._sessions.end(request.cookies.get(self._sessions.cookie))
        return RedirectResponse(f"{_root(request)}/", 303)

    async def act(self, request: Request) -> Response:
        """Requeue or delete failed jobs; a deletion, and an action on all jobs of a queue, asks first."""
        if not may_act(request, self._access):
            reason = "the dashboard only shows" if not self._access.actions else "a token is needed to act"
            return self._render(request, "problem.html", 403, title="Not allowed", text=reason, away=False)
        session = session_of(request)
        try:
            form = await _form(request)
            if not request.state.bearer:
                if session is None or not same_text(form.get("form_token", [""])[0], session.form_token):
                    raise BadRequest("the form is of another session; go back, load the page again and repeat")
            act = parse_act(form)
            if act.asks_first and not act.confirmed:
                return self._render(request, "confirm.html", act=act)
            async with asyncio.timeout(ACTION_LIMIT):
                notice = await perform(self._config, act)
        except Exception as error:
            return self._problem(request, error)
        if request.state.bearer or session is None:
            return _json({"done": notice})
        session.notice = notice
        return RedirectResponse(f"{_root(request)}{_back(act)}", 303)

    async def not_found(self, request: Request, _: Exception) -> Response:
        """Answer a request for a page that does not exist."""
        return self._render(request, "problem.html", 404, title="Not found", text="there is no such page", away=False)

    async def fault(self, request: Request, _: Exception) -> Response:
        """Answer a request that has found a fault of the dashboard, which the log describes."""
        text = "a fault of the dashboard; its log says more"
        answer = self._render(request, "problem.html", 500, title="Fault", text=text, away=False)
        # This handler is called outside of the middleware.
        answer.headers.update(HEADERS)
        return answer

    def _problem(self, request: Request, error: Exception) -> Response:
        code, title, text = _described(error)
        return self._render(request, "problem.html", code, title=title, text=text, away=code == 503)

    def _to_login(self, request: Request) -> Response:
        query = dict(request.query_params)
        token = query.pop("token", "")
        following = request.url.path.removeprefix(_root(request)) + (f"?{urlencode(query)}" if query else "")
        asked = {"next": following, "token": token} if token else {"next": following}
        return RedirectResponse(f"{_root(request)}/login?{urlencode(asked)}", 303)

    def _render(self, request: Request, template: str, code: int = 200, /, **values: object) -> HTMLResponse:
        now = time.time()
        state = getattr(request, "state", None)
        session = getattr(state, "session", None)
        notice = ""
        # Not in a refresh: that of the page before may come between the action and the page that tells of it.
        if session is not None and code == 200 and "naq-refresh" not in request.headers:
            notice, session.notice = session.notice, ""
        text = self._templates.get_template(template).render(
            root=_root(request),
            path=request.url.path.removeprefix(_root(request)),
            query=request.query_params,
            now=now,
            ago=lambda at: shown_times.ago(at, now),
            session=session,
            acts=self._access.actions and session is not None,
            can_sign_in=session is None and (self._access.actions or not self._access.open_reading),
            read_only=not self._access.actions,
            show_values=self._show_values,
            prefix=self._config.queue.prefix,
            refresh=REFRESH,
            notice=notice,
            **values,
        )
        return HTMLResponse(text, code, {"Retry-After": str(REFRESH)} if code == 503 else None)


def _described(error: Exception) -> tuple[int, str, str]:
    """Return status code, title and text for an error; logs an error that is a fault of the dashboard."""
    match error:
        case TimeoutError() if not isinstance(error, nats.errors.Error):
            return 503, "The server is away", f"the NATS server has not answered within {LIMIT:g} s"
        case JobNotFound() | QueueNotFound() | InvalidName():
            return 404, "Not found", error_text(error)
        case BadRequest() | DeserializationError():
            return 400, "Not understood", error_text(error)
        case PermissionDenied():
            return 403, "Not permitted", error_text(error)
        case JetStreamDisabled() | nats.errors.Error() | OSError():
            return 503, "The server is away", error_text(error)
        case NaqError():
            return 409, "Not done", error_text(error)
        case _:
            logger.error("a fault of the dashboard", exc_info=error)
            return 500, "Fault", "a fault of the dashboard; its log says more"


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadRequest(f"{name} is a number")
    return int(text)


async def _form(request: Request) -> Mapping[str, list[str]]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise BadRequest("the form is too large")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=1000)
    except ValueError as error:
        raise BadRequest("the form cannot be read") from error


def _root(request: Request) -> str:
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


def _local(path: str) -> str:
    """Return a path of this dashboard to go to; the first page for any other address."""
    wanted = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if wanted and not path.startswith(WITHOUT_TOKEN) else "/"


def _back(act: Act) -> str:
    return f"/failures?{urlencode({'queue': act.queue})}" if act.queue else "/failures"


def _quoted(text: str) -> str:
    return urlencode({"": text})[1:].replace("+", "%20")


def _json(value: object, code: int = 200) -> Response:
    return Response(msgspec.json.encode(value), code, media_type=JSON)

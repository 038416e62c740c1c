"""The middleware that holds each request to the rules of `naq.dashboard.access`, and the headers of each answer."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from naq.dashboard.access import Access, Session, Sessions, bears_token, host_refusal, origin_refusal

# Nothing is loaded from another server, nothing runs that is not a file of this one, and no page can frame this.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Paths that need no token: the form for it, and what it looks like.
WITHOUT_TOKEN: Final = ("/login", "/static/")


class Guard:
    """Refuses requests, and notes in `request.state` what the others may do: `session` and `bearer`."""

    def __init__(self, app: ASGIApp, access: Access, sessions: Sessions) -> None:
        self._app = app
        self._access = access
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        reason = self._refusal(request)
        if reason is not None:
            refusal = PlainTextResponse(f"refused: {reason}\n", 403)
            await refusal(scope, receive, send_safely)
            return
        session = self._sessions.find(request.cookies.get(self._sessions.cookie))
        bearer = bears_token(self._access, request.headers)
        scope.setdefault("state", {})
        request.state.session, request.state.bearer = session, bearer
        await self._app(scope, receive, send_safely)

    def _refusal(self, request: Request) -> str | None:
        headers = Headers(scope=request.scope)
        reason = host_refusal(self._access, headers)
        if reason is None and not bears_token(self._access, headers):
            reason = origin_refusal(request.method, headers)
        return reason


def may_read(request: Request, access: Access) -> bool:
    """Return whether the pages are shown to the sender of a request."""
    return access.open_reading or request.state.session is not None or request.state.bearer


def may_act(request: Request, access: Access) -> bool:
    """Return whether the sender of a request may act; a browser's form token is checked in addition."""
    return access.actions and (request.state.session is not None or request.state.bearer)


def session_of(request: Request) -> Session | None:
    """Return the session of a request."""
    found: Session | None = request.state.session
    return found

"""Permission errors of the server, passed to the requests that will get no answer because of them.

The server reports a publish or a subscription that is not permitted with an error on the connection. The error names
the subject but not the request, which would wait until its timeout. Measured on nats-server 2.14 and nats-py 2.16: the
text of the error arrives in lower case.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.errors import JetStreamDisabled, PermissionDenied

PUBLISH, SUBSCRIBE = "publish", "subscribe"
# Called with the operation and the subject in lower case; returns whether a request waited for it.
Watcher: TypeAlias = Callable[[str, str], bool]

_VIOLATION = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"')
API = "$JS.API."
_NO_RESPONDERS = "503"
_NOT_FOR_ACCOUNT, _NOT_ENABLED = b'"err_code":10039', b'"err_code":10076'


class Denials:
    """What the server has denied on one connection, and the watchers that are called for each denial."""

    def __init__(self) -> None:
        # Denied subscriptions in lower case; the server reports each of them only once.
        self.subscriptions: set[str] = set()
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` for each denial from now on."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop calling `watcher`."""
        self._watchers.remove(watcher)

    def note(self, error: Exception) -> bool:
        """Look for a denial in an error of the connection; returns whether a request waited for it."""
        found = _VIOLATION.search(str(error).lower())
        if found is None:
            return False
        operation = PUBLISH if found[1] == PUBLISH else SUBSCRIBE
        if operation == SUBSCRIBE:
            self.subscriptions.add(found[2])
        waited = [watcher(operation, found[2]) for watcher in list(self._watchers)]
        return any(waited)

    def reset(self) -> None:
        """Forget denied subscriptions: on a new connection the server checks each of them again."""
        self.subscriptions.clear()


@contextlib.contextmanager
def watch_denials(
    connection: Client, subject: str, on_denial: Callable[[PermissionDenied], None], operation: str = PUBLISH
) -> Iterator[None]:
    """Call `on_denial` when the server denies a publish, or another `operation`, to `subject` inside the block.

    Does nothing for a connection that was not made by this library.
    """
    denials = getattr(connection, "denials", None)
    if not isinstance(denials, Denials):
        yield
        return

    def watcher(found: str, denied: str) -> bool:
        if found != operation or denied != subject.lower():
            return False
        on_denial(PermissionDenied(operation, subject))
        return True

    denials.watch(watcher)
    try:
        yield
    finally:
        denials.unwatch(watcher)


@contextlib.contextmanager
def expect_denials(connection: Client, subjects: Iterable[str]) -> Iterator[None]:
    """Log no error when the server denies a subscription to one of these subjects inside the block."""
    denials = getattr(connection, "denials", None)
    if not isinstance(denials, Denials):
        yield
        return
    expected = frozenset(subject.lower() for subject in subjects)

    def watcher(operation: str, denied: str) -> bool:
        return operation == SUBSCRIBE and denied in expected

    denials.watch(watcher)
    try:
        yield
    finally:
        denials.unwatch(watcher)


def subscription_denied(connection: Client, subject: str) -> bool:
    """Return whether the server has denied the subscription to `subject`.

    False for a connection that was not made by this library, for which this is not known.
    """
    denials = getattr(connection, "denials", None)
    return isinstance(denials, Denials) and subject.lower() in denials.subscriptions


def check_jetstream(subject: str, answer: Msg, *, enabled: bool) -> None:
    """Raise `JetStreamDisabled` when the answer to an API request reports that there is no JetStream.

    `enabled` tells whether the connected server has JetStream: then a missing answer may be temporary, as in a cluster.
    """
    if not subject.startswith(API):
        return
    if not enabled and answer.headers and answer.headers.get("Status") == _NO_RESPONDERS:
        raise JetStreamDisabled
    if answer.data.startswith(b"{") and (_NOT_FOR_ACCOUNT in answer.data or _NOT_ENABLED in answer.data):
        raise JetStreamDisabled(account=_NOT_FOR_ACCOUNT in answer.data)

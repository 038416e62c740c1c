"""Permissions that the server denies, told to whoever waits for an answer that will not come.

The server answers a publish or a subscription without the right for it with an error on the connection, which names
the subject and no request; the request itself waits out its time. Measured on nats-server 2.14, nats-py 2.16: the
words arrive in small letters.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.errors import JetStreamDisabled, PermissionDenied

PUBLISH, SUBSCRIBE = "publish", "subscribe"
# Told the operation and the subject in small letters; says whether anything waited for it.
Watcher: TypeAlias = Callable[[str, str], bool]

_VIOLATION = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"')
API = "$JS.API."
_NO_RESPONDERS = "503"
_NOT_FOR_ACCOUNT, _NOT_ENABLED = b'"err_code":10039', b'"err_code":10076'


class Denials:
    """What the server has denied on one connection, and who is told of it."""

    def __init__(self) -> None:
        # Subscriptions in small letters; the server does not repeat that nothing will come by them.
        self.subscriptions: set[str] = set()
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of each denial from now on."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell it no more."""
        self._watchers.remove(watcher)

    def note(self, error: Exception) -> bool:
        """Look for a denial in an error of the connection; returns whether anything waited for it."""
        found = _VIOLATION.search(str(error).lower())
        if found is None:
            return False
        operation = PUBLISH if found[1] == PUBLISH else SUBSCRIBE
        if operation == SUBSCRIBE:
            self.subscriptions.add(found[2])
        told = [watcher(operation, found[2]) for watcher in list(self._watchers)]
        return any(told)

    def reset(self) -> None:
        """The connection is a new one: the server judges each subscription again."""
        self.subscriptions.clear()


@contextlib.contextmanager
def denials_told(connection: Client, subject: str, told: Callable[[PermissionDenied], None]) -> Iterator[None]:
    """Inside the block, `told` is called when the server denies a publish to `subject`; not of a connection by hand."""
    denials = getattr(connection, "denials", None)
    if not isinstance(denials, Denials):
        yield
        return

    def watcher(operation: str, denied: str) -> bool:
        if operation != PUBLISH or denied != subject.lower():
            return False
        told(PermissionDenied(PUBLISH, subject))
        return True

    denials.watch(watcher)
    try:
        yield
    finally:
        denials.unwatch(watcher)


def is_deaf_to(connection: Client, subject: str) -> bool:
    """Whether the server has denied the subscription to `subject`; of a connection by hand this is not known."""
    denials = getattr(connection, "denials", None)
    return isinstance(denials, Denials) and subject.lower() in denials.subscriptions


def check_jetstream(subject: str, answer: Msg, *, enabled: bool) -> None:
    """Raise `JetStreamDisabled` when the answer to an API request says that there is no JetStream.

    `enabled` is whether the connected server itself has it: where another one of a cluster has, its absence may pass.
    """
    if not subject.startswith(API):
        return
    if not enabled and answer.headers and answer.headers.get("Status") == _NO_RESPONDERS:
        raise JetStreamDisabled
    if answer.data.startswith(b"{") and (_NOT_FOR_ACCOUNT in answer.data or _NOT_ENABLED in answer.data):
        raise JetStreamDisabled(account=_NOT_FOR_ACCOUNT in answer.data)

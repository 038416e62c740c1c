"""The server: decides when a text is checked and sends the results; the other modules compute them.

A text that was changed is checked at once, in a thread; changes that come in meanwhile are checked together when that
is done, and results for a text that has changed again are dropped. So typing fast costs one check at a time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from flake8_naq import __version__
from flake8_naq.lsp import messages
from flake8_naq.lsp.checking import Checked, Checker, unchecked
from flake8_naq.lsp.code_actions import FIX_ALL, CodeActions, Shown
from flake8_naq.lsp.protocol import Protocol, one_line
from flake8_naq.run.gc_tuning import collection_paused

if TYPE_CHECKING:
    from pygls.server import ServerErrors

# Deeply nested code needs a deep stack, and some systems give threads little.
_STACK_BYTES = 64 << 20
# Texts that are checked at the same time: a small one does not wait for one that takes a minute.
_AT_ONCE = 4
_WARM_UP = "import nats\nasync def f():\n    nc = await nats.connect()\n"
_CONFIGURATION = "**/{pyproject.toml,.flake8,setup.cfg,tox.ini,`baseline`}"


class Server(LanguageServer):
    """The language server, with the state of each open text."""

    def __init__(self) -> None:
        # Whole texts: pygls cuts lines at characters (form feed, U+2028) where neither Python nor the protocol does.
        super().__init__(
            "flake8-naq",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
        )
        threading.stack_size(_STACK_BYTES)
        self._worker = ThreadPoolExecutor(_AT_ONCE, "check")
        self._checker = Checker()
        self._actions = CodeActions(self._checker)
        self._checked: dict[str, Checked] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stale: set[str] = set()
        self._said: set[str] = set()
        self.ended_as_asked = False

    @property
    def encoding(self) -> str:
        """The unit of columns that client and server agreed on."""
        return str(self.workspace.position_encoding or "utf-16")

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Log an error about a message to the client; a request has been answered already."""
        if source is not FeatureRequestError:
            text = f"flake8-naq: a message was not served: {one_line(str(error) or repr(error))}"
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))

    def warm_up(self) -> None:
        """Import the modules of a check before the first check."""
        self._worker.submit(self._checker.check, "untitled.py", _WARM_UP)

    def changed(self, uri: str) -> None:
        """Schedule a check of the text of `uri`, unless one is scheduled."""
        self._actions.changed(uri)
        task = self._tasks.get(uri)
        if task is None or task.done():
            self._tasks[uri] = asyncio.ensure_future(self._follow(uri))

    def all_changed(self) -> None:
        """Check all open texts again: their settings may have changed."""
        self._checker.forget()
        self._actions.forget()
        self._said.clear()
        for document in list(self.workspace.text_documents.values()):
            self._stale.add(document.uri)  # as the client spells it; pygls' own keys are unquoted
            self.changed(document.uri)

    def closed(self, uri: str) -> None:
        """Forget a text and remove its warnings."""
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()
        self._checked.pop(uri, None)
        self._stale.discard(uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    async def current(self, uri: str) -> Checked | None:
        """Return the findings of the present text; None if no Python text of that address is open."""
        text = self._text(uri)
        if text is None:
            return None
        return self._known(uri, text) or await self._check(uri, text)

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Return the code actions for the findings in a range, and for all findings."""
        shown = await self._shown(params.text_document.uri)
        return [] if shown is None else await self._actions.at(shown, params, self._resolves)

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """Return an offered action with its changes; if there are none, the user is shown the reason."""
        uri = action.data.get("uri") if isinstance(action.data, dict) else None
        shown = await self._shown(uri) if isinstance(uri, str) else None
        reason = await self._actions.resolve(shown, action) if shown is not None else ""
        if reason:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"not fixed: {one_line(reason)}"))
        return action

    async def _shown(self, uri: str) -> Shown | None:
        """Return the present text with its findings, None where there is nothing to fix."""
        checked = await self.current(uri)
        if checked is None or checked.good is not None or not checked.findings:
            return None
        return Shown(uri, _path(uri), checked, self.encoding)

    @property
    def _resolves(self) -> bool:
        """Whether the client resolves the changes of an action when the user chooses it."""
        document = self.client_capabilities.text_document
        support = document.code_action.resolve_support if document and document.code_action else None
        return support is not None and "edit" in support.properties

    async def _follow(self, uri: str) -> None:
        """Check and publish until the checked text is the present one."""
        while (text := self._text(uri)) is not None and not self._known(uri, text):
            start = time.monotonic()
            with collection_paused():  # what a check leaves behind is looked through when its warnings are out
                await self._check(uri, text)
            if self._text(uri) != text:  # it changes faster than it can be checked: half the time is for others
                await asyncio.sleep(time.monotonic() - start)

    def _known(self, uri: str, text: str) -> Checked | None:
        known = self._checked.get(uri)
        return known if known is not None and known.text == text and uri not in self._stale else None

    async def _check(self, uri: str, text: str) -> Checked:
        last = self._checked.get(uri)
        self._stale.discard(uri)
        try:
            loop = asyncio.get_running_loop()
            checked = await loop.run_in_executor(self._worker, self._checker.check, _path(uri), text, last)
        except Exception as error:  # a setting that cannot be used, or a mistake of ours: the server goes on
            self._say(str(error) if isinstance(error, ValueError) else f"{_path(uri)}: {error!r}")
            checked = unchecked(text, last)
        if checked.note:
            self._say(f"{_path(uri)}: {checked.note}")
        if self._text(uri) == text:
            self._checked[uri] = checked
            self._publish(uri, checked)
        return checked

    def _publish(self, uri: str, checked: Checked) -> None:
        found = messages.diagnostics(checked, self.encoding)
        document = self._document(uri)
        number = document.version if document is not None else None
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, number))

    def _say(self, text: str) -> None:
        """Show the user once why a text cannot be checked."""
        if text not in self._said:
            self._said.add(text)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"flake8-naq: {one_line(text)}"))

    def _document(self, uri: str) -> TextDocument | None:
        """Return an open document; pygls stores documents by unquoted address."""
        document: TextDocument | None = self.workspace.text_documents.get(unquote(uri))
        return document

    def _text(self, uri: str) -> str | None:
        """Return the text of an open Python document."""
        document = self._document(uri)
        if document is None:
            return None
        language = (document.language_id or "python").lower()
        return document.source if "python" in language else None


def _path(uri: str) -> str:
    """Return the path of a document; a document without a file is placed in the current folder."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return path or "untitled.py"


def build() -> Server:
    """Return a server with all its handlers."""
    server = Server()

    @server.feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        ls.warm_up()
        _watch(ls)

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: Server, params: None) -> None:
        ls.ended_as_asked = True

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        ls.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.all_changed()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        ls.all_changed()

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        checked = await ls.current(params.text_document.uri)
        return messages.hover(checked, ls.encoding, params.position) if checked else None

    options = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        return await ls.actions(params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(ls: Server, params: types.CodeAction) -> types.CodeAction:
        action = await ls.resolved(params)
        # Eglot of Emacs 30 would ask again, without end, for an action that comes back without changes.
        action.edit = action.edit or types.WorkspaceEdit(changes={})
        return action

    return server


def _watch(server: Server) -> None:
    """Ask the client, if it supports it, to report changes of settings files."""
    workspace = server.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if watched is None or not watched.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(_CONFIGURATION)])
    registration = types.Registration("configuration", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    server.client_register_capability(types.RegistrationParams([registration]))

"""An editor for tests: pygls' own client, which speaks to a real server process and remembers what it is told."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.workspace import PositionCodec, TextDocument

STARTED = (sys.executable, "-m", "flake8_naq.cli.main", "lsp")  # as an editor starts the server
_server: tuple[str, ...] = STARTED
RESOLVES = types.ClientCodeActionResolveOptions(["edit"])
_PATIENCE = 30


def use(command: tuple[str, ...]) -> None:
    """Let this command start the servers of the tests from now on."""
    global _server
    _server = command


def server_command() -> tuple[str, ...]:
    """Return the command that starts a server."""
    return _server


class Editor(LanguageClient):
    """Open, change and close texts, and wait for the warnings that belong to them."""

    def __init__(self) -> None:
        super().__init__("test-editor", "1")
        self.told: list[str] = []
        self.stderr = ""
        self.returncode: int | None = None
        self.offered: types.InitializeResult | None = None
        self._published: dict[str, types.PublishDiagnosticsParams] = {}
        self._news = asyncio.Event()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self._published[params.uri] = params
            self._news.set()

        @self.feature(types.WINDOW_SHOW_MESSAGE)
        def told(params: types.ShowMessageParams) -> None:
            self.told.append(params.message)
            self._news.set()

        @self.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            """Whatever it wants to register is fine."""

    def open(self, path: Path, text: str | None = None, version: int = 1) -> str:
        """Open a file, with its text on the disk or another; gives its address."""
        uri = path.as_uri()
        content = path.read_text(encoding="utf-8") if text is None else text
        item = types.TextDocumentItem(uri, "python", version, content)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str, version: int) -> None:
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=uri, version=version),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def warnings(self, uri: str, version: int | None = 1) -> list[types.Diagnostic]:
        """The warnings of that version of a text, once they have come."""
        async with asyncio.timeout(_PATIENCE):
            while (got := self._published.get(uri)) is None or got.version != version:
                self._news.clear()
                await self._news.wait()
        return list(got.diagnostics)

    def has_warnings(self, uri: str) -> bool:
        """Whether warnings of a text have come, if only none."""
        return uri in self._published

    async def actions(
        self, uri: str, line: int, character: int = 0, only: Sequence[str] | None = None, silencers: bool = False
    ) -> list[types.CodeAction]:
        """What can be done at a place, with its changes: the fixes, or the comments that silence a finding."""
        place = types.Range(types.Position(line, character), types.Position(line, character))
        context = types.CodeActionContext(diagnostics=[], only=only)
        parameters = types.CodeActionParams(types.TextDocumentIdentifier(uri), place, context)
        found = await self.text_document_code_action_async(parameters)
        resolved = []
        for action in found or ():
            assert isinstance(action, types.CodeAction)
            resolved.append(action if action.edit else await self.code_action_resolve_async(action))
        return [action for action in resolved if action.title.startswith("Disable ") is silencers]

    async def until(self, uri: str, right: Callable[[Sequence[types.Diagnostic]], bool]) -> None:
        """Wait for warnings that are right."""
        async with asyncio.timeout(_PATIENCE):
            while not right(self._published[uri].diagnostics):
                self._news.clear()
                await self._news.wait()

    async def message(self) -> str:
        """The next thing that the user is told."""
        async with asyncio.timeout(_PATIENCE):
            while not self.told:
                self._news.clear()
                await self._news.wait()
        return self.told.pop(0)


def in_a_loop(test: Callable[..., Coroutine[None, None, None]]) -> Callable[..., None]:
    """A test that is a coroutine, as one that pytest runs."""

    @functools.wraps(test)
    def run(*arguments: object, **named: object) -> None:
        asyncio.run(test(*arguments, **named))

    return run


@asynccontextmanager
async def editing(
    folder: Path,
    encodings: Sequence[str] | None = None,
    server: Sequence[str] = (),
    resolves: bool = True,
) -> AsyncIterator[Editor]:
    """An editor with a separate server, started in *folder*; both have ended afterwards, the server as asked."""
    editor = Editor()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore"}
    await editor.start_io(*(server or server_command()), cwd=folder, env=environment)
    process = editor._server
    assert process is not None
    assert process.stderr is not None
    read = asyncio.ensure_future(process.stderr.read())
    try:
        general = types.GeneralClientCapabilities(position_encodings=encodings) if encodings else None
        files = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        actions = types.CodeActionClientCapabilities(resolve_support=RESOLVES if resolves else None)
        capabilities = types.ClientCapabilities(
            general=general,
            workspace=types.WorkspaceClientCapabilities(did_change_watched_files=files),
            text_document=types.TextDocumentClientCapabilities(code_action=actions),
        )
        parameters = types.InitializeParams(capabilities=capabilities, root_uri=folder.as_uri())
        editor.offered = await editor.initialize_async(parameters)
        editor.initialized(types.InitializedParams())
        yield editor
        await editor.shutdown_async(None)
        editor.exit(None)
        async with asyncio.timeout(_PATIENCE):
            editor.returncode = await process.wait()
            editor.stderr = (await read).decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        read.cancel()
        await editor.stop()


def applied(text: str, edit: types.WorkspaceEdit | None, encoding: str = "utf-16") -> str:
    """The text after an editor has made the changes, by pygls' reading of positions."""
    assert edit is not None
    assert edit.changes is not None
    [edits] = edit.changes.values()
    document = TextDocument("file:///x.py", text, position_codec=PositionCodec(types.PositionEncodingKind(encoding)))
    for one in sorted(edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True):
        document.apply_change(types.TextDocumentContentChangePartial(one.range, one.new_text))
    return document.source

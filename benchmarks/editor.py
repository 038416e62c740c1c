"""Measures how soon an editor is answered: `flake8-naq lsp` over its pipes, on a file of 1,000 lines under change.

The file imports 50 modules of its project, of which most get their connections from a few others.

`make bench` runs this after the others. Times are from the client's side: from sending to having read the answer; on a
machine that has other work, the server's processor time says more.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from project import CLIENTS, USER
from project import PLAIN as RECORDS

# By hand, managed, and neither: one of eight functions has a finding, as in code that is half migrated.
BY_HAND = """\
    async def publish{n}(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> int:
        nc = await nats.connect(self.url)
        try:
            js = nc.jetstream()
            acknowledgement = await js.publish(subject, payload, headers=headers)
            self.log.info("stored %s in %s", subject, acknowledgement.stream)
            return acknowledgement.seq
        finally:
            await nc.close()
"""
MANAGED = """\
    async def count{n}(self, bucket: str) -> dict[str, int]:
        async with await nats.connect(self.url) as nc:
            kv = await nc.jetstream().key_value(bucket)
            found: dict[str, int] = {{}}
            for key in await kv.keys():
                try:
                    found[key] = len((await kv.get(key)).value or b"")
                except nats.js.errors.KeyNotFoundError:
                    continue
            return found
"""
PLAIN = """\
    def parse{n}(self, text: str) -> list[tuple[int, str]]:
        rows: list[tuple[int, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            name, _, value = line.partition("=")
            if value.isdigit() and int(value) > {n}:
                rows.append((number, name.strip()))
        return sorted(rows, key=lambda row: (row[1], -row[0]))
"""
HEADER = """\
import logging

import nats


class Service:
    url = "nats://localhost"
    log = logging.getLogger(__name__)
"""


def module(lines: int) -> str:
    """A module of about that many lines."""
    parts = [HEADER]
    while sum(part.count("\n") for part in parts) < lines:
        n = len(parts)
        parts.append("\n" + (BY_HAND if n % 8 == 1 else MANAGED if n % 8 in (3, 5) else PLAIN).format(n=n))
    return "".join(parts)


def modules(folder: Path, number: int) -> str:
    """Write that many modules into the folder, and return the imports of a file beside them."""
    imports = []
    for n in range(number):
        makers = number // 10 + 1
        makes = n < makers
        head = "import nats\n" if makes else f"from m{n % makers} import Bus, get_client, shut\n"
        text = f"import logging\n{head}{RECORDS.format(n=n)}{CLIENTS if makes else USER.format(n=n)}"
        (folder / f"m{n}.py").write_text(text)
        client = f"get_client as get_client{n}, " if makes else ""
        imports.append(f"from m{n} import {client}Record{n}, total_{n}\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
    return "".join(imports)


CAPABILITIES = {"textDocument": {"codeAction": {"resolveSupport": {"properties": ["edit"]}}}}
PROCESSOR = "processor time from a change to its warnings"


class Client:
    """Speaks to one server about one document, and waits for each answer."""

    def __init__(self, command: Sequence[str], path: Path) -> None:
        self.document = {"uri": path.as_uri()}
        self._process = subprocess.Popen(command, stdin=PIPE, stdout=PIPE)
        self._number = 0

    def send(self, method: str, parameters: object, **more: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": parameters, **more})
        assert self._process.stdin is not None
        self._process.stdin.write(f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        self._process.stdin.flush()

    def wait(self, key: str, value: object) -> Any:
        """The next message in which *key* is *value*."""
        assert self._process.stdout is not None
        while True:
            length = int(self._process.stdout.readline().split(b":")[1])
            while self._process.stdout.readline().strip():
                pass
            message = json.loads(self._process.stdout.read(length))
            if message.get(key) == value:
                return message

    def ask(self, method: str, parameters: object) -> Any:
        """The answer to a request."""
        self._number += 1
        self.send(method, parameters, id=self._number)
        return self.wait("id", self._number).get("result")

    def processor(self) -> float:
        """Seconds of processor time that the server has used."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def end(self) -> None:
        self.ask("shutdown", None)
        self.send("exit", None)
        self._process.communicate()


class Times(dict[str, list[float]]):
    """Milliseconds by name."""

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.setdefault(name, []).append((time.perf_counter() - start) * 1000)


def measure(folder: Path, text: str, runs: int) -> Times:
    times = Times()
    client = Client([sys.executable, "-m", "flake8_naq.cli.main", "lsp"], folder / "service.py")
    with times.of("from the start of the server to the first warnings"):
        client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES})
        client.send("initialized", {})
        document = {**client.document, "languageId": "python", "version": 1, "text": text}
        client.send("textDocument/didOpen", {"textDocument": document})
        client.wait("method", "textDocument/publishDiagnostics")
    before = client.processor()
    for version in range(2, runs + 2):
        _change(client, times, text, version)
        time.sleep(0.2)  # a person pauses
    times[PROCESSOR] = [statistics.mean(times[PROCESSOR])]  # a system counts it in hundredths of a second
    times["processor time for each change, with what follows"] = [(client.processor() - before) * 1000 / runs]
    for version in range(runs + 2, runs + 7):
        _change(client, Times(), text, version)
        _fix(client, times, text)
    client.end()
    return times


def _change(client: Client, times: Times, text: str, version: int) -> None:
    document = {**client.document, "version": version}
    change = {"textDocument": document, "contentChanges": [{"text": f"{text}# {version}\n"}]}
    before = client.processor()
    with times.of("a change to its warnings"):
        client.send("textDocument/didChange", change)
        client.wait("method", "textDocument/publishDiagnostics")
    times.setdefault(PROCESSOR, []).append((client.processor() - before) * 1000)
    with times.of("hover"):
        client.ask("textDocument/hover", {"textDocument": client.document, "position": {"line": 10, "character": 20}})


def _fix(client: Client, times: Times, text: str) -> None:
    place = next(i for i, line in enumerate(text.splitlines()) if "nc = await nats.connect" in line)
    span = {"start": {"line": place, "character": 20}, "end": {"line": place, "character": 20}}
    asked = {"textDocument": client.document, "range": span, "context": {"diagnostics": [], "only": ["quickfix"]}}
    with times.of("quick fix, offered"):
        action = next(one for one in client.ask("textDocument/codeAction", asked) if one.get("isPreferred"))
    with times.of("quick fix, worked out when chosen"):
        fixed = action if "edit" in action else client.ask("codeAction/resolve", action)
    assert fixed["edit"], fixed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--modules", type=int, default=50)
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    print(f"\neditor: a file of {arguments.lines:,} lines that imports {arguments.modules} modules, milliseconds\n")
    print("| | median | slowest |\n| --- | --- | --- |")
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        imports = modules(folder, arguments.modules)
        found = measure(folder, imports + module(arguments.lines - arguments.modules), arguments.runs)
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |")


if __name__ == "__main__":
    main()

"""`naq worker`: running the jobs of queues until stopped.

rich is imported only for a terminal, or for the output at the end, so that an idle worker needs little memory.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from naq.command.context import Settings, exit_code, import_from_here, json_option, run, stopping
from naq.command.watchdog import Watchdog
from naq.worker.core import Hooks, Worker
from naq.worker.stopping import REST

if TYPE_CHECKING:
    from rich.console import Console

REFRESH = 0.5
# With one of these variables, rich draws also without a terminal.
FORCING = ("FORCE_COLOR", "TTY_COMPATIBLE")


@click.command()
@click.argument("queues", nargs=-1)
@click.option("--concurrency", "-c", type=int, help="Jobs at the same time (default: worker.concurrency).")
@click.option("--burst", is_flag=True, help="End when the queues are empty.")
@click.option("--name", help="Unique name of the worker (default: from host and process).")
@click.option("--import", "imports", multiple=True, metavar="MODULE", help="Import it first, for its @task functions.")
@click.option("--modules", multiple=True, metavar="PREFIX", help='Run functions of these modules; "*" allows any.')
@click.option("--metrics", metavar="ADDRESS", help="Serve Prometheus there, such as 127.0.0.1:9400 (worker.metrics).")
@click.option("--health", metavar="ADDRESS", help="Serve /healthz and /readyz there (worker.health).")
@click.option("--reload", is_flag=True, help="For development: start again when a source file changes.")
@click.option(
    "--reload-dir",
    "reload_dirs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that --reload watches; may be repeated (default: the working directory).",
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
@json_option
@click.pass_context
def worker(
    context: click.Context,
    /,
    queues: tuple[str, ...],
    concurrency: int | None,
    burst: bool,
    name: str | None,
    imports: tuple[str, ...],
    modules: tuple[str, ...],
    metrics: str | None,
    health: str | None,
    reload: bool,
    reload_dirs: tuple[Path, ...],
    quiet: bool,
    as_json: bool,
) -> int:
    """Run the jobs of QUEUES (default: "default").

    After Ctrl-C or SIGTERM, the worker takes no more jobs and lets running jobs finish; a second signal stops it at
    once. The process ends at most 10 seconds after worker.shutdown_timeout, even if a job or the server blocks.
    Functions are also imported from the working directory. A job runs only if its function is registered with @task or
    is in one of the --modules (default: your own code; with --import, only @task functions); other jobs go to the
    failed store as "not allowed".
    """
    settings: Settings = context.obj
    if reload or reload_dirs:
        return _reload(context, settings, burst, reload, reload_dirs, quiet)
    import_from_here()
    terminal = None if settings.log_format == "json" else _terminal()
    settings.set_up_logs("warning" if quiet else "info", terminal)
    # The logs are set up by now.
    config = replace(settings, log_level=None, log_format=None).config()
    options = {"imports": imports, "modules": modules, "metrics": metrics, "health": health}
    given = {name: value for name, value in options.items() if value}
    config = config.model_copy(update={"worker": config.worker.model_copy(update=given)})
    # A program that calls this command may have frozen its objects itself.
    hooks = None if gc.get_freeze_count() else Hooks(on_start=_freeze, on_stop=_unfreeze)
    working = Worker(queues or ("default",), config, concurrency, burst=burst, name=name, hooks=hooks)
    code = run(_work(working, None if quiet else terminal))
    from naq.command.output import print_json, print_line

    counts = working.counts
    done = {"worker": working.worker_id, "succeeded": counts.succeeded, "failed": counts.failed}
    if as_json:
        print_json({**done, "retried": counts.retried, "cancelled": counts.cancelled})
    elif not quiet:
        print_line(f"{counts.succeeded} succeeded, {counts.failed} failed, {counts.retried} retried")
    return code


def _reload(
    context: click.Context, settings: Settings, burst: bool, reload: bool, folders: tuple[Path, ...], quiet: bool
) -> int:
    """Run workers in other processes, a further one after each change of a source file."""
    if not reload:
        raise click.UsageError("--reload-dir can only be used with --reload")
    if burst:
        raise click.UsageError("--reload and --burst cannot be used together")
    try:
        from naq.command.reloading import arguments_of, supervise
    except ModuleNotFoundError as error:
        if error.name != "watchfiles":
            raise
        raise click.UsageError("--reload needs the package watchfiles; pip install 'naq[reload]'") from None
    settings.set_up_logs("warning" if quiet else "info")
    # Wrong settings are an error at once. The logs are set up by now.
    replace(settings, log_level=None, log_format=None).config()
    return run(supervise(arguments_of(context, settings), folders or (Path.cwd(),)))


def _freeze(_: Worker) -> None:
    """Have the garbage collector leave out what lives as long as the worker, such as all modules.

    Its full runs would otherwise take a tenth of the time of short jobs.
    """
    gc.collect()
    gc.freeze()


def _unfreeze(_: Worker) -> None:
    gc.unfreeze()


async def _work(worker: Worker, terminal: Console | None) -> int:
    watchdog = Watchdog(worker.config.worker.shutdown_timeout + REST, REST)
    with stopping(worker.stop) as signals:
        watchdog.watch()
        await _shown(worker, terminal)
    return exit_code(signals)


async def _shown(worker: Worker, terminal: Console | None) -> None:
    """Run the worker, and show its progress on a terminal."""
    if terminal is None:
        await worker.run(handle_signals=False)
        return
    with terminal.status("starting") as shown:

        async def refresh() -> None:
            while True:
                counts = worker.counts
                shown.update(
                    f"{', '.join(worker.queues)}: {worker.status().running} running, {counts.succeeded} succeeded, "
                    f"{counts.failed} failed, {counts.retried} retried"
                )
                await asyncio.sleep(REFRESH)

        refreshing = asyncio.create_task(refresh())
        try:
            await worker.run(handle_signals=False)
        finally:
            refreshing.cancel()


def _terminal() -> Console | None:
    """Return a console for standard error if it is a terminal, else None."""
    if not sys.stderr.isatty() and not any(name in os.environ for name in FORCING):
        return None
    from rich.console import Console

    terminal = Console(stderr=True)
    return terminal if terminal.is_terminal else None

"""Measures how well linters judge what becomes of an opened file: precision and recall, side by side.

`make bench-judgement` installs the peers and runs this. What is true is not an opinion: generated programs are run over
all choices of branches and exceptions, with a file, and with a connection that is awaited, which count what is opened
and closed. `--size` and `--seed` choose other programs; `--readme` writes the summary into the README.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from judgement.peers import OURS, PEERS, Peer, Place, Report, own_commands, own_version
from judgement.samples import Sample, Truth, kinds, samples
from judgement.score import Reading, Score, Scores, scored, summary, table

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- judgement: written by `make bench-judgement` -->", "<!-- end of judgement -->"
SIZE, SEED = 100, 20261129
_SETTINGS = '[tool.flake8-naq]\ncatalogues = ["files"]\n'
_CAVEATS = """
Our tests hold flake8-naq to the labels of our fixtures, and to the runs of programs from the same generator: those
rows say more of the peers. Another --seed draws programs that no test has seen. A linter with one code is scored by
it in both readings, though pylint and ruff mean the second by theirs."""
Truths = dict[str, dict[Place, Truth]]  # by kind


def written(folder: Path, chosen: list[Sample]) -> Truths:
    """Write a file for each sample; return what is true at each place, by kind."""
    (folder / "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")
    truths: Truths = defaultdict(dict)
    for number, sample in enumerate(chosen):
        name = f"p{number:05}.py"
        (folder / name).write_text(sample.source, encoding="utf-8")
        truths[sample.kind] |= {(name, *site): truth for site, truth in sample.acquisitions.items()}
    return truths


def score_of(reports: list[Report], truths: Truths) -> dict[Reading, dict[str, Score]]:
    return {reading: {kind: scored(places, reports, reading) for kind, places in truths.items()} for reading in Reading}


def compared(folder: Path, truths: Truths, peers_at: Path) -> tuple[Scores, list[str]]:
    """Return the scores of each linter that is installed, and a line on each linter."""
    scores = {OURS.title: score_of(OURS.reports(folder, own_commands()), truths)}
    lines = [f"- flake8-naq {own_version()}: NAQ102 and NAQ103 are leaks, NAQ101 with them means: use `with`"]
    for peer in PEERS:
        found = peer.version(peers_at)
        if found is None:
            lines.append(f"- {peer.title}: left out, {peer.distribution} is not installed in {peers_at}")
            continue
        scores[peer.title] = score_of(peer.reports(folder, peers_at), truths)
        lines.append(f"- {peer.title} {found}{_note(peer)}")
    return scores, lines


def _note(peer: Peer) -> str:
    return f": {peer.note}" if peer.note else ""


def with_summary(readme: str, text: str) -> str:
    """Return the README with a new summary between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def headline(truths: Truths, size: int, seed: int) -> str:
    calls = Counter(truth for places in truths.values() for truth in places.values())
    return (
        f"{sum(map(len, truths.values()))} acquisitions (--size {size} --seed {seed}): "
        f"{calls[Truth.LEAKS]} that some run loses, {calls[Truth.BY_HAND]} that every run closes by hand, "
        f"{calls[Truth.FINE]} with a manager or handed on, "
        f"{calls[Truth.EITHER]} not counted (handed on, unless an exception comes first)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help="programs of each kind")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--peers", type=Path, default=own_commands(), help="the folder of the peers' commands")
    parser.add_argument("--readme", action="store_true", help="write the summary into the README")
    given = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        truths = written(Path(folder), list(samples(given.size, given.seed)))
        print(f"Python {sys.version.split()[0]}; {headline(truths, given.size, given.seed)}\n", flush=True)
        scores, lines = compared(Path(folder), truths, given.peers.absolute())
    print("\n".join(lines))
    sizes = {kind: len(places) for kind, places in truths.items()}
    for reading in Reading:
        print(f"\nPrecision / recall where a report means: {reading.value}\n")
        print(table(scores, reading, kinds(), sizes))
    print(f"\n{summary(scores)}\n\n{time.monotonic() - start:.0f} s")
    print(_CAVEATS)
    if given.readme:
        README.write_text(with_summary(README.read_text(encoding="utf-8"), summary(scores)), encoding="utf-8")


if __name__ == "__main__":
    main()

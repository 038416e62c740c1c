"""The catalogue that counts in one file: it follows from the libraries that the file and its modules import."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from flake8_naq.catalogue.index import index
from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.linking.client_version import needs_older_client
from flake8_naq.linking.requirements import Nearby, Version, version_of
from flake8_naq.project.settings import Settings

_CLOSING: Final = "with contextlib.closing({call}) as {name}"
_NO_LISTS: Final = Nearby()
_PYTHON_2: Final = version_of("2.7")
_FUTURE: Final = (b"absolute_import", b"division", b"print_function", b"unicode_literals", b"with_statement")
_PYTHON_2_ONLY: Final = (b"basestring", b"xrange", b"raw_input", b"unichr", b"urllib2", b"cPickle")
_PYTHON_2_WORDS: Final = (b"python2", *_FUTURE, *_PYTHON_2_ONLY)
_OF_PYTHON_2: Final = re.compile(  # a file that says so works with Python 2, too, or names what only that has
    rb"^#!.*python2|^from __future__ import\b.*\b(?:%b)\b|\b(?:%b)\b" % (b"|".join(_FUTURE), b"|".join(_PYTHON_2_ONLY)),
    re.MULTILINE,
)
_NO_BLOCK: Final = "does not exist before nats-py 2.0"


def catalogue_for(
    source: bytes, settings: Settings, made: Iterable[Resource] = (), near: Nearby = _NO_LISTS
) -> Catalogue:
    """Return all that counts in a file with this text, with the catalogues of the libraries that it imports.

    `made` are the resources that functions of imported modules make; what is known of calls that get them counts, too.
    `near` are the lists of requirements near the file; what these do not say, the settings say for the project.
    """
    if near.clients is not None:
        settings = settings._replace(older_client=near.clients[0], newer_client=near.clients[1])
    imports = settings.gate.imports
    names = imports.of(source) if imports.roots or imports.words else ()
    resources, passed = settings.resources, settings.passed
    if names:
        from flake8_naq.catalogue.library import chosen

        more, borrowed = chosen(names, settings.catalogues)
        resources, passed = (*more, *resources), (*borrowed, *passed)
    catalogue = load_catalogue(resources, passed, settings.inert_bases)
    others = sorted(set(made).difference(catalogue.resources), key=lambda one: (one.name, sorted(one.acquire)))
    if others:
        from flake8_naq.catalogue.library import shipped

        sources = {one.source for one in others} & index().keys() - {*names}
        passed = (*(shipped(one).passed for one in sorted(sources)), *passed)
        catalogue = load_catalogue((*resources, *others), passed, settings.inert_bases)
    catalogue = _without_later_blocks(catalogue, source, near)
    catalogue = _of_older_client(catalogue) if needs_older_client(source, settings, catalogue) else catalogue
    return catalogue._replace(newer_client=True) if settings.newer_client else catalogue


def _of_older_client(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue for the client before nats-py 2.0: no block can enter that client."""
    older = {one: one._replace(manager="", block_does=_NO_BLOCK) for one in catalogue.resources if one.kind == "client"}
    return _with(older, catalogue)._replace(older_client=True)


def _with(others: Mapping[Resource, Resource], catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with other resources in place of some."""
    resources = tuple(others.get(one, one) for one in catalogue.resources)
    acquire, construct, functions = (
        {name: others.get(one, one) for name, one in index.items()}
        for index in (catalogue.acquire, catalogue.construct, catalogue.release_functions)
    )
    return catalogue._replace(resources=resources, acquire=acquire, construct=construct, release_functions=functions)


def _without_later_blocks(catalogue: Catalogue, source: bytes, near: Nearby) -> Catalogue:
    """Return the catalogue without the blocks that a version does not have with which the file has to work."""
    dated = [one for one in catalogue.resources if one.block_since]
    if not dated:
        return catalogue
    python = _PYTHON_2 if _works_with_python_2(source) else near.oldest("python")
    others = {one: _without_block(one) for one in dated if _is_older(one, python, near)}
    return _with(others, catalogue) if others else catalogue


def _is_older(resource: Resource, python: Version | None, near: Nearby) -> bool:
    library, _, since = resource.block_since.partition(" ")
    oldest = python if library == "python" else near.oldest(library)
    return oldest is not None and oldest < version_of(since)


def _works_with_python_2(source: bytes) -> bool:
    # The search for a word is many times as quick as the pattern, and most files have none of these words.
    return any(word in source for word in _PYTHON_2_WORDS) and _OF_PYTHON_2.search(source) is not None


def _without_block(resource: Resource) -> Resource:
    """Return the resource without its block; `contextlib.closing` makes another of what `close()` closes.

    It enters what a call gives, and not one of several that the call gives.
    """
    if resource.release == "{name}.close()" and not resource.items:
        return resource._replace(manager=_CLOSING)
    return resource._replace(manager="", block_does=f"does not exist before {resource.block_since}")

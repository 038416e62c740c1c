"""The catalogue that counts in one file: it follows from the libraries that the file and its modules import."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_naq.catalogue.index import index
from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.project.settings import Settings


def catalogue_for(source: bytes, settings: Settings, made: Iterable[Resource] = ()) -> Catalogue:
    """Return all that counts in a file with this text, with the catalogues of the libraries that it imports.

    `made` are the resources that functions of imported modules make; what is known of calls that get them counts, too.
    """
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
    older, newer = settings.older_client, settings.newer_client
    return catalogue._replace(older_client=older, newer_client=newer) if older or newer else catalogue

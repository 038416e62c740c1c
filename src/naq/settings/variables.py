"""Names of variables: which name settings, and which are close enough to one that a slip is likely.

Other programs set `NAQ_*` variables too: Kubernetes gives every container `NAQ_SERVICE_HOST`, `NAQ_NATS_PORT` and the
like when a Service is called `naq` or `naq-nats`. A name that is unknown and not close to a known one is not an error.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import BaseModel

from naq.settings.problems import section_at

PREFIX = "NAQ_"
DELIMITER = "__"
FILE_VARIABLE = "NAQ_CONFIG_FILE"

# How alike two names must be, from 0 to 1, for one to count as the other misspelt.
_LIKENESS = 0.9
# What Kubernetes makes of the name of a Service.
_KUBERNETES = re.compile(r".+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")


def variable_name(path: Iterable[str]) -> str:
    """The variable of a setting: `NAQ_NATS__SERVERS` for `nats.servers`."""
    return f"{PREFIX}{DELIMITER.join(path).upper()}"


def known_variables(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every variable that names a setting, or a section as a whole."""
    for name in model.model_fields:
        below = (*path, name)
        yield variable_name(below)
        section = section_at((name,), model)
        if section is not None:
            yield from known_variables(section, below)


def sort_out(model: type[BaseModel], names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The problems with variables that are meant for a setting and name none, and hints about all others unknown."""
    known = [*known_variables(model), FILE_VARIABLE]
    problems, others = [], []
    for name in names:
        if name.upper() in known:
            continue
        meant = _meant(name.upper(), known)
        if meant is not None:
            problems.append(f"{name}: this variable names no setting; did you mean {meant}?")
        elif _in_a_section(name, model):
            problems.append(f"{name}: this variable names no setting; known are {', '.join(_beside(name, known))}")
        else:
            others.append(name + _hint(name.upper(), known))
    return problems, others


def _meant(name: str, known: list[str]) -> str | None:
    """The variable that `name` is a slip for."""
    if _KUBERNETES.fullmatch(name):
        return None
    single = {re.sub("_+", "_", one): one for one in known}
    if (found := single.get(re.sub("_+", "_", name))) is not None:
        return found
    # In a section that exists, nothing but one of its settings can be meant: a wider guess helps.
    beside = {_key(one): one for one in _beside(name, known)}
    close = get_close_matches(_key(name), beside, n=1)
    if close:
        return beside[close[0]]
    close = get_close_matches(name, known, n=1, cutoff=_LIKENESS)
    return close[0] if close else None


def _key(name: str) -> str:
    return name.rpartition(DELIMITER)[2]


def _in_a_section(name: str, model: type[BaseModel]) -> bool:
    path = name.upper().removeprefix(PREFIX).lower().split(DELIMITER)
    return len(path) > 1 and section_at(tuple(path[:-1]), model) is not None


def _beside(name: str, known: list[str]) -> list[str]:
    """The known variables of the section that `name` is in."""
    section, delimiter, _ = name.upper().rpartition(DELIMITER)
    return [one for one in known if delimiter and one.rpartition(DELIMITER)[0] == section]


def _hint(name: str, known: list[str]) -> str:
    """The settings whose last part is all of `name`: `NAQ_SERVERS` may be meant for `NAQ_NATS__SERVERS`."""
    key = name.removeprefix(PREFIX)
    alike = [one for one in known if one.endswith(f"{DELIMITER}{key}")]
    return f" (did you mean {' or '.join(alike)}?)" if alike else ""

"""Names of environment variables: those of settings, and misspelt ones.

Other programs set `NAQ_*` variables too: Kubernetes sets `NAQ_SERVICE_HOST`, `NAQ_NATS_PORT` and others in every
container when a Service is named `naq` or `naq-nats`. So an unknown name is an error only if it is close to a known
name.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import BaseModel

from naq.settings.problems import section_at

PREFIX = "NAQ_"
DELIMITER = "__"
FILE_VARIABLE = "NAQ_CONFIG_FILE"

# How similar two names must be, from 0 to 1, for the first to count as a misspelt form of the second.
_LIKENESS = 0.9
# Names of variables that Kubernetes makes from the name of a Service.
_KUBERNETES = re.compile(r".+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")


def variable_name(path: Iterable[str]) -> str:
    """Return the variable of a setting: `NAQ_NATS__SERVERS` for `nats.servers`."""
    return f"{PREFIX}{DELIMITER.join(path).upper()}"


def known_variables(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every variable that names a setting or a whole section."""
    for name in model.model_fields:
        below = (*path, name)
        yield variable_name(below)
        section = section_at((name,), model)
        if section is not None:
            yield from known_variables(section, below)


def sort_out(model: type[BaseModel], names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the error messages for misspelt variables of settings, and the other unknown variables with hints."""
    known = [*known_variables(model), FILE_VARIABLE]
    problems, others = [], []
    for name in names:
        if name.upper() in known:
            continue
        meant = _meant(name.upper(), known)
        if meant is not None:
            problems.append(f"{name}: this variable names no setting; did you mean {meant}?")
        elif _in_a_section(name, model):
            problems.append(f"{name}: this variable names no setting; known are {', '.join(_siblings(name, known))}")
        else:
            others.append(name + _hint(name.upper(), known))
    return problems, others


def _meant(name: str, known: list[str]) -> str | None:
    """Return the known variable of which `name` is a misspelt form, None when there is none."""
    if _KUBERNETES.fullmatch(name):
        return None
    single = {re.sub("_+", "_", variable): variable for variable in known}
    if (found := single.get(re.sub("_+", "_", name))) is not None:
        return found
    # In an existing section, only one of its settings can be meant, so less similar names count too.
    siblings = {_key(variable): variable for variable in _siblings(name, known)}
    close = get_close_matches(_key(name), siblings, n=1)
    if close:
        return siblings[close[0]]
    close = get_close_matches(name, known, n=1, cutoff=_LIKENESS)
    return close[0] if close else None


def _key(name: str) -> str:
    return name.rpartition(DELIMITER)[2]


def _in_a_section(name: str, model: type[BaseModel]) -> bool:
    path = name.upper().removeprefix(PREFIX).lower().split(DELIMITER)
    return len(path) > 1 and section_at(tuple(path[:-1]), model) is not None


def _siblings(name: str, known: list[str]) -> list[str]:
    """Return the known variables of the section that `name` is in."""
    section, delimiter, _ = name.upper().rpartition(DELIMITER)
    return [variable for variable in known if delimiter and variable.rpartition(DELIMITER)[0] == section]


def _hint(name: str, known: list[str]) -> str:
    """Return a hint with the settings whose last part equals `name`: `NAQ_SERVERS` may mean `NAQ_NATS__SERVERS`."""
    key = name.removeprefix(PREFIX)
    candidates = [variable for variable in known if variable.endswith(f"{DELIMITER}{key}")]
    return f" (did you mean {' or '.join(candidates)}?)" if candidates else ""

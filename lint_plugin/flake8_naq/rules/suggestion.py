"""Which context manager a connection should have, written so that it can be pasted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flake8_naq.catalogue.model import Manager
from flake8_naq.cfg.instructions import Origin
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Suggestion
from flake8_naq.prescan.callees import Factory
from flake8_naq.syntax.bindings import target_names
from flake8_naq.syntax.callees import argument_of, arguments_of
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import parameters
from flake8_naq.syntax.walk import walk_scope

_CALLED = re.compile(r"with (?:await )?(?:\w+\.)*(\w+)\(")  # in the catalogue's text of a manager
_WRAPPED = re.compile(r"(?:async )?with ([\w.]+)\((?:await )?\{call\}\)")
_STORED_CONFIG = re.compile(r"\.config\b[^=]*=")
_VIEW_OF_BUCKET = "jetstream:key-value"
_BUCKET_PARAMETER = "bucket"


def suggested(
    facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, call: ast.Call | None = None
) -> Suggestion:
    """The context manager for what the code does with the resource of `summary`, acquired by `call`."""
    found = _suggested(facts, function, summary, call)
    asynchronous = summary.origin.resource.asynchronous
    return found._replace(
        missing_import=_missing_import(function, summary, found.text),
        needs_async_function=asynchronous and not isinstance(function.scope.node, ast.AsyncFunctionDef),
    )


def _suggested(
    facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, call: ast.Call | None
) -> Suggestion:
    resource = summary.origin.resource
    factory = summary.origin.factory
    if factory is not None and summary.origin.call is not None and not is_legacy(factory.acquired_by, facts):
        return _made_manager(facts, function.scope, summary.origin, factory, summary.origin.call)
    owned = any(one.resource == resource.kind for one in own_managers(facts).values()) and resource.kind != ""
    if owned and facts.uses_package:
        return package_manager(facts, function.scope, summary)
    return _plain_manager(
        facts, function, summary, call or (summary.acquired[0] if summary.acquired else summary.origin.call)
    )


def is_legacy(name: str, facts: ModuleFacts) -> bool:
    """Whether the name is one of the by-hand functions that a package leaves behind."""
    return name.rpartition(".")[2] in facts.catalogue.migration.legacy


def own_managers(facts: ModuleFacts) -> dict[str, Manager]:
    """The package's managers that own what they give, by what they suit."""
    return {manager.suits: manager for manager in facts.catalogue.managers.values() if not manager.borrows}


def _made_manager(facts: ModuleFacts, scope: Scope, origin: Origin, factory: Factory, call: ast.Call) -> Suggestion:
    """The resource entered as it comes out of the function that makes it."""
    template, source = origin.resource.manager, source_of(call, facts.lines)
    word = _word(origin)
    if factory.held is not None or origin.resource.reopens:  # no block enters several resources, or what is open
        return Suggestion("")
    if factory.positions:
        return Suggestion(_entered(_name(origin), template, word, scope), factory.name)
    if factory.may_be_none:
        return Suggestion(_entered(_name(origin), template, word, scope), may_be_none=True)
    wait = "await " if factory.asynchronous else ""
    if "{call}" in template:
        waited = source if "await {call}" in template else f"{wait}{source}"
        text = template.format(call=waited, args="", name=_name(origin))
        text = _with_wrapper(text, template, scope)
    else:
        text = f"{word} {wait}{source} as {_name(origin)}" if template else ""
    return Suggestion(text, factory.name)


def _entered(name: str, template: str, word: str, scope: Scope) -> str:
    """The manager of a resource that has a name already; empty where there is no manager."""
    if "{call}" not in template:
        return f"{word} {name}" if template else ""
    text = template.replace("await {call}", "{call}").format(call=name, args="", name=name)
    return _with_wrapper(text.removesuffix(f" as {name}"), template, scope)


def _word(origin: Origin) -> str:
    return "async with" if origin.resource.asynchronous else "with"


def _name(origin: Origin) -> str:
    return origin.name or ("nc" if origin.resource.asynchronous else origin.resource.name[:1])


def package_manager(facts: ModuleFacts, scope: Scope, summary: AcquisitionSummary) -> Suggestion:
    """The manager of the package that suits, with the configuration that is really in scope."""
    suits, bucket_node = suitable(summary, scope)
    bucket = source_of(bucket_node, facts.lines) if bucket_node is not None else ""
    return filled(own_managers(facts)[suits], configuration(facts, scope), bucket)


def filled(manager: Manager, config: str, bucket: str) -> Suggestion:
    """A manager of the package with its arguments."""
    text = manager.text.format(config=config, bucket=bucket).replace(", )", ")")
    return Suggestion(text, manager.name.rpartition(".")[2], manager.suits)


def suitable(summary: AcquisitionSummary, scope: Scope) -> tuple[str, ast.expr | None]:
    """What the code needs (connection, jetstream or bucket), and the expression that names the bucket."""
    kind = summary.origin.resource.kind
    buckets = summary.views.get(_VIEW_OF_BUCKET, frozenset())
    if len(buckets) == 1 and not summary.uses.get("jetstream") and not summary.uses.get(kind):
        call = next(iter(buckets))
        bucket = argument_of(call, 0, _BUCKET_PARAMETER) if isinstance(call, ast.Call) else None
        if bucket is not None and _is_known_before(bucket, summary, scope):
            return "bucket", bucket
    if any(view.startswith(f"{kind}:") for view in summary.views):
        return "jetstream", None
    return "connection", None


def _is_known_before(bucket: ast.expr, summary: AcquisitionSummary, scope: Scope) -> bool:
    """Whether the bucket's expression can be evaluated where the connection is made: no name in it is bound later."""
    if isinstance(bucket, ast.Starred):
        return False
    begin = summary.origin.call.lineno if summary.origin.call is not None else 0
    needed = {ast.unparse(node) for node in ast.walk(bucket) if isinstance(node, (ast.Name, ast.Attribute))}
    return not any(
        isinstance(node, (ast.Name, ast.Attribute))
        and isinstance(node.ctx, ast.Store)
        and node.lineno >= begin
        and ast.unparse(node) in needed
        for node in walk_scope(scope.node)
    )


def configuration(facts: ModuleFacts, scope: Scope) -> str:
    """`self.config`, `config`, or nothing: what the function can really see."""
    owner = scope.enclosing_class
    if owner is not None and "self" in scope.bound and _keeps_config(owner, facts):
        return "self.config"
    current: Scope | None = scope
    while current is not None:
        if "config" in current.bound and not isinstance(current.node, ast.ClassDef):
            return "config" if _is_config(current, facts.catalogue.migration.config_makers) else ""
        current = current.parent
    return ""


def _is_config(scope: Scope, makers: frozenset[str]) -> bool:
    """Whether the name `config` may be a Config: a parameter or variable that is not said to be something else."""
    if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for parameter in parameters(scope.node.args):
            if parameter.arg == "config":
                return parameter.annotation is None or bool(_words(parameter.annotation) & makers)
    for node in walk_scope(scope.node):
        if isinstance(node, ast.Assign) and any(name.id == "config" for name in target_names(node.targets)):
            return bool(_words(node.value) & makers)
    return True


def _words(node: ast.expr) -> set[str]:
    """The names that occur in an annotation or a call."""
    words = {
        n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute))
    }
    words.update(n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return words


def _keeps_config(owner: Scope, facts: ModuleFacts) -> bool:
    if "config" in owner.bound or "config" in owner.functions:
        return True
    node = owner.node
    if isinstance(node, ast.Module) or ".config" not in facts.text:
        return False
    if not any(map(_STORED_CONFIG.search, facts.lines[node.lineno - 1 : node.end_lineno])):
        return False
    return any(
        isinstance(node, ast.Attribute) and node.attr == "config" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(owner.node)
    )


def _plain_manager(
    facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, call: ast.Call | None
) -> Suggestion:
    """The resource's own manager, spelled with what the file imports and the arguments of the call."""
    origin = summary.origin
    template = origin.resource.manager
    keeps_name = origin.resource.block_value and origin.name is not None  # what `as` gives is another value
    if call is not None and (keeps_name or _opens_object(call, origin) or _is_timed(facts, function, call, origin)):
        return Suggestion(f"{_word(origin)} {_name(origin)}")
    if "{call}" in template and (not origin.opened or _is_opening_method(call, origin)):
        call = origin.call  # the manager enters the object, and not the method that opens it
    arguments = ""
    if call is not None:
        acquired = function.names.of(call.func) or ""
        if acquired in origin.resource.acquire:
            template = template.replace(f"{acquired}(", f"{_source_in_template(call.func, facts)}(")
        elif (root := _root(template)) and (alias := imported_as(function.scope, root)):
            template = template.replace(f"{root}.", f"{alias}.", 1)
        known = _known_keywords(facts, origin.resource.acquire)
        arguments = ", ".join(_arguments(call, facts.lines, known))
        template = template.replace("{call}", f"{_source_in_template(call.func, facts)}({{args}})")
    template = _with_wrapper(template, origin.resource.manager, function.scope)
    called = _CALLED.search(template)
    return Suggestion(template.format(args=arguments, name=_name(origin)), called[1] if called else "")


def _source_in_template(node: ast.expr, facts: ModuleFacts) -> str:
    """Return the source of an expression with its braces doubled: those of `Path(f"{name}.txt").open` name no field."""
    return source_of(node, facts.lines).replace("{", "{{").replace("}", "}}")


def _opens_object(call: ast.Call, origin: Origin) -> bool:
    """Whether the call opens an object that was made before, `nc.connect(...)`, which a block can enter as it is."""
    manager = origin.resource.manager
    can_enter = origin.resource.context_manager and manager != "" and "{call}" not in manager
    return can_enter and _is_opening_method(call, origin)


def _is_opening_method(call: ast.Call | None, origin: Origin) -> bool:
    """Whether the call is a method that opens the object, also one that its constructor has opened before."""
    function = call.func if call is not None else None
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    return function.value.id == origin.name and function.attr in origin.resource.acquire_methods


def _is_timed(facts: ModuleFacts, function: FunctionFacts, call: ast.Call, origin: Origin) -> bool:
    """Whether `wait_for` or the like awaits the call: what it gives is entered, and its time limit stays."""
    resource, calls = origin.resource, facts.catalogue.calls
    if origin.name is None or _WRAPPED.match(resource.manager) or not resource.context_manager:
        return False
    if not isinstance(function.scope.node, ast.AsyncFunctionDef):
        return False
    wrappers = calls.pass_through - calls.tasks - calls.awaiting
    return any(
        isinstance(node, ast.Call)
        and any(argument is call for argument in arguments_of(node))
        and function.names.of(node.func) in wrappers
        for node in walk_scope(function.scope.node)
    )


def _missing_import(function: FunctionFacts, summary: AcquisitionSummary, text: str) -> str:
    """The module that the manager's text needs and the function cannot see; empty where it sees what it needs."""
    wrapper = spelled_wrapper(summary.origin.resource.manager, function.scope)
    if wrapper is not None:
        return wrapper.missing
    root = _root(summary.origin.resource.manager)
    needed = root and f" {root}." in text and not summary.origin.opened
    return root if needed and imported_as(function.scope, root) is None else ""


class Wrapper(NamedTuple):
    """The function that makes a manager of a resource, as a file spells it, and the module that is not imported."""

    name: str
    text: str
    missing: str = ""


def spelled_wrapper(template: str, scope: Scope) -> Wrapper | None:
    """Return `contextlib.closing` of `with contextlib.closing({call}) as {name}`; None where the call is entered."""
    found = _WRAPPED.match(template)
    if found is None:
        return None
    return spelled(found[1], scope)


def spelled(name: str, scope: Scope) -> Wrapper:
    """Return a function or class of a module as the file can call it."""
    module, _, function = name.rpartition(".")
    if (alias := imported_as(scope, name)) is not None:
        return Wrapper(name, alias)
    if not module:
        return Wrapper(name, name)
    alias = imported_as(scope, module)
    return Wrapper(name, name, module) if alias is None else Wrapper(name, f"{alias}.{function}")


def _with_wrapper(text: str, template: str, scope: Scope) -> str:
    wrapper = spelled_wrapper(template, scope)
    return text if wrapper is None else text.replace(f"{wrapper.name}(", f"{wrapper.text}(", 1)


def _root(template: str) -> str:
    """`nats` of `async with await nats.connect(...)`."""
    match = re.search(r"await (\w+)\.", template)
    return match[1] if match else ""


def imported_as(scope: Scope, module: str) -> str | None:
    """The name under which a module is imported where `scope` can see it."""
    current: Scope | None = scope
    while current is not None:
        for alias, target in current.imports.items():
            if target == module:
                return alias
        current = current.parent
    return None


def _known_keywords(facts: ModuleFacts, acquire: Iterable[str]) -> frozenset[str]:
    """The keywords that the acquiring function takes; empty where nothing is known of it."""
    functions = [facts.catalogue.functions[name] for name in acquire if name in facts.catalogue.functions]
    return frozenset().union(*(function.keywords for function in functions))


def _arguments(call: ast.Call, lines: list[str], known: frozenset[str]) -> Iterator[str]:
    for argument in call.args:
        yield source_of(argument, lines)
    for keyword in call.keywords:
        value = source_of(keyword.value, lines)
        if keyword.arg is None:
            yield f"**{value}"
        elif not known or keyword.arg in known:  # what it does not take is another finding
            yield f"{keyword.arg}={value}"


def source_of(node: ast.expr, lines: list[str]) -> str:
    """The expression as it is written; an expression of several lines is written on one line."""
    if node.lineno != node.end_lineno or node.lineno > len(lines):
        return ast.unparse(node)
    line = lines[node.lineno - 1].encode("utf-8", "surrogatepass")
    return line[node.col_offset : node.end_col_offset].decode("utf-8", "replace")

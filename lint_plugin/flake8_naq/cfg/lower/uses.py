"""What happens to the value of an expression: it is read, passed on, handed off, stored in a slot, or discarded.

A pending call is executed where its value is used.
"""

from __future__ import annotations

import ast
from typing import TypeGuard

from flake8_naq.catalogue.model import Manager, Resource
from flake8_naq.cfg import instructions as ins
from flake8_naq.cfg.graph import Unawaited
from flake8_naq.cfg.lower import operands as op
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.operands import OTHER, Operand, Pending, Settled
from flake8_naq.cfg.values import NO_SLOT, Slot, Value
from flake8_naq.prescan.callees import Factory
from flake8_naq.syntax.callees import closes_for_process
from flake8_naq.syntax.walk import walk


def acquire(
    b: Builder,
    call: ast.Call,
    resource: Resource,
    context: Context,
    *,
    opened: bool = True,
    raises: bool = True,
    awaited: bool = False,
    manager: Manager | None = None,
    factory: Factory | None = None,
) -> op.Held:
    """Write the acquisition `call`, and return the resource that it makes."""
    origin = len(b.origins)
    loops = context.loops
    b.origins.append(ins.Origin(origin, call, resource, opened, manager, None, context.guarded, loops, factory))
    slot = b.slots.temporary()
    none, done = b.new_label(), b.new_label()
    may_be_none = factory is not None and factory.may_be_none
    if may_be_none:
        b.emit(ins.Fork(call, none), context)
    b.emit(ins.Acquire(call, origin, slot), context, raises=opened and raises, cancels=awaited)
    if may_be_none:
        b.go(done)
        b.place(none)
        b.emit(ins.Bind(call, slot, Value.NONE), context)
        b.place(done)
    return op.Held(slot, temporary=True, made=(origin,))


def acquire_items(b: Builder, pending: op.PendingAcquire, context: Context, awaited: bool) -> Settled:
    """Write the acquisition, and return the resource, or the tuple of which it is an item."""
    call, resource, factory = pending.call, pending.resource, pending.factory
    if factory is not None and factory.held is not None:
        return _made_container(b, pending, factory, context, awaited)
    positions, views = resource.items, factory.views if factory is not None else ()
    if factory is not None:
        positions = factory.positions
    if not positions:
        return acquire(b, call, resource, context, factory=factory, awaited=awaited)
    items: list[Operand] = [OTHER] * (1 + max([*positions, *(item for item, _ in views)]))
    for position in sorted(positions):  # one call makes all of them, so only the first acquisition can fail
        first = position == min(positions)
        made = acquire(b, call, resource, context, factory=factory, raises=first, awaited=awaited and first)
        items[position] = made
        for item, kind in views:
            items[item] = make_view(b, call, made._replace(temporary=False), kind, context)
    return op.Several(tuple(items), more=True)


def _made_container(
    b: Builder, pending: op.PendingAcquire, factory: Factory, context: Context, awaited: bool
) -> op.Other:
    """Write the acquisition by a function that returns resources in a container or an object.

    They are followed where only the function uses them, and are lost where it only reads them. In any other case, other
    code may close them.
    """
    call, function = pending.call, b.function
    made = acquire(b, call, pending.resource, context, factory=factory, awaited=awaited)
    use = function.containers.get(call)
    if use is not None and use.name:
        b.name_origin(made.made[0], use.name)
    kept = b.slots.containers.get(call)
    if kept is not None:
        b.slots.free(made.slot)
        b.emit(ins.Copy(call, kept, made.slot, moves=True), context)
        return OTHER
    if use is None and not function.is_dropped(call, pending.resource):
        b.emit(ins.HandOff(call, made.slot, ins.Escape.CONTAINED), context)
    b.drop(made.slot, call, context)
    return OTHER


def close_containers(b: Builder, node: ast.AST, context: Context) -> None:
    """Write the releases of the containers whose items or fields the loop, comprehension or call closes."""
    for slot in b.slots.closings.get(node, ()):
        b.emit(ins.Release(node, slot, managed=False), context)


def make_view(
    b: Builder, node: ast.AST, source: Operand, kind: str, context: Context, awaited: bool = False
) -> Settled:
    """Write the creation of a view of `source`, and return the view."""
    if not isinstance(source, op.Held):
        read(b, source, node, context)
        b.opaque(node, context, raises=awaited, cancels=awaited)
        return OTHER
    result = b.slots.temporary()
    b.emit(ins.MakeView(node, result, source.slot, kind), context, raises=awaited, cancels=awaited)
    if source.temporary:
        b.drop(source.slot, node, context)
    return op.Held(result, temporary=True)


def execute(b: Builder, pending: Pending, context: Context, awaited: bool, used: bool = True) -> Settled:
    """Write what a pending call does now that it is awaited, passed on, or thrown away (`used` is then false)."""
    if isinstance(pending, op.PendingAcquire):
        if not awaited and (pending.scheduled or not pending.plain):
            if not used and not pending.scheduled:
                note_unopened(b, pending)
            return OTHER
        return acquire_items(b, pending, context, awaited)
    if isinstance(pending, op.PendingView):
        if not used:
            b.unawaited.append(Unawaited(pending.call, "view", pending.view.returns))
        return make_view(b, pending.call, pending.source, pending.view.returns, context, awaited)
    if isinstance(pending, op.PendingRelease):
        _release(b, pending, context, awaited, used)
        return OTHER
    result = b.slots.temporary()
    quiet = pending.method in b.function.calls.no_raise_methods and not awaited
    instruction = ins.MethodCall(pending.call, pending.slot, pending.method, result, awaited, used)
    b.emit(instruction, context, raises=not quiet, cancels=awaited)
    if pending.method in b.function.catalogue.method_names.opening_chained:
        return op.Held(pending.slot, pending.temporary)
    if pending.temporary:
        b.drop(pending.slot, pending.call, context)
    return op.Held(result, temporary=True)


def _release(b: Builder, pending: op.PendingRelease, context: Context, awaited: bool, used: bool) -> None:
    call = pending.call
    if not used and pending.coroutine:
        b.unawaited.append(Unawaited(call, "release", ast.unparse(call.func)))
        return
    if closes_for_process(call) and (family := _family(b, pending)):
        b.emit(ins.Release(call, NO_SLOT, managed=False, origins=family), context, raises=True, cancels=awaited)
        return
    slots = [argument.slot for argument in pending.arguments if isinstance(argument, op.Held)]
    for slot in slots:
        b.emit(ins.Release(call, slot, managed=False, by=pending.by), context, raises=True, cancels=awaited)
    if not slots:
        b.opaque(call, context, cancels=awaited)


def _family(b: Builder, pending: op.PendingRelease) -> tuple[int, ...]:
    """Return the origins whose resource comes from a function of the package that has the release function."""
    package = _package(b, pending.call)
    same = (origin for origin in b.origins if not pending.by.isdisjoint(origin.resource.release_functions))
    return tuple(one.number for one in same if one.call is not None and _package(b, one.call) == package)


def _package(b: Builder, call: ast.Call) -> str:
    return (b.function.names.of(call.func) or "").partition(".")[0]


def resolve(b: Builder, operand: Operand, context: Context, used: bool = True) -> Settled:
    """Return the value, after the call that is pending in it, if any."""
    if operand is not OTHER and isinstance(operand, op.PENDING):
        return execute(b, operand, context, awaited=False, used=used)
    return operand


def note_unopened(b: Builder, pending: op.PendingAcquire) -> None:
    """Note a call that opens nothing, because it is neither awaited nor entered."""
    what = "entering" if pending.resource.acquired_by == {"enter"} else "acquisition"
    b.unawaited.append(Unawaited(pending.call, what, ""))


def settle(b: Builder, operand: Operand, context: Context) -> Operand:
    """Return the resource of a call that has opened it already, and any other value as it is."""
    if isinstance(operand, op.PendingAcquire) and operand.plain and not operand.scheduled:
        return execute(b, operand, context, awaited=False)
    return operand


def read(b: Builder, operand: Operand, node: ast.AST, context: Context) -> None:
    """Read the value without keeping it, or give it to code that only borrows a resource."""
    if operand is OTHER:  # as most are
        return
    operand = resolve(b, operand, context)
    if isinstance(operand, op.Several):
        for item in operand.items:
            read(b, item, node, context)
    elif isinstance(operand, op.Held) and operand.temporary:
        b.drop(operand.slot, node, context)


def escape(b: Builder, operand: Operand, node: ast.AST, how: ins.Escape, context: Context) -> None:
    """Hand the value off: return, store, or contain it."""
    operand = resolve(b, operand, context)
    if isinstance(operand, op.Closure):
        if how in (ins.Escape.RETURNED, ins.Escape.STORED):
            kind = ins.Escape.CAPTURED if how is ins.Escape.RETURNED else ins.Escape.MENTIONED
            for slot in operand.slots:
                b.emit(ins.HandOff(node, slot, kind), context)
    elif isinstance(operand, op.Several):
        for item in [resolve(b, one, context) for one in operand.items]:  # nothing leaves before all have a value
            escape(b, item, node, how, context)
    elif isinstance(operand, (op.Held, op.Closing)) or _is_bound_release(operand, b):
        b.emit(ins.HandOff(node, operand.slot, how), context)
        if operand.temporary:
            b.drop(operand.slot, node, context)


def iterate(b: Builder, operand: Operand, node: ast.AST, context: Context) -> None:
    """Take the items of an iterable; the target, which holds those of a tuple in turn, is not followed."""
    if isinstance(operand, op.Several):
        escape(b, operand, node, ins.Escape.CONTAINED, context)
    read(b, operand, node, context)


def discard(b: Builder, operand: Operand, node: ast.AST, context: Context) -> None:
    """Throw the value of an expression statement away."""
    operand = resolve(b, settle(b, operand, context), context, used=False)
    if isinstance(operand, op.ManagerCall):
        b.unentered.append((operand.call, operand.manager))
    read(b, operand, node, context)


def pass_on(
    b: Builder, operand: Operand, node: ast.AST, context: Context, kept: bool = True, lent: bool = False
) -> None:
    """Pass the value to a callable whose body is elsewhere, which may keep it (`kept`) or only uses it (`lent`)."""
    if operand is OTHER:
        return
    if isinstance(operand, op.Several):
        for item in operand.items:
            pass_on(b, item, node, context, kept, lent)
    elif isinstance(operand, op.Held):
        b.emit(ins.Use(node, operand.slot, ins.Need.NAMED), context)
        if lent:
            b.emit(ins.HandOff(node, operand.slot, ins.Escape.LENT), context)
        elif kept:
            b.emit(ins.HandOff(node, operand.slot, ins.Escape.PASSED), context)
        if operand.temporary:
            b.drop(operand.slot, node, context)
    elif isinstance(operand, op.Closing) or _is_bound_release(operand, b):
        b.emit(ins.HandOff(node, operand.slot, ins.Escape.MANAGED), context)


def pass_local(b: Builder, operand: Operand, node: ast.Call, key: int | str, context: Context, *, before: bool) -> None:
    """Pass the value to a function of the same file, `before` its call or behind it."""
    if isinstance(operand, op.Several):
        for item in operand.items:
            pass_local(b, item, node, key, context, before=before)
    elif isinstance(operand, op.Held):
        runs = context.awaited is node or not b.function.callees.is_coroutine(node, b.function.names)
        b.emit(ins.PassArgument(node, operand.slot, key, runs, before), context)
        if operand.temporary and not before:
            b.drop(operand.slot, node, context)


def _is_bound_release(operand: Operand, b: Builder) -> TypeGuard[op.BoundMethod]:
    return isinstance(operand, op.BoundMethod) and operand.attribute in b.function.catalogue.method_names.ending


def store(b: Builder, slot: Slot, operand: Settled, node: ast.AST, context: Context) -> None:
    """Put the value into a slot; a temporary value ends there."""
    if isinstance(operand, op.Held):
        if operand.temporary:
            b.slots.free(operand.slot)
        b.emit(ins.Copy(node, slot, operand.slot, moves=operand.temporary), context)
        return
    value = operand.value if isinstance(operand, op.Constant) else Value.UNKNOWN
    b.emit(ins.Bind(node, slot, value), context)


def copy(b: Builder, operand: Operand, node: ast.AST, context: Context) -> Settled:
    """Return the value in a temporary slot, before another part of the assignment rebinds its name."""
    operand = resolve(b, operand, context)
    if not isinstance(operand, op.Held) or operand.temporary:
        return operand
    slot = b.slots.temporary()
    b.emit(ins.Copy(node, slot, operand.slot, moves=False), context)
    return op.Held(slot, temporary=True)


def captured_slots(b: Builder, function: ast.AST) -> dict[str, Slot]:
    """Return the tracked names to which a nested function refers, with their slots."""
    slots = b.slots.by_name
    names = {node.id for node in walk(function) if isinstance(node, ast.Name)}
    return {name: slots[name] for name in sorted(names & b.function.prescan.tracked) if name in slots}

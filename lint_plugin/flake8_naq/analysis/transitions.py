"""What an instruction does to the resource: acquires, uses, releases, hands off; and what there is to say of it."""

from __future__ import annotations

import ast
from typing import Any

from flake8_naq.analysis.exceptions import Match, match
from flake8_naq.analysis.exploration import Exploration
from flake8_naq.analysis.program import Instruction, Op, Value
from flake8_naq.analysis.state import (
    ABSENT,
    CLOSED,
    DRAINED,
    FRESH,
    GONE,
    HANDED,
    LIVE,
    MANAGED,
    OPEN,
    State,
    Successor,
    former_gone,
    is_view,
)


class Transitions(Exploration):
    """The steps that concern the resource itself."""

    def _originate(self, i: Instruction, state: State, source: Successor) -> None:
        self._throw(i, state, source)
        if i.a != self.origin.number:
            self._go(i, self._with(state, i.b, Value.MADE), source)
            return
        self._open_new(i, state, i.b, source)

    def _open_new(self, i: Instruction, state: State, slot: int, source: Successor) -> None:
        opened = self.origin.opened
        call = self._opening(self.origin.call) if opened and self.origin.call is not None else -1
        if self._turn >= 0:
            self.trace.anew = self.trace.anew or (state.call >= 0 and state.slots[self._turn] is None)
            state = state.with_slots((*state.slots[:-1], None))
        before = Value.UNKNOWN
        if state.status == OPEN:
            before = Value.FORMER
            self._former[state.call] = self._former.get(state.call, frozenset()) | state.sites
        slots = tuple(
            before if value is Value.RESOURCE else Value.UNKNOWN if is_view(value) else value for value in state.slots
        )
        state = State(OPEN if opened else FRESH, call, frozenset(), slots)
        self._go(i, self._with(state, slot, Value.RESOURCE), source)

    def _await(self, i: Instruction, state: State, source: Successor) -> None:
        self._throw(i, state, source)
        if state.slots[i.a] is Value.COROUTINE and i.b == self.origin.number:
            self._open_new(i, self._with(state, i.a, Value.UNKNOWN), i.c, source)
            return
        value = state.slots[i.a]
        self._go(i, self._with(state, i.c, Value.UNKNOWN if value is Value.COROUTINE else value), source)

    def _method(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        result, awaited, used = i.c
        if held is Value.RESOURCE:
            if i.b in self.resource.release_methods and self._takes(i):
                self._released_by_method(i, state, source, awaited, used)
                return
            if i.b in self.resource.acquire_methods:
                self._acquired_by_method(i, state, source, awaited, used)
                return
        if held is Value.FORMER and i.b in self.resource.release_methods:
            self.trace.released.add(i.node)
            state = former_gone(state)
        kind = self.resource.kind if held is Value.RESOURCE else held[2:] if is_view(held) else ""
        if held is Value.UNBOUND:
            self._unbound(i, state, source)
            return
        if held is Value.NONE:
            self._raise(i, state, source, "AttributeError", "raises")
            return
        after = self._with(state, result, Value.UNKNOWN)
        if held is Value.RESOURCE or is_view(held):
            self._used(i, state, kind)
            method = self.kinds[kind].methods.get(i.b) if kind in self.kinds else None
            if method is not None:
                self._check_await(i, method.asynchronous, awaited, used)
                if method.returns and method.returns in self.kinds and not self.kinds[method.returns].value:
                    after = self._with(state, result, f"v:{method.returns}")
        self._throw(i, state, source)
        self._go(i, after, source)

    def _takes(self, i: Instruction) -> bool:
        """Whether the release takes that many arguments: an older `drain(sid)` drained a subscription."""
        kind = self.kinds.get(self.resource.kind)
        method = kind.methods.get(i.b) if kind is not None else None
        return method is None or len(i.node.args) <= len(method.params)

    def _check_await(self, i: Instruction, asynchronous: bool, awaited: bool, used: bool) -> None:
        if awaited and not asynchronous:
            self.trace.awaited_plain[i.node] = i.b

    def _used(self, i: Instruction, state: State, kind: str) -> None:
        known = self.kinds.get(kind)
        if known is not None:
            self.trace.kinds[i.node] = kind
        if known is not None and i.b in known.pure_views:
            self.trace.views.setdefault(f"{kind}:{known.methods[i.b].returns}", set()).add(i.node)
            if i.c[0] < 0:  # asked for, and the answer thrown away: whether it exists was the question
                self.trace.use("question", i.node)
        elif not (known is not None and i.b in known.harmless and i.b not in known.methods):
            self.trace.use(kind, i.node)
        if known is None or i.b not in known.harmless:
            self._closed_use(i, state)

    def _closed_use(self, i: Instruction, state: State) -> None:
        node = i.node
        gone = state.status in GONE and not self._expected(i.handler)
        self.trace.closed_uses[node] = self.trace.closed_uses.get(node, True) and gone

    def _expected(self, handler: int) -> bool:
        """Whether a handler of a specific exception waits for the failure: then the use is a question."""
        while True:
            instruction = self.code[handler]
            if instruction.op is Op.DISPATCH:
                if any("Exception" not in types and "BaseException" not in types for types, *_ in instruction.a):
                    return True
            elif instruction.op is not Op.ENTER_FINALLY:
                return False
            handler = instruction.handler

    def _expects_unbound(self, handler: int) -> bool:
        """Whether a `try` or `suppress` around the release itself takes the UnboundLocalError."""
        instruction = self.code[handler]
        if instruction.op is not Op.DISPATCH or handler not in self.program.cleanup:
            return False
        return any(match("UnboundLocalError", types) is Match.YES for types, *_ in instruction.a)

    def _released_by_method(self, i: Instruction, state: State, source: Successor, awaited: bool, used: bool) -> None:
        if self.resource.asynchronous and not awaited and not used:
            self.trace.unawaited[i.node] = i.b
            self._throw(i, state, source)
            self._go(i, state, source)
            return
        any_order = self.resource.release_again >= self.resource.release_methods
        again = i.b in self.resource.release_again and (any_order or state.status == DRAINED)
        again = again or self._expected(i.handler)
        state = self._release(i, state, again, drains=self._drains(i.b))
        after = self._with(state, i.c[0], Value.UNKNOWN)
        self._throw(i, after, source)
        self._go(i, after, source)

    def _drains(self, method: str) -> bool:
        return bool(self.resource.release_again) and method not in self.resource.release_again

    def _release(self, i: Instruction, state: State, again: bool = False, drains: bool = False) -> State:
        """What a release by hand does to the state."""
        status = state.status
        if status in (ABSENT, FRESH):
            return state
        trace = self.trace
        if status == MANAGED:
            if not drains or self.origin.manager is not None:  # a client's own `async with` does not drain
                trace.releases_managed.add(i.node)
        elif status in GONE:
            if not again:
                trace.second_releases.setdefault(i.node, True)
            return state._replace(status=CLOSED)
        else:
            trace.released.add(i.node)
            trace.borrowed |= state.sites
        trace.second_releases[i.node] = False
        return state._replace(status=DRAINED if drains else CLOSED, sites=frozenset())

    def _acquired_by_method(self, i: Instruction, state: State, source: Successor, awaited: bool, used: bool) -> None:
        self._throw(i, state, source)
        if self.resource.asynchronous and not awaited and not used:
            self.trace.unawaited[i.node] = i.b
            self._go(i, state, source)
            return
        call = self._opening(i.node)
        self.trace.handed = self.trace.handed or state.status == HANDED
        if state.status in (FRESH, *GONE):
            state = state._replace(status=OPEN, call=call)
            slots = state.slots
            if any(slots[slot] is Value.RESOURCE for slot in self.program.captured):
                self.trace.handed = True
                state = state._replace(status=HANDED)
        self._go(i, self._with(state, i.c[0], Value.UNKNOWN), source)

    def _release_step(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        if held is Value.UNBOUND and not i.b:
            self._unbound(i, state, source)
            return
        if held is Value.RESOURCE and i.b:
            state = self._managed_exit(state)
        elif held is Value.FORMER and i.b:
            state = former_gone(state)
        else:
            state = self._let_go(i, state, held)
        self._throw(i, state, source)
        self._go(i, state, source)

    def _let_go(self, i: Instruction, state: State, held: Any) -> State:
        if held is Value.RESOURCE:
            return self._release(i, state)
        if held is Value.FORMER:
            self.trace.released.add(i.node)
            return former_gone(state)
        return state

    def _pass(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        before = i.c < 0
        key, runs = i.b
        if held is Value.RESOURCE or held is Value.FORMER:
            effect = self.program.effect(i.node, key)
            if effect in ("releases", "may release"):
                owned = effect == "may release" and state.status == MANAGED  # closed early, for a cause of its own
                state = self._let_go(i, state, held) if before and not owned else state
            elif not before:
                self.trace.use(self.resource.kind, i.node)
                state = self._lent(state, held, i.c) if effect == "keeps" else state
        elif is_view(held) and not before:
            self.trace.use(held[2:], i.node)
        elif held is Value.NONE and before and runs and (failures := self.program.fails_with_none(i.node, key)):
            for raised in sorted(failures):
                self._raise(i, state, source, raised, "raises")
            return
        self._go(i, state, source)

    def _lent(self, state: State, held: Any, site: int) -> State:
        """Passed to a callable that may keep it: handed off, unless this function goes on and releases it."""
        if held is Value.FORMER:
            self.trace.handed = True
            return former_gone(state)
        if state.status != OPEN:
            return state
        self.trace.sites.add(site)
        return state._replace(sites=state.sites | {site})

    def _managed_exit(self, state: State) -> State:
        if state.status == MANAGED:
            for site in state.sites:
                node = self._stores[site]
                self.trace.escapes[node] = "stored"
        if state.status in LIVE:
            self.trace.managed = True
            return state._replace(status=CLOSED, sites=frozenset())
        return state

    def _unbound(self, i: Instruction, state: State, source: Successor) -> None:
        if state.status == ABSENT and not self._expects_unbound(i.handler):
            self.trace.unbound.add(i.node)
        self._raise(i, state, source, "UnboundLocalError", "raises")

    def _use(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        if held is Value.NONE and i.c is not None:
            self._raise(i, state, source, "AttributeError", "raises")
            return
        if i.c is not False and (held is Value.RESOURCE or is_view(held)):
            self.trace.use(self.resource.kind if held is Value.RESOURCE else held[2:], i.node)
            if i.b:
                self._closed_use(i, state)
        self._go(i, state, source)

    def _view(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.b]
        self._throw(i, state, source)
        if held is Value.RESOURCE or is_view(held):
            kind = self.resource.kind if held is Value.RESOURCE else held[2:]
            if isinstance(i.node, ast.Call):
                self.trace.views.setdefault(f"{kind}:{i.c}", set()).add(i.node)
                self._closed_use(i, state)
            state = self._with(state, i.a, f"v:{i.c}")
        else:
            state = self._with(state, i.a, Value.UNKNOWN)
        self._go(i, state, source)

    def _hand_off(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        if i.b == "captured":
            if state.status == MANAGED and (held is Value.RESOURCE or is_view(held)):
                self.trace.escapes[i.node] = "captured by a function that is returned"
        elif i.b == "mentioned":
            if state.status == MANAGED and (held is Value.RESOURCE or is_view(held)):
                state = self._escape(i, state)
        elif held is Value.RESOURCE:
            state = self._handed(i, state)
            self.trace.use(self.resource.kind, i.node)
        elif held is Value.FORMER:
            self.trace.handed = True
            state = former_gone(state)
        elif is_view(held):
            self.trace.use(held[2:], i.node)
            kind = self.kinds.get(held[2:])
            if state.status == MANAGED and i.b in ("return", "stored") and not (kind is not None and kind.value):
                state = self._escape(i, state)
        self._go(i, state, source)

    def _handed(self, i: Instruction, state: State) -> State:
        status = state.status
        if status == MANAGED:
            return self._escape(i, state) if i.b in ("return", "stored") else state
        if i.c >= 0:
            return self._lent(state, Value.RESOURCE, i.c)
        if i.b == "stored":
            self.trace.stored.add(i.node)
        self.trace.arranged = self.trace.arranged or i.b == "managed"
        if status in (OPEN, FRESH):  # what has not connected yet is handed off once it does
            self.trace.handed = self.trace.handed or status == OPEN
            return state._replace(status=HANDED)
        return state

    def _escape(self, i: Instruction, state: State) -> State:
        if i.b == "return":
            self.trace.escapes[i.node] = "returned"
            return state
        site = -1 - len(self._stores)
        self._stores[site] = i.node
        return state._replace(sites=state.sites | {site})

"""What the facts of a module keep for the next question."""

from __future__ import annotations

import ast

from flake8_naq.engine import module_facts
from flake8_naq.facts.module import ModuleFacts


def _facts(source: str) -> ModuleFacts:
    return module_facts(ast.parse(source), source.splitlines(), "-")


def test_a_question_is_answered_once_for_each_module() -> None:
    asked: list[ModuleFacts] = []

    def length(facts: ModuleFacts) -> int:
        asked.append(facts)
        return len(facts.lines)

    def nothing(facts: ModuleFacts) -> None:
        asked.append(facts)

    first, second = _facts("a\n"), _facts("a\nb\n")
    assert [first.once(length), second.once(length), first.once(length)] == [1, 2, 1]
    assert asked == [first, second]
    assert [first.once(nothing), first.once(nothing)] == [None, None]  # no answer is an answer
    assert asked == [first, second, first]

"""The values that were used last are kept."""

from __future__ import annotations

from flake8_naq.linking.recent import Recent


class Maker:
    """Makes None for each key, and knows for which."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.recent: Recent[str, None] = Recent(2)

    def ask(self, key: str) -> None:
        self.recent.of(key, lambda: self.made.append(key))


def test_a_value_is_made_again_only_after_enough_others() -> None:
    maker = Maker()
    for key in "abacab":
        maker.ask(key)
    assert maker.made == ["a", "b", "c", "b"]

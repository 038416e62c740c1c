"""Comments that say only that something is closed."""

from __future__ import annotations

import pytest

from flake8_naq.syntax.closing_comments import says_closed, says_only_close


@pytest.mark.parametrize(
    "comment",
    [
        "# close",
        "# Close the connection.",
        "# Always clean up",
        "# 3. Disconnect from the NATS server",
        "# shut it down!",
        "#Cleanup:",
        "# Close the connector",
        "# close the database handle",
        "# Finally, close the redis client so that nothing leaks.",
        "# Close the HTTP session to avoid leaks",
        "# Close connection (Good practice)",
        "# 关闭套接字",
        "# 断开 socket",
        "# 關閉連線",
        "# 清理会话",
        "# 关闭监听的套接字",
        "# Закрываем соединение с NATS",
        "# Закрытие соединения",
        "# Корректно закрыть соединение",
        "# Отключаемся от сервера",
        "# Close the listening socket.",
        "# type: ignore",
        "# type: ignore[attr-defined]",
        "# pyright: ignore[reportAttributeAccessIssue]",
        "# pragma: no cover",
    ],
)
def test_only_close(comment: str) -> None:
    assert says_only_close(comment)


@pytest.mark.parametrize(
    "comment", ["# done", "# the connection", "# close, see #12 for why", "# flush before close", "# close, not open", "#", "# type: int", "# 关闭前先刷新", "# 套接字", "# Закрываем, когда придёт ответ", "# соединение с NATS"]
)
def test_more_than_close(comment: str) -> None:
    assert not says_only_close(comment)


def test_the_name_of_what_is_closed() -> None:
    assert says_only_close("# close the sub_link", "sub_link")
    assert not says_only_close("# close the sub_link")


@pytest.mark.parametrize(
    ("text", "closed"),
    [("log('Connection closed.')", True), ("Disconnected", True), ("NATS连接已关闭。", True), ("closing", False), ("shut down", False)],
)
def test_says_closed(text: str, closed: bool) -> None:
    assert says_closed(text) is closed

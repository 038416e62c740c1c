"""What comments and logs say of a close. Comments about nothing else, or for a tool about its line, go with it."""

from __future__ import annotations

import re
from typing import Final

_DIRECTIVE: Final = re.compile(r"# *(?:type: *ignore|pyright: *ignore|pragma: *no *cover)\b")
_WORD: Final = re.compile(r"[^\W_]+")
_STEP: Final = re.compile(r"\W*(?:\d+[.):])?")  # the number of a step
_CLOSES: Final = re.compile(  # Chinese has no spaces between words
    r"(?:clean|clos|disconnect|drain|releas|shut|tear|terminat)\w*"
    r"|(?:закры|закро|отключ|освобо)\w*"
    r"|(?:关闭|關閉|断开|释放|清理)(?:数据库|文件|套接字|客户端|服务器|资源|连接|連線|会话|通道|监听的|服务|池)*"
)
_CLOSED: Final = re.compile(r"\b(?:closed|disconnected)\b|关闭", re.IGNORECASE)
_BESIDE: Final = frozenset(
    {
        "a", "after", "again", "aiohttp", "all", "always", "amqp", "and", "any", "are", "async", "asyncpg", "at",
        "avoid", "be", "been", "case", "client", "connection", "connections", "connector", "consumer", "correctly",
        "database", "db", "done", "down", "each", "end", "ensure", "every", "everything", "exit", "file", "finally",
        "finish", "finished", "first", "from", "ftp", "gets", "good", "gracefully", "handle", "here", "http", "httpx",
        "in", "is", "it", "js", "kafka", "last", "leak", "leaks", "listening", "make", "mongo", "mongodb", "mqtt",
        "mysql", "nats", "nc", "needed", "nothing", "now", "of", "on", "our", "out", "pool", "postgres", "postgresql",
        "practice", "producer", "properly", "rabbitmq", "redis", "remember", "resource", "resources", "safely",
        "server", "session", "sftp", "smtp", "so", "socket", "sqlite", "ssh", "sure", "tcp", "that", "the", "then",
        "this", "to", "up", "use", "we", "websocket", "when", "will", "with", "базой", "базы", "бд", "данных", "к",
        "клиент", "клиента", "корректно", "от", "подключение", "подключения", "пул", "с", "сессию", "сервер", "сервера",
        "соединение", "соединения", "сокет", "сокета", "файл", "файла",
    }
)


def says_only_close(comment: str, *names: str) -> bool:
    """Whether the comment is made of words about closing alone, or is one for a tool; `names`: of what is closed."""
    if _DIRECTIVE.match(comment):
        return True
    words = set(_WORD.findall(_STEP.sub("", comment.lower(), count=1)))
    own = {word for name in names for word in _WORD.findall(name.lower())}
    closing = {word for word in words if _CLOSES.fullmatch(word)}
    return bool(closing) and words <= closing | _BESIDE | own


def speaks_of_close(comment: str, name: str) -> bool:
    """Whether the comment has a word about closing, or names something of what is closed."""
    return f"{name}." in comment or any(map(_CLOSES.fullmatch, _WORD.findall(comment.lower())))


def says_closed(text: str) -> bool:
    """Whether the text says that something is closed now: `log.info("connection closed")`."""
    return _CLOSED.search(text) is not None

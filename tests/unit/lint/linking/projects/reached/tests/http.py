"""A test closes what it has made itself."""

from app.http import Other


async def test_other():
    http = Other()
    await http.start("url")
    await http.other.close()

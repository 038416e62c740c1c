"""Has the name of the library."""


async def connect(url):
    return url

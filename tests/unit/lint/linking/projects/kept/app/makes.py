"""Objects of another module that a class method makes."""

from app.made import Made


async def never_closed(url):
    made = await Made.create(url)  # expect: NAQ114@18 Made 'made' opens a connection (app/made.py:12) and is never closed; call 'await made.close()' in a 'finally'
    await made.send(b"1")


async def closed(url):
    made = await Made.create(url)
    try:
        await made.send(b"1")
    finally:
        await made.close()

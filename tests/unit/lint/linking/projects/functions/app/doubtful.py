"""Silent: a name that has two meanings."""

try:
    from app.clients import get_client
except ImportError:
    get_client = None

if get_client:
    from app.clients import shared_client as connect
else:
    from app.clients import get_client_or_none as connect


async def bound_elsewhere():
    nc = await get_client("u")
    await nc.publish("orders", b"1")


async def imported_twice():
    nc = await connect("u")
    await nc.publish("orders", b"1")

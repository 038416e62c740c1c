"""The base of a base closes another attribute."""


class Deeper:
    async def stop(self):
        await self.deep.close()

"""One request, as a script of aiokatcp makes it: caller.py HOST PORT REQUEST. The informs are written as they are."""
import asyncio
import sys

import aiokatcp


async def main():
    client = await aiokatcp.Client.connect(sys.argv[1], int(sys.argv[2]))
    _, informs = await client.request(sys.argv[3])
    for inform in informs:
        sys.stdout.buffer.write(bytes(inform))
    client.close()
    await client.wait_closed()


asyncio.run(main())

#!/usr/bin/env python3
"""One request, as a script of aiokatcp would make it: aiokatcp_call.py HOST PORT REQUEST"""
import asyncio
import sys

import aiokatcp


async def main():
    client = await aiokatcp.Client.connect(sys.argv[1], int(sys.argv[2]))
    await client.request(sys.argv[3])
    client.close()
    await client.wait_closed()


asyncio.run(main())

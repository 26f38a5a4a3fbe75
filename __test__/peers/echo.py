"""Echoes messages with the package `websockets`: `echo.py serve` prints its
port, `echo.py connect URL` ends when the connection does."""

import asyncio
import sys

try:
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import serve
except ImportError:  # before version 13
    from websockets import connect, serve


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(mode, *arguments):
    if mode == "connect":
        async with connect(*arguments, max_size=None) as connection:
            await echo(connection)
    else:
        async with serve(echo, "127.0.0.1", 0, max_size=None) as server:
            print(next(iter(server.sockets)).getsockname()[1], flush=True)
            await asyncio.Future()


asyncio.run(main(*sys.argv[1:]))

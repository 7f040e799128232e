"""Waiting for conditions with a bound: never for a time."""

import asyncio
import inspect
import os

# Whether the gateway is a build with sanitizers: slower, and its memory says little.
SANITIZED = os.environ.get("ENTITYSYNC_SANITIZED") == "1"

# Seconds after which a test gives up. Far above what anything takes, since machines may be busy.
PATIENCE = 120 if SANITIZED else 60


async def eventually(what, condition, timeout=PATIENCE):
    """Until condition() is true; returns what it returned. It may be a coroutine function."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        result = condition()
        if inspect.isawaitable(result):
            result = await result
        if result:
            return result
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s")
        await asyncio.sleep(0.02)

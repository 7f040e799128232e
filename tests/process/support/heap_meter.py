"""How many bytes of heap a process holds: exactly, unlike what its resident memory says."""

import asyncio
import mmap
import os


class HeapMeter:
    """Give `environment` to the process before it starts; see heap_meter/heap_meter.cc. Not for
    sanitizer builds, which have an allocator of their own."""

    def __init__(self, folder):
        library = os.environ["ENTITYSYNC_HEAP_METER_LIBRARY"]
        if not os.path.exists(library):  # The loader would go on without it.
            raise FileNotFoundError(f"{library} is not built")
        path = folder / "heap_meter"
        path.write_bytes(bytes(mmap.PAGESIZE))
        self.environment = {"LD_PRELOAD": library,
                            "ENTITYSYNC_HEAP_METER": str(path)}
        with open(path, "r+b") as file:
            self._words = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")

    @property
    def held(self):
        return self._words[0]

    async def floor(self, samples=2000):
        """The least that is held within about two seconds of work: what is not under way."""
        least = self.held
        for _ in range(samples):
            least = min(least, self.held)
            await asyncio.sleep(0.001)
        return least

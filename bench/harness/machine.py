"""What a result was measured on and with."""

from __future__ import annotations

import datetime
import os
import pathlib
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

_BOOST_VERSION = pathlib.Path("/usr/include/boost/version.hpp")


def describe(root: pathlib.Path, build: pathlib.Path, load_average: float) -> dict[str, Any]:
    """`root` is the source folder, `build` that of the Release build; the load is that of before
    anything was built."""
    return {
        "cpu": cpu_model(pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "distribution": _distribution(),
        "load_average": load_average,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": _commit(root),
        "compiler": _compiler(build),
        "versions": {
            "grpc": _first_line(["pkg-config", "--modversion", "grpc++"]),
            "protobuf": _first_line(["pkg-config", "--modversion", "protobuf"]),
            "boost": _boost(),
            "cnats": _first_line(["pkg-config", "--modversion", "libnats"]),
            "openssl": _first_line(["pkg-config", "--modversion", "openssl"]),
            "nats_server": _first_line([nats_server() or "nats-server", "--version"]),
        },
    }


def nats_server() -> str | None:
    """Where it is: Debian puts servers into /usr/sbin, which users may not have in their path."""
    return shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")


def cpu_model(cpuinfo: str) -> str:
    found = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", cpuinfo, re.M)
    return found.group(1).strip() if found else platform.machine()


def boost_version(header: str) -> str:
    """Of the text of boost/version.hpp."""
    found = re.search(r'#define BOOST_LIB_VERSION "([\d_]+)"', header)
    return found.group(1).replace("_", ".") if found else "unknown"


def _boost() -> str:
    if not _BOOST_VERSION.exists():
        return "unknown"
    return boost_version(_BOOST_VERSION.read_text(encoding="utf-8"))


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def _commit(root: pathlib.Path) -> str:
    """The commit; with a + when what was built has changes that are not in it."""
    commit = _first_line(["git", "-C", str(root), "rev-parse", "HEAD"])
    changes = _first_line(["git", "-C", str(root), "status", "--porcelain"])
    return commit + ("" if changes in ("", "unknown") else "+")


def _compiler(build: pathlib.Path) -> str:
    cache = build / "CMakeCache.txt"
    if not cache.exists():
        return "unknown"
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache.read_text(encoding="utf-8"), re.M)
    return _first_line([found.group(1), "--version"]) if found else "unknown"


def _first_line(command: Sequence[str]) -> str:
    """Of what the command prints; "" if that is nothing, "unknown" if it cannot be run."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return (result.stdout.splitlines() or [""])[0].strip()

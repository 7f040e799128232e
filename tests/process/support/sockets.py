"""What the kernel knows of connections."""

import pathlib
import struct


def bytes_in_kernel(transport):
    """Bytes sent to this end of a loopback connection that it has not read: those in its receive
    queue and those that the other end's send queue still holds."""
    here = _name(transport.get_extra_info("sockname"))
    there = _name(transport.get_extra_info("peername"))
    held = 0
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        sending, receiving = (int(size, 16) for size in fields[4].split(":"))
        if (fields[1], fields[2]) == (here, there):
            held += receiving
        elif (fields[1], fields[2]) == (there, here):
            held += sending
    return held


def _name(address):
    """As /proc/net/tcp writes it."""
    host, port = address
    number, = struct.unpack("=I", bytes(int(part) for part in host.split(".")))
    return f"{number:08X}:{port:04X}"

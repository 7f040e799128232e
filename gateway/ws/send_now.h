#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <span>

namespace entitysync::ws {

// Hands the kernel what the segments hold, of which none is empty. Returns as many bytes as it
// takes without waiting, perhaps 0; -1 if the socket is broken.
ssize_t SendNow(int socket, std::span<iovec> segments);

}  // namespace entitysync::ws

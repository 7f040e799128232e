#pragma once

#include <cstddef>

#include "gateway/ws/output_queue.h"
#include "gateway/ws/tls_socket.h"
#include "gateway/ws/write_result.h"

namespace entitysync::ws {

// Writes an OutputQueue over TLS.
//
// Purpose: segments are gathered into full records, and records into one system call.
// Owner and lifetime: the connection's layer, beside the socket, which outlives it.
// Threading: the connection's loop.
// Limits: seals one batch of records ahead of what the kernel takes; only that cannot be replaced
//   or discarded any more.
// Errors: WriteResult::failed.
class TlsSender {
 public:
  explicit TlsSender(TlsSocket& socket) : socket_(socket) {}

  // Seals one batch of a queue that is not empty and sends what the kernel takes; nothing may be
  // unsent before.
  WriteResult SendBatch(OutputQueue& queue);

  // Sends on. Tells how much got into the kernel; while only a part of a batch does, in proportion.
  WriteResult SendOn();

  // Whether the kernel does not take more at the moment.
  bool is_blocked() const { return socket_.unsent_bytes() > 0; }

  // Taken out of the queue and not in the kernel.
  size_t bytes_in_flight() const { return in_flight_.bytes; }

 private:
  static constexpr int kBatchRecords = 4;

  bool SealRecord(OutputQueue& queue);
  // Moves as much of the queue as one record holds to where it is gathered.
  size_t Gather(OutputQueue& queue);
  void Take(OutputQueue& queue, size_t bytes);

  TlsSocket& socket_;
  WriteResult in_flight_;
};

}  // namespace entitysync::ws

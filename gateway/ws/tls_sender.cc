#include "gateway/ws/tls_sender.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace entitysync::ws {

WriteResult TlsSender::SendBatch(OutputQueue& queue) {
  for (int i = 0; i < kBatchRecords && !queue.empty(); ++i) {
    if (SealRecord(queue)) continue;
    WriteResult result;
    result.failed = true;
    return result;
  }
  return SendOn();
}

WriteResult TlsSender::SendOn() {
  WriteResult result;
  const size_t before = socket_.unsent_bytes();
  result.failed = !socket_.Send();
  const size_t after = socket_.unsent_bytes();
  if (result.failed) return result;
  if (after == 0) return std::exchange(in_flight_, {});
  result.bytes = in_flight_.bytes * (before - after) / before;
  in_flight_.bytes -= result.bytes;
  return result;
}

bool TlsSender::SealRecord(OutputQueue& queue) {
  std::array<iovec, 2> first;
  const size_t count = queue.Gather(first);
  if (count > 1 && first[0].iov_len < TlsScratch::kRecordBytes) {
    const size_t size = Gather(queue);
    return socket_.Seal(socket_.scratch().gathered.data(), size);
  }
  const size_t size = std::min(first[0].iov_len, TlsScratch::kRecordBytes);
  if (!socket_.Seal(first[0].iov_base, size)) return false;
  Take(queue, size);
  return true;
}

size_t TlsSender::Gather(OutputQueue& queue) {
  auto& room = socket_.scratch().gathered;
  size_t gathered = 0;
  while (gathered < room.size() && !queue.empty()) {
    std::array<iovec, 64> segments;
    const size_t count = queue.Gather(segments);
    const size_t before = gathered;
    for (size_t i = 0; i < count && gathered < room.size(); ++i) {
      const size_t size = std::min(segments[i].iov_len, room.size() - gathered);
      std::memcpy(room.data() + gathered, segments[i].iov_base, size);
      gathered += size;
    }
    Take(queue, gathered - before);
  }
  return gathered;
}

void TlsSender::Take(OutputQueue& queue, size_t bytes) {
  in_flight_.completed.Add(queue.Consume(bytes));
  in_flight_.bytes += bytes;
}

}  // namespace entitysync::ws

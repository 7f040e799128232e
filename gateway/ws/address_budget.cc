#include "gateway/ws/address_budget.h"

#include <cassert>

namespace entitysync::ws {
namespace {

namespace ip = boost::asio::ip;

uint64_t ReadBigEndian(const unsigned char* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

ClientAddress::ClientAddress(const ip::address& address) {
  const bool is_mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  const bool is_v4 = address.is_v4() || is_mapped;
  const ip::address_v6 v6 =
      address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
  const ip::address_v6::bytes_type bytes = v6.to_bytes();
  network = ReadBigEndian(bytes.data());
  host = is_v4 ? ReadBigEndian(bytes.data() + 8) : 0;
}

bool AddressBudget::TryAcquire(const ClientAddress& address) {
  const base::MutexLock lock(mutex_);
  const auto [entry, is_new] = open_.try_emplace(address, 0);
  if (entry->second < max_) {
    ++entry->second;
    return true;
  }
  return false;
}

void AddressBudget::Release(const ClientAddress& address) {
  const base::MutexLock lock(mutex_);
  const auto entry = open_.find(address);
  assert(entry != open_.end());
  if (--entry->second == 0) open_.erase(entry);
}

size_t AddressBudget::addresses() const {
  const base::MutexLock lock(mutex_);
  return open_.size();
}

}  // namespace entitysync::ws

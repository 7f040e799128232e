#include "gateway/bus/connection_report.h"

namespace entitysync::bus {

void ConnectionReport::Update(uint64_t number, bool up, BusListener& listener) {
  const bool is_new = number > this->number();
  if (this->up() && (is_new || !up)) {
    up_.store(false, std::memory_order_release);
    listener.OnDisconnected();
  }
  // Also while down: a message of the new connection may be delivered before the link is known to
  // be up, and must not count as an echo under the old number.
  const bool had_one = this->number() != 0;
  if (is_new && (up || had_one)) number_.store(number, std::memory_order_release);
  if (up && !this->up()) {
    up_.store(true, std::memory_order_release);
    listener.OnConnected();
  }
}

}  // namespace entitysync::bus

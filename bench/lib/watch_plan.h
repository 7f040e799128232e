#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>

namespace entitysync::bench {

// Which connection watches which keys, as arithmetic: nothing is stored per subscription.
//   all     every connection watches the same keys, first .. first + keys_each - 1
//   own     connection i watches keys_each keys that no other one watches
//   spread  each watches keys_each of `keys` keys, so that all keys have equally many watchers (one
//           more or less) and neighbours on a connection are far apart
class WatchPlan {
 public:
  enum class Pattern { kAll, kOwn, kSpread };
  struct Parameters {
    Pattern pattern = Pattern::kAll;
    uint32_t connections = 1;
    uint32_t keys_each = 1;
    uint32_t first_key = 0;
    uint32_t keys = 1;  // Of kSpread only.
  };

  // INVALID_ARGUMENT if there would be keys beyond what the table holds, or fewer than keys_each.
  static absl::StatusOr<WatchPlan> Make(const Parameters& parameters);

  uint32_t connections() const { return parameters_.connections; }
  uint32_t keys_each() const { return parameters_.keys_each; }

  // The key number `place` (below keys_each) of a connection, and back: nothing if that connection
  // does not watch the key.
  uint32_t KeyAt(uint32_t connection, uint32_t place) const;
  std::optional<uint32_t> PlaceOf(uint32_t connection, uint32_t key) const;

 private:
  WatchPlan(const Parameters& parameters, uint32_t step, uint32_t inverse)
      : parameters_(parameters), step_(step), inverse_(inverse) {}

  // Of kSpread, where the subscriptions are numbered throughout: the first of this connection.
  uint64_t FirstOf(uint32_t connection) const;

  Parameters parameters_;
  // Of kSpread: subscription n watches key n * step_ mod keys; inverse_ undoes it.
  uint32_t step_;
  uint32_t inverse_;
};

}  // namespace entitysync::bench

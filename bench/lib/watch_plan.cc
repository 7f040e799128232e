#include "bench/lib/watch_plan.h"

#include <absl/strings/str_cat.h>

#include <numeric>
#include <utility>

#include "bench/lib/key_table.h"

namespace entitysync::bench {
namespace {

// A step near the golden section, prime to `keys`, so that all keys have their turn.
uint32_t StepFor(uint32_t keys) {
  auto step = static_cast<uint32_t>(keys * 0.618);
  while (std::gcd(step, keys) != 1) ++step;
  return step;
}

// The x with value * x = 1 mod modulus, for two that have no common divisor.
uint32_t Inverse(uint32_t value, uint32_t modulus) {
  int64_t a = value % modulus, b = modulus, x = 1, y = 0;
  while (b > 0) {
    const int64_t times = a / b;
    a = std::exchange(b, a - times * b);
    x = std::exchange(y, x - times * y);
  }
  return static_cast<uint32_t>((x % modulus + modulus) % modulus);
}

}  // namespace

absl::StatusOr<WatchPlan> WatchPlan::Make(const Parameters& parameters) {
  uint64_t used = parameters.keys_each;
  if (parameters.pattern == Pattern::kOwn) used *= parameters.connections;
  if (parameters.pattern == Pattern::kSpread) {
    used = parameters.keys;
    if (parameters.keys < parameters.keys_each) {
      return absl::InvalidArgumentError(
          absl::StrCat("no ", parameters.keys_each, " of ", parameters.keys,
                       " keys can be watched by a connection: raise keys or lower keys_each"));
    }
  }
  if (parameters.first_key + used > KeyTable::kMaxKeys) {
    return absl::InvalidArgumentError(
        absl::StrCat("the plan needs keys up to ", parameters.first_key + used, ", and there are ",
                     KeyTable::kMaxKeys, ": lower first_key, keys, keys_each or connections"));
  }
  if (parameters.pattern != Pattern::kSpread) return WatchPlan(parameters, 0, 0);
  const uint32_t step = StepFor(parameters.keys);
  return WatchPlan(parameters, step, Inverse(step, parameters.keys));
}

uint64_t WatchPlan::FirstOf(uint32_t connection) const {
  return uint64_t{connection} * parameters_.keys_each % parameters_.keys;
}

uint32_t WatchPlan::KeyAt(uint32_t connection, uint32_t place) const {
  switch (parameters_.pattern) {
    case Pattern::kAll:
      return parameters_.first_key + place;
    case Pattern::kOwn:
      return parameters_.first_key + connection * parameters_.keys_each + place;
    case Pattern::kSpread:
      break;
  }
  const uint64_t number = (FirstOf(connection) + place) % parameters_.keys;
  return parameters_.first_key + static_cast<uint32_t>(number * step_ % parameters_.keys);
}

std::optional<uint32_t> WatchPlan::PlaceOf(uint32_t connection, uint32_t key) const {
  uint64_t place = uint64_t{key} - parameters_.first_key;  // Huge if the key is below.
  if (parameters_.pattern == Pattern::kOwn) {
    place -= uint64_t{connection} * parameters_.keys_each;
  } else if (parameters_.pattern == Pattern::kSpread) {
    if (place >= parameters_.keys) return std::nullopt;
    const uint64_t number = place * inverse_ % parameters_.keys;
    place = (number + parameters_.keys - FirstOf(connection)) % parameters_.keys;
  }
  if (place >= parameters_.keys_each) return std::nullopt;
  return static_cast<uint32_t>(place);
}

}  // namespace entitysync::bench

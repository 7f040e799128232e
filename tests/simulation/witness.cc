#include "tests/simulation/witness.h"

#include <utility>

namespace entitysync::simulation {

Witness::Witness(World& world, const Application& application, const Source& source,
                 std::string name, std::string secret)
    : world_(world),
      application_(application),
      source_(source),
      name_(std::move(name)),
      secret_(std::move(secret)) {}

void Witness::CheckSecret(const Row& row) {
  if (row.secret != "*" && row.secret != secret_) {
    Broken(Promise::kIsolated, row, "sent to " + secret_);
  }
}

void Witness::CheckOrder(const Row& row, Last& last) {
  // Where the application's numbers started again, or may have because the entity was away, nothing
  // orders the states before and after.
  const bool in_order =
      !application_.NumbersRestarted(row.key) && source_.LastRemoved(row.key) < last.time;
  if (in_order && row.serial < last.serial) {
    Broken(Promise::kNoRegress, row, absl::StrCat("sent after #", last.serial));
  }
  last = {row.serial, world_.Now()};
}

void Witness::CheckFreshness(const Row& row) {
  if (IsOutOfOrder(row.key)) return;
  const uint64_t newest = source_.NewestAnswered(row.key, secret_);
  if (row.serial < newest) {
    Broken(Promise::kBounded, row, absl::StrCat("sent although #", newest, " had come"));
  }
}

void Witness::ForgetOrder(KeyIndex key, Last& last) const {
  // Without versions nothing orders what two secrets see.
  if (!application_.IsVersioned(key)) last.serial = 0;
}

void Witness::Broken(Promise promise, const Row& row, const std::string& what) {
  world_.Broken(promise, absl::StrCat(name_, ": ", application_.NameOf(row.key), " of ", row.secret,
                                      " #", row.serial, ": ", what));
}

}  // namespace entitysync::simulation

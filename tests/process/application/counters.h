#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace entitysync::testing {

// The database of a test: one number per key, in a file that the test and the application map.
//
// Purpose: a test changes rows while the application is killed or stopped, as a real database
//   would let it, and reads what the application was asked. support/counters.py is the other side.
// Owner and lifetime: a local of main; the file is made by the test and outlives both.
// Threading: any thread; words of eight bytes, read and written whole.
// Limits: as many keys as the file has room for.
// Errors: Open says whether the file could be mapped.
class Counters {
 public:
  // The words before those of the keys.
  enum Word : size_t {
    kDelayMicroseconds,
    kRowBytes,
    kInFlight,
    kMostInFlight,
    kFetches,  // And the next ones: one word per FetchReason.
    kBatches = kFetches + 8
  };

  bool Open(const std::string& path);

  // How many keys there are; their ids are "0", "1", …
  size_t keys() const { return keys_; }

  uint64_t Get(Word word) const { return words_[word].load(); }
  uint64_t Number(size_t key) const { return words_[kHeader + 2 * key].load(); }

  // A fetch of this key begins, for a FetchReason; so many end.
  void Began(size_t key, size_t reason);
  void Ended(size_t fetches) { words_[kInFlight].fetch_sub(fetches); }
  void CountBatch() { words_[kBatches].fetch_add(1); }

 private:
  static constexpr size_t kHeader = 16;
  static constexpr size_t kReasons = kBatches - kFetches;

  std::atomic<uint64_t>* words_ = nullptr;
  size_t keys_ = 0;
};

}  // namespace entitysync::testing

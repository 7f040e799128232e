#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace entitysync::bench {

// What all processes of a measurement share: of each key how often it changed and when, how many
// connections watch it, and how much has arrived. The publisher writes it, the application answers
// from it, and clients count what arrived.
//
// Owner and lifetime: maps a file, which the first process makes (sparse: only what is used costs
// memory), or anonymous memory; unmapped with the object.
// Threading: all of it from any thread and process, but a key is changed by one publisher only.
// Limits: 4 Mi keys, 16 processes.
// Errors: Open says what is wrong with the file. A key out of range is a bug.
class KeyTable {
 public:
  static constexpr uint32_t kMaxKeys = 4 << 20;
  static constexpr uint32_t kMaxProcesses = 16;

  struct State {
    uint64_t seq = 0;   // How often the key changed.
    int64_t at_ns = 0;  // When it changed last: notified, or due to be.
  };

  // `path` empty: memory of this process only.
  static absl::StatusOr<std::unique_ptr<KeyTable>> Open(const std::string& path);
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // Answers the new number of changes.
  uint64_t Change(uint32_t key, int64_t at_ns);
  State Read(uint32_t key) const;
  uint64_t Seq(uint32_t key) const;

  void AddWatchers(uint32_t key, int32_t count);
  uint32_t Watchers(uint32_t key) const;
  uint64_t AllWatchers() const;

  // How many changes have reached how many connections: a state that is three changes newer than
  // the one before it covers three. So what is to come is known, whatever is coalesced on the way.
  void AddCovered(uint32_t process, uint64_t count);
  uint64_t Covered() const;

  // Waits until Covered() is at least `wanted`; false at the deadline. By one thread at a time, of
  // all processes.
  bool WaitCovered(uint64_t wanted, int64_t deadline_ns);

 private:
  struct Entry;
  struct Header;

  KeyTable(void* memory);

  Header& header_;
  Entry* const entries_;
};

}  // namespace entitysync::bench

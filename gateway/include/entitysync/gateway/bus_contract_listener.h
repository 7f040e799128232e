#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entitysync/gateway/bus_link.h"

namespace entitysync::bus {

// A message as a listener heard it.
struct ContractMessage {
  std::string subject;
  std::string payload;
  uint64_t connection = 0;  // BusLink::Connection() when it came.

  friend bool operator==(const ContractMessage& a, const ContractMessage& b) {
    return a.subject == b.subject && a.payload == b.payload;
  }
};

// What a ContractListener was told so far.
struct ContractRecord {
  std::vector<ContractMessage> messages;  // Without those on the sync subject.
  std::string last_echo;                  // The latest payload on the sync subject.
  uint64_t connects = 0;
  uint64_t disconnects = 0;
  uint64_t dropped = 0;
  uint64_t connection_at_last_connect = 0;
  uint64_t calls = 0;
  bool called_inside_publish = false;
  bool called_twice_at_once = false;
};

// A listener that remembers all it is told, for the contract tests (bus_contract.h).
//
// Owner and lifetime: a ContractClient; outlives the link that calls it.
// Threading: any thread.
// Limits: remembers everything. Errors: what must not happen is recorded, for tests to look at.
class ContractListener final : public BusListener {
 public:
  using Reaction = std::function<void(const ContractMessage&)>;

  ContractListener(const BusLink& link, std::string sync_subject)
      : link_(link), sync_subject_(std::move(sync_subject)) {}

  void OnMessage(std::string_view subject, std::string_view payload) override {
    const ContractMessage message{std::string(subject), std::string(payload), link_.Connection()};
    if (subject == sync_subject_) {
      Call([&](ContractRecord& record) { record.last_echo = message.payload; });
    } else {
      Call([&](ContractRecord& record) { record.messages.push_back(message); }, &message);
    }
  }

  void OnConnected() override {
    Call([number = link_.Connection()](ContractRecord& record) {
      ++record.connects;
      record.connection_at_last_connect = number;
    });
  }

  void OnDisconnected() override {
    Call([](ContractRecord& record) { ++record.disconnects; });
  }

  void OnDropped(uint64_t count) override {
    Call([count](ContractRecord& record) { record.dropped += count; });
  }

  // Runs inside the listener's call for every message that is remembered from now on.
  void SetReaction(Reaction reaction) {
    const std::lock_guard lock(mutex_);
    reaction_ = std::move(reaction);
  }

  // Waits until `condition`, given the record, holds; says whether it did within `bound`.
  bool Wait(std::chrono::nanoseconds bound,
            const std::function<bool(const ContractRecord&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, bound, [&] { return condition(record_); });
  }

  // What `question` answers of the record.
  template <typename Question>
  auto Ask(Question question) const {
    const std::lock_guard lock(mutex_);
    return question(record_);
  }

  // The listener inside whose link's Publish this thread is.
  static inline thread_local const ContractListener* publishing = nullptr;

 private:
  template <typename Note>
  void Call(Note note, const ContractMessage* message = nullptr) {
    const bool is_second = calls_under_way_.fetch_add(1) != 0;
    Reaction reaction;
    {
      const std::lock_guard lock(mutex_);
      ++record_.calls;
      record_.called_twice_at_once |= is_second;
      record_.called_inside_publish |= publishing == this;
      note(record_);
      if (message != nullptr) reaction = reaction_;
      changed_.notify_all();
    }
    if (reaction) reaction(*message);
    --calls_under_way_;
  }

  const BusLink& link_;
  const std::string sync_subject_;
  std::atomic<int> calls_under_way_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Reaction reaction_;      // Guarded by mutex_.
  ContractRecord record_;  // Guarded by mutex_.
};

}  // namespace entitysync::bus

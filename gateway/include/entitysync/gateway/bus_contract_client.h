#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "entitysync/gateway/bus_contract_listener.h"
#include "entitysync/gateway/bus_link.h"

namespace entitysync::bus {

// A link and its listener, for the contract tests (bus_contract.h).
//
// Owner and lifetime: a test. Its end stops the link.
// Threading: any thread; Start and Stop from one.
// Limits: waits end when their condition holds, at the latest after kPatience, and say whether it
//   did.
class ContractClient {
 public:
  static constexpr std::chrono::seconds kPatience{30};

  // `sync_subject` is for WaitForEcho.
  ContractClient(std::unique_ptr<BusLink> link, std::string sync_subject)
      : link_(std::move(link)), sync_subject_(sync_subject), listener_(*link_, sync_subject) {}
  ~ContractClient() { Stop(); }

  // A token of subjects that no other test run uses.
  static std::string UniqueToken() {
    std::random_device random;
    return "contract-" + std::to_string((uint64_t{random()} << 32) | random());
  }

  absl::Status Start(std::vector<std::string> subscriptions) {
    subscriptions.push_back(sync_subject_);
    absl::Status status = link_->Start(std::move(subscriptions), listener_);
    started_ = status.ok();
    return status;
  }

  void Stop() {
    if (std::exchange(started_, false)) link_->Stop();
  }

  absl::Status Publish(std::string_view subject, std::string_view payload) {
    ContractListener::publishing = &listener_;
    absl::Status status = link_->Publish(subject, payload);
    ContractListener::publishing = nullptr;
    return status;
  }

  // Publishes, again and again while the link is full or away.
  bool PublishPatiently(std::string_view subject, std::string_view payload);

  // Publishes a message to itself until one comes back: then all that this link published before,
  // and all that the bus took before, has been heard.
  bool WaitForEcho();

  bool WaitForMessages(size_t count) { return WaitFor(&CountMessages, count); }
  bool WaitForConnects(uint64_t count) { return WaitFor(&ContractRecord::connects, count); }
  bool WaitForDisconnects(uint64_t count) { return WaitFor(&ContractRecord::disconnects, count); }
  bool WaitForDropped(uint64_t count) { return WaitFor(&ContractRecord::dropped, count); }

  uint64_t Connection() const { return link_->Connection(); }
  uint64_t Disconnects() const { return Count(&ContractRecord::disconnects); }
  size_t MessageCount() const { return Count(&CountMessages); }
  ContractRecord Record() const {
    return listener_.Ask([](const ContractRecord& record) { return record; });
  }
  std::vector<ContractMessage> Messages() const { return Record().messages; }
  void SetReaction(ContractListener::Reaction reaction) {
    listener_.SetReaction(std::move(reaction));
  }

 private:
  static uint64_t CountMessages(const ContractRecord& record) { return record.messages.size(); }

  template <typename Field>
  uint64_t Count(Field field) const {
    return listener_.Ask([&](const ContractRecord& record) { return std::invoke(field, record); });
  }

  template <typename Field>
  bool WaitFor(Field count, uint64_t least) {
    return listener_.Wait(kPatience, [&](const ContractRecord& record) {
      return std::invoke(count, record) >= least;
    });
  }

  const std::unique_ptr<BusLink> link_;
  const std::string sync_subject_;
  ContractListener listener_;
  bool started_ = false;
};

inline bool ContractClient::PublishPatiently(std::string_view subject, std::string_view payload) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!Publish(subject, payload).ok()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

inline bool ContractClient::WaitForEcho() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    const std::string token = UniqueToken();
    if (!PublishPatiently(sync_subject_, token)) return false;
    const auto came = [&token](const ContractRecord& record) { return record.last_echo == token; };
    if (listener_.Wait(std::chrono::seconds(5), came)) return true;
  }
  return false;
}

}  // namespace entitysync::bus

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/v1_shown.h"
#include "tests/simulation/witness.h"

namespace entitysync::simulation {

// How a v1 client asks for a key.
struct V1Asked {
  KeyIndex key = 0;
  std::optional<V1Shown> known;
  bool snapshot = true;
  bool patches = false;
  double max_rate = 0;  // 0: no limit.
};

// The witness of a session of v1.
//
// Purpose: beside what holds in all dialects, what docs/PROTOCOL.md says of each event: that it has
//   its place among the others, and that what it says is so.
// Owner and lifetime: a Connection. Threading: one thread.
class V1Witness final : public Witness {
 public:
  V1Witness(World& world, const Application& application, const Source& source, std::string name,
            std::string secret, protocol::V1Form form)
      : Witness(world, application, source, std::move(name), std::move(secret)), form_(form) {}

  // The session is about to handle a client's message.
  void OnSubscribe(uint32_t ref, const std::vector<V1Asked>& asked);
  void OnUnsubscribe(KeyIndex key);
  void OnUpdate(KeyIndex key, std::optional<double> max_rate, std::optional<bool> patches);
  void OnAuthenticate(const std::string& secret);

  Sent OnSend(std::string_view frame) override;

  // When the present subscription to the key was handled; nothing while there is none.
  std::optional<base::TimePoint> WatchedSince(KeyIndex key) const;

 private:
  struct Watch {
    base::TimePoint since;
    uint32_t ref = 0;  // Of the message; 0 once it was answered.
    bool patches = false;
    double max_rate = 0;                        // In force now,
    double max_rate_at_first = 0;               // and when it began.
    std::optional<base::TimePoint> last_paced;  // The last state under a rate.
    std::optional<V1Shown> has;                 // What it said that it has, or was sent last.
    bool is_base = false;                       // The latter, or the former was confirmed.
    bool is_stale = false;
    Last last;
  };

  void OnEvent(const ServerEvent& event);
  // The watch that an event is about; null (and broken) if there must be none of this kind.
  Watch* WatchFor(KeyIndex key, const ServerEvent& event);
  void OnSubscribed(const ServerEvent& event);
  void OnWithdrawn(KeyIndex key);
  void OnState(KeyIndex key, Watch& watch, const ServerEvent& event);
  void OnUnchanged(KeyIndex key, Watch& watch, const std::string& version);
  void CheckPatch(KeyIndex key, const Watch& watch, const client::v1::Patch& patch);
  void CheckPace(KeyIndex key, Watch& watch);
  // That what the watch has may be the state of the key.
  void CheckTrue(KeyIndex key, Watch& watch);
  void CheckRows(const Row& row, const V1Shown& shown);
  void CheckRemoved(KeyIndex key, const V1Shown& shown);
  double InForce(double max_rate) const;
  void BrokenOf(KeyIndex key, const std::string& what);

  const protocol::V1Form form_;
  bool is_welcome_ = false;
  base::TimePoint secret_since_{};
  std::map<KeyIndex, Watch> watches_;
};

}  // namespace entitysync::simulation

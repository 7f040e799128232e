#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/client.h"
#include "tests/simulation/v1_shown.h"
#include "tests/simulation/v1_witness.h"

namespace entitysync::simulation {

// A client of v1, as an SDK is one.
//
// Purpose: keeps what it shows across connections and resumes with it, applies patches, forgets
//   what is withdrawn and asks for it again under another credential; changes its mind about all
//   of that.
// Owner and lifetime: the Cluster. Threading: one thread.
class V1Client final : public Client {
 public:
  V1Client(World& world, Application& application, Directory& directory, size_t index);

  void Connect() override;

 private:
  static constexpr const char* kUnknownType = "unknown";

  struct Watched {
    std::optional<V1Shown> shown;
    uint32_t ref = 0;           // Of the subscribe that is not answered yet; 0: it is.
    bool snapshot = true;       // The present state was asked for,
    bool is_awaited = true;     // and nothing was said of it yet.
    bool is_withdrawn = false;  // Not watched by the gateway any more.
    bool is_stale = false;
  };
  using Keys = std::vector<KeyIndex>;

  std::unique_ptr<Witness> MakeWitness(const Source& source, const std::string& name) override;
  void AddDeeds(Deeds& deeds) override;
  std::string FirstLack(const Producer& producer) const override;
  std::string LacksOf(KeyIndex key, const Watched& watched, const Producer& producer) const;
  bool ShowsPresent(KeyIndex key, const Watched& watched) const;

  void OnFrame(std::string_view frame) override;
  void OnEvent(const ServerEvent& event);
  void OnSubscribed(uint32_t ref, const client::v1::Subscribed& subscribed);
  void OnWithdrawn(const client::v1::Key& key);
  void OnReconnect(const client::v1::Reconnect& reconnect);
  // Something that is said of a key; null where it is of a subscription before the present one.
  Watched* Heard(const std::string& entity, const std::string& id);

  void Authenticate();
  void SwitchSecret();
  // In one message, or each in its own.
  void SubscribeToAll(const Keys& keys);
  void Subscribe(const Keys& keys);
  V1Asked Ask(KeyIndex key);
  static void AddUnknown(client::v1::Subscribe& message);
  void Unsubscribe(KeyIndex key);
  void ToggleWatch();
  void WatchAnew();
  void Update();
  void Ping();
  double AnyRate();
  // Some watched key, in a random place.
  std::optional<KeyIndex> AnyWatched();
  void Say(ClientMessage message, uint32_t ref, std::function<void()> before);

  const protocol::V1Form form_;
  std::map<KeyIndex, Watched> watched_;
  V1Witness* witness_ = nullptr;  // Of the connection.
  std::string handshake_secret_;
  uint32_t last_ref_ = 0;
};

}  // namespace entitysync::simulation

#include "entitysync/client/client.h"

#include <random>
#include <utility>

#include "client-sdk/cpp/asio_scheduler.h"
#include "client-sdk/cpp/beast_transport.h"
#include "client-sdk/cpp/client_maker.h"
#include "client-sdk/cpp/core.h"

namespace entitysync::client {

// What may call user functions keeps the core alive: they may destroy their client.

std::unique_ptr<Client> ClientMaker::Make(const ClientOptions& options, Platform platform) {
  return std::unique_ptr<Client>(new Client(Core::Make(options, std::move(platform))));
}

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(boost::asio::any_io_executor executor,
                                                        ClientOptions options) {
  absl::StatusOr<Dial> dial = MakeBeastDial(executor, options);
  if (!dial.ok()) return dial.status();
  Platform platform;
  platform.scheduler = std::make_shared<AsioScheduler>(executor);
  platform.dial = *std::move(dial);
  platform.random = [engine = std::minstd_rand(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
  return ClientMaker::Make(options, std::move(platform));
}

Client::Client(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Client::~Client() { core_->Abandon(); }

const ConnectionState& Client::connection() const { return core_->connection(); }

EntityHandle Client::Entity(std::string entity, std::string id) {
  return {core_, Key{std::move(entity), std::move(id)}};
}

void Client::Authenticate(std::optional<Token> token, std::function<void(absl::Status)> done) {
  const auto core = core_;
  core->Authenticate(std::move(token), std::move(done));
}

RequestHandle Client::Request(std::string json, std::optional<std::chrono::milliseconds> timeout,
                              ReplyFunction done) {
  RequestHandle handle;
  handle.core_ = core_;
  handle.id_ = core_->requests().Add(std::move(json), timeout, std::move(done));
  return handle;
}

void Client::SetOnline(bool online) {
  const auto core = core_;
  core->SetOnline(online);
}

void Client::CheckNow() {
  const auto core = core_;
  core->CheckNow();
}

void Client::Close() {
  const auto core = core_;
  core->Close();
}

void RequestHandle::Cancel() {
  if (const auto core = core_.lock()) core->requests().Cancel(id_);
}

EntityHandle::EntityHandle(std::weak_ptr<Core> core, Key key)
    : core_(std::move(core)), key_(std::move(key)) {}

std::shared_ptr<const EntityState> EntityHandle::Current() const {
  const auto core = core_.lock();
  return core == nullptr ? std::make_shared<const EntityState>()
                         : core->subscriptions().Current(key_);
}

Subscription EntityHandle::Subscribe(EntityListener listener, WatchOptions options) {
  const auto core = core_.lock();
  if (core == nullptr) return {};
  return {core_, core->subscriptions().Add(key_, std::move(listener), options)};
}

Subscription::Subscription(std::weak_ptr<Core> core, std::weak_ptr<Watcher> watcher)
    : core_(std::move(core)), watcher_(std::move(watcher)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  // Ended last: its listener may hold what does anything when it is destroyed.
  const Subscription before = std::move(*this);
  core_ = std::move(other.core_);
  watcher_ = std::move(other.watcher_);
  return *this;
}

void Subscription::Reset() {
  // Empty before it ends, because its listener may hold the only reference to this.
  const auto core = std::exchange(core_, {}).lock();
  const auto watcher = std::exchange(watcher_, {});
  if (core != nullptr) core->subscriptions().Remove(watcher);
}

}  // namespace entitysync::client

#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The words an application server and the gateways share: keys, changes, answers, and the functions
// an application writes.
namespace entitysync {

// Names one entity: its type (1 to 128 bytes) and its id within the type (1 to 512 bytes), both
// UTF-8 without NUL. A pair, never a joined string: dots, spaces and wildcards mean nothing.
struct EntityKey {
  std::string entity;
  std::string id;

  friend bool operator==(const EntityKey&, const EntityKey&) = default;
  friend auto operator<=>(const EntityKey&, const EntityKey&) = default;
};

// The fact that an entity changed. Give the version if the application numbers the states of its
// entities and fetches answer with that number; leave it out when what a viewer sees changed
// without a new number (its rights, say): a change without version always causes a fetch.
struct Change {
  EntityKey key;
  std::optional<uint64_t> version;

  friend bool operator==(const Change&, const Change&) = default;
};

// OK if the key is within the limits above, else INVALID_ARGUMENT with what is wrong.
absl::Status ValidateKey(const EntityKey& key);

// Why a gateway asks. Informative: the answer must not depend on it.
enum class FetchReason : uint8_t {
  kChange,      // The key was notified as changed.
  kSnapshot,    // A client began to watch the key.
  kRevalidate,  // A change may have been missed, so the gateway makes sure.
};

// One question of a gateway: what does this entity look like for this viewer?
//
// Purpose: what a fetch function is given.
// Owner and lifetime: the library's; valid until the function returns.
// Threading: const and safe from any thread; a function runs on one of the service's threads.
// Limits: the secret is up to the gateway's client message limit (64 KiB by default).
// Errors: none.
class FetchContext {
 public:
  FetchContext(EntityKey key, std::string secret, FetchReason reason, uint64_t min_version,
               std::shared_ptr<const std::atomic<bool>> cancelled)
      : key_(std::move(key)),
        secret_(std::move(secret)),
        reason_(reason),
        min_version_(min_version),
        cancelled_(std::move(cancelled)) {}

  const EntityKey& key() const { return key_; }

  // What the watching client presented to be recognised, byte for byte; empty if nothing. Decide by
  // it what the viewer may see. Never log it.
  const std::string& secret() const { return secret_; }

  FetchReason reason() const { return reason_; }

  // The highest version notified for the key, 0 if none. An answer below it (from a lagging read
  // replica) is asked for again.
  uint64_t min_version() const { return min_version_; }

  // Whether nobody waits for the answer any more (the watcher left, the deadline passed, the
  // service stops). Long functions look at it now and then and return early with any status.
  bool cancelled() const { return cancelled_->load(std::memory_order_relaxed); }

 private:
  EntityKey key_;
  std::string secret_;
  FetchReason reason_;
  uint64_t min_version_;
  std::shared_ptr<const std::atomic<bool>> cancelled_;
};

// The state of an entity for one viewer: rows in the order in which clients get them (opaque bytes,
// usually one JSON document each; up to 1,000 rows and 1 MiB in all by default), and the number of
// this state if the application numbers its states (it must grow with every state of the key).
struct Answer {
  std::vector<std::string> rows;
  std::optional<uint64_t> version;
};

// Answers a fetch. Read the present state, not a cache that the change may not have reached. May
// block; runs on the service's threads, several at once. Status codes and what follows:
//   OK                                 the rows go to the viewer, possibly none
//   NOT_FOUND                          the entity does not exist (any more); watchers stay
//   PERMISSION_DENIED, UNAUTHENTICATED this viewer may not see it; nothing is sent to it
//   UNIMPLEMENTED, INVALID_ARGUMENT    a misconfiguration; asked again slowly (10 s)
//   any other                          asked again with backoff (100 ms to 10 s)
// An exception counts as INTERNAL; its text is sent nowhere, since it may hold a secret.
using FetchFunction = std::function<absl::StatusOr<Answer>(const FetchContext& context)>;

// Answers many fetches of one entity type at once, where one query of the database can: one answer
// for each question, in their order. Questions may repeat a key with different secrets. Each answer
// has a status of its own, as a FetchFunction would give it; if all fail,
//   return std::vector<absl::StatusOr<Answer>>(questions.size(), absl::UnavailableError("why"));
// An exception, or another number of answers, counts as INTERNAL for all of them.
using FetchManyFunction =
    std::function<std::vector<absl::StatusOr<Answer>>(const std::vector<FetchContext>& questions)>;

// Takes the rows of a function that writes any number of them. Owned by the library; valid until
// the function returns; for one thread.
class RowWriter {
 public:
  explicit RowWriter(Answer& answer) : answer_(answer) {}

  // Appends a row.
  void operator()(std::string row) { answer_.rows.push_back(std::move(row)); }

  // Numbers the state that the rows make up; see Answer::version.
  void SetVersion(uint64_t version) { answer_.version = version; }

 private:
  Answer& answer_;
};

// Another form of FetchFunction: writes any number of rows, then says how it went. If the status is
// not OK the rows are dropped.
using RowFunction = std::function<absl::Status(const FetchContext& context, RowWriter& write)>;

// Makes a FetchFunction of a RowFunction.
FetchFunction WritingRows(RowFunction function);

// A client's message that is not Entity Sync's own (pass-through).
struct ClientMessage {
  std::string secret;      // As FetchContext::secret.
  std::string connection;  // Names the client's connection, unique across gateways and restarts.
  std::string data;        // Byte for byte.
  bool is_binary = false;  // Whether it came as a binary frame; if not, it is UTF-8.
};

// One frame for the client that sent a message. Text must be UTF-8; other bytes go as binary.
struct Reply {
  std::string data;
  bool is_binary = false;
};

// Takes a pass-through message and answers with replies to that client, sent in order. At most one
// message of a connection is in flight, so they are handled in order. Not retried: a message whose
// function fails is dropped and counted by the gateway. Threading and exceptions as FetchFunction.
using MessageFunction =
    std::function<absl::StatusOr<std::vector<Reply>>(const ClientMessage& message)>;

// Takes one line about something that needs an operator's eye. Called from any thread; must not
// block for long. Lines hold no secrets, and no ids of entities.
using LogFunction = std::function<void(std::string_view line)>;

// Writes lines to the standard error stream.
void LogToStandardError(std::string_view line);

}  // namespace entitysync

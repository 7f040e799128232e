#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/lib/key_table.h"
#include "entitysync/v1/entity.grpc.pb.h"

namespace entitysync::bench {

// The application whose rows are watched: answers what stands in the table.
//
// Owner: the load program. Threading: gRPC's threads; counters are atomic. Limits: none of its own.
// Errors: a key that is no number is NOT_FOUND.
class Application final : public v1::EntityService::CallbackService {
 public:
  struct Options {
    std::string address = "127.0.0.1:0";
    int64_t answer_after_us = 0;
    size_t row_bytes = 128;
    bool versioned = true;  // Answers carry the key's number as their version.
    std::string bearer;     // What callers have to present; empty: nothing.
  };

  static absl::StatusOr<std::unique_ptr<Application>> Start(Options options, const KeyTable& table);
  ~Application() override;

  int port() const { return port_; }

  // {"fetches": items asked one by one, "batches", "batch_items", "in_flight", "most_in_flight"}.
  boost::json::object Counts() const;
  void ClearCounts();

  grpc::ServerUnaryReactor* FetchEntity(grpc::CallbackServerContext* context,
                                        const v1::FetchEntityRequest* request,
                                        v1::FetchEntityResponse* response) override;
  grpc::ServerUnaryReactor* FetchEntities(grpc::CallbackServerContext* context,
                                          const v1::FetchEntitiesRequest* request,
                                          v1::FetchEntitiesResponse* response) override;

 private:
  class Answer;

  Application(Options options, const KeyTable& table)
      : options_(std::move(options)), table_(table) {}

  bool MayCall(const grpc::CallbackServerContext& context) const;
  bool Fill(const v1::EntityKey& key, v1::FetchEntityResponse& response) const;

  const Options options_;
  const KeyTable& table_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;

  std::atomic<uint64_t> fetches_ = 0;
  std::atomic<uint64_t> batches_ = 0;
  std::atomic<uint64_t> batch_items_ = 0;
  std::atomic<uint64_t> in_flight_ = 0;
  std::atomic<uint64_t> most_in_flight_ = 0;
};

}  // namespace entitysync::bench

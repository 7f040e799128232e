#pragma once

#include <grpcpp/support/status.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "entitysync/service.h"
#include "service/throttled_log.h"

namespace entitysync::service {

// What became of the gateways' calls.
//
// Purpose: counts them, and writes down what an operator must know. Where a call does not get to a
//   function, or the function fails badly, it returns the status that the gateway is answered.
// Owner and lifetime: the EntityServiceImpl; outlives its calls.
// Threading: any thread.
// Limits: one line a second of each kind.
// Errors: none.
class CallRecord {
 public:
  explicit CallRecord(const LogFunction& log);

  void Ended(bool ok) { ++(ok ? answered_ : failed_); }  // A function returned.
  void Cancelled() { ++cancelled_; }                     // Nobody waited any more.

  grpc::Status WrongKey();
  grpc::Status NoFunction(const std::string& entity);
  grpc::Status TooManyItems(size_t items, size_t limit);
  grpc::Status NoRoom();
  grpc::Status NoMessages();

  // To be called in a catch block; `which` names the function.
  grpc::Status Threw(const std::string& which);
  grpc::Status WrongNumber(const std::string& which, size_t answers, size_t questions);

  // Fills in the counters of calls.
  void AddTo(ServiceStats& stats) const;

 private:
  ThrottledLog key_log_;
  ThrottledLog type_log_;
  ThrottledLog function_log_;
  ThrottledLog full_log_;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> cancelled_ = 0;
};

}  // namespace entitysync::service

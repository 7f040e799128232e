#pragma once

#include <absl/status/status.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "entitysync/v1/entity.grpc.pb.h"

namespace entitysync::testing {

// How long a test waits for what must happen; only a failing test waits as long.
inline constexpr std::chrono::seconds kTestPatience{20};

// Certificates and keys in PEM; empty: no TLS.
struct GrpcApplicationTls {
  std::string cert;
  std::string key;
  std::string client_ca;  // Set: the caller must show a certificate of this authority.
};

// An application server for tests: a real gRPC server on loopback whose answers the test chooses.
//
// Owner and lifetime: a local of the test. Start, Stop and Start again use the same port.
// Threading: all methods from any thread. The functions given run on gRPC's threads.
// Errors: Start says why it cannot listen.
class GrpcApplication {
 public:
  using FetchFunction =
      std::function<grpc::Status(const v1::FetchEntityRequest&, v1::FetchEntityResponse&)>;
  using BatchFunction =
      std::function<grpc::Status(const v1::FetchEntitiesRequest&, v1::FetchEntitiesResponse&)>;
  using MessageFunction =
      std::function<grpc::Status(const v1::HandleMessageRequest&, v1::HandleMessageResponse&)>;

  explicit GrpcApplication(GrpcApplicationTls tls = {});
  ~GrpcApplication();

  absl::Status Start();
  void Stop();  // At once: calls under way are cancelled.

  // "127.0.0.1:<port>", valid after the first Start.
  std::string address() const;

  // What the application answers from now on. Until set: no rows; UNIMPLEMENTED for batches and
  // messages.
  void OnFetch(FetchFunction fetch);
  void OnBatch(BatchFunction batch);
  void AnswerBatchesByFetch();  // Each item of a batch as OnFetch has it.
  void OnMessage(MessageFunction message);

  // While held, calls wait; Release answers those that wait and ends the hold.
  void Hold();
  void Release();

  // Counts since construction.
  int calls() const;             // Calls of any kind that arrived.
  int batches() const;           // Calls of FetchEntities among them.
  bool AwaitCalls(int count);    // False if they do not come in kTestPatience.
  bool AwaitCancels(int count);  // Held calls that the caller gave up.

  // The metadata of the last call, for instance "authorization".
  std::multimap<std::string, std::string> last_metadata() const;
  std::chrono::system_clock::duration last_remaining() const;  // Its deadline, at arrival.

 private:
  class Service;
  class HeldReactor;

  grpc::ServerUnaryReactor* Arrived(grpc::CallbackServerContext& context,
                                    std::function<grpc::Status()> answer);

  template <typename Function>
  Function Copy(const Function& function) const {
    const std::lock_guard lock(mutex_);
    return function;
  }

  const GrpcApplicationTls tls_;
  const std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  FetchFunction fetch_;
  BatchFunction batch_;
  MessageFunction message_;
  bool held_ = false;
  std::vector<std::shared_ptr<HeldReactor>> waiting_;
  int port_ = 0;
  int calls_ = 0;
  int batches_ = 0;
  int cancels_ = 0;
  std::multimap<std::string, std::string> metadata_;
  std::chrono::system_clock::duration remaining_{};
};

}  // namespace entitysync::testing

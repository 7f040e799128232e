// What a producer is told on a stream, and how requests reach the publisher.

#include <gmock/gmock.h>
#include <malloc.h>

#include <memory>
#include <vector>

#include "tests/testing/eventually.h"
#include "tests/unit/front/stream_fixture.h"

namespace entitysync::front {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;
constexpr int kUnavailable = 14;

TEST_F(NotifyStreamTest, AcknowledgesWhatThePublisherHas) {
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a", "b"}));
  EXPECT_TRUE(stream.Acknowledged(1));
  ASSERT_TRUE(stream.Send(7, {"c"}));
  EXPECT_TRUE(stream.Acknowledged(7));
  EXPECT_TRUE(stream.Close().ok());

  const auto call = publisher_.Take();
  ASSERT_TRUE(call);
  ASSERT_THAT(call->changes, SizeIs(2));
  EXPECT_EQ(call->changes[1].key, (base::EntityKey{"items", "b"}));
  EXPECT_EQ(call->terms.timeout, options_.notify_timeout);
  EXPECT_TRUE(call->terms.may_gather);
  EXPECT_EQ(metrics_.stream_requests_ok.Value(), 2);
  EXPECT_EQ(metrics_.changes_accepted.Value(), 3);
  EXPECT_EQ(metrics_.calls_ok.Value(), 0);
}

TEST_F(NotifyStreamTest, NothingIsAcknowledgedBeforeThePublisherAnswers) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  auto first = publisher_.Take();
  ASSERT_TRUE(stream.Send(2, {"b"}));
  auto second = publisher_.Take();
  ASSERT_TRUE(first && second);
  second->done(absl::OkStatus());
  first->done(absl::UnavailableError("no echo"));
  ASSERT_TRUE(stream.Acknowledged(2));
  EXPECT_EQ(stream.responses(), 1u) << "the second, settled before the first, had to wait";
}

TEST_F(NotifyStreamTest, OneResponseStandsForAllThatIsConfirmedTogether) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  std::vector<testing::FakePublisher::Call> calls;
  for (uint64_t sequence = 1; sequence <= 10; ++sequence) {
    ASSERT_TRUE(stream.Send(sequence, {"a"}));
    calls.push_back(*publisher_.Take());
  }
  // As the changelog does it.
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) call->done(absl::OkStatus());
  ASSERT_TRUE(stream.Acknowledged(10));
  EXPECT_EQ(stream.responses(), 1u);
}

TEST_F(NotifyStreamTest, ABadRequestIsNamedAndTheStreamLivesOn) {
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  ASSERT_TRUE(stream.Send(2, {"a", ""}));
  ASSERT_TRUE(stream.Send(3, {"a"}, "unknown"));
  ASSERT_TRUE(stream.Send(4, {}));
  ASSERT_TRUE(stream.Send(5, {"a"}));
  ASSERT_TRUE(stream.Acknowledged(5));
  ASSERT_THAT(stream.failures(), SizeIs(3));
  EXPECT_EQ(stream.failures()[0].sequence(), 2u);
  EXPECT_EQ(stream.failures()[0].code(), kInvalidArgument);
  EXPECT_THAT(stream.failures()[0].message(), HasSubstr("changes[1] {\"items\", \"\"}"));
  EXPECT_EQ(stream.failures()[1].code(), kNotFound);
  EXPECT_THAT(stream.failures()[1].message(), HasSubstr("\"unknown\""));
  EXPECT_EQ(stream.failures()[2].code(), kInvalidArgument);
  EXPECT_EQ(metrics_.stream_requests_ok.Value(), 2);
  EXPECT_EQ(metrics_.stream_requests_invalid.Value(), 3);
}

TEST_F(NotifyStreamTest, WhatTheBusDidNotTakeIsNamedAndMayBeSentAgain) {
  publisher_.AnswerWith(absl::UnavailableError("the bus did not confirm: retry"));
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  ASSERT_TRUE(stream.Acknowledged(1));
  ASSERT_THAT(stream.failures(), SizeIs(1));
  EXPECT_EQ(stream.failures()[0].code(), kUnavailable);
  EXPECT_EQ(stream.failures()[0].message(), "the bus did not confirm: retry");
  publisher_.AnswerWith(absl::OkStatus());
  ASSERT_TRUE(stream.Send(2, {"a"}));
  ASSERT_TRUE(stream.Acknowledged(2));
  EXPECT_THAT(stream.failures(), SizeIs(1));
  EXPECT_EQ(metrics_.stream_requests_unavailable.Value(), 1);
}

TEST_F(NotifyStreamTest, APublisherThatDropsABatchMakesItUnavailable) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  publisher_.Take().reset();
  ASSERT_TRUE(stream.Acknowledged(1));
  EXPECT_EQ(stream.failures().at(0).code(), kUnavailable);
}

TEST_F(NotifyStreamTest, ASequenceThatDoesNotGrowEndsTheStreamAfterWhatCameBefore) {
  for (const uint64_t second : {3u, 2u, 0u}) {
    ASSERT_TRUE(Start().ok());
    ProducerStream stream = Open();
    ASSERT_TRUE(stream.Send(3, {"a"}));
    ASSERT_TRUE(stream.Send(second, {"b"}));
    const grpc::Status status = stream.AwaitEnd();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(),
                HasSubstr("the sequence " + std::to_string(second) + " after 3"));
    EXPECT_EQ(stream.acknowledged(), 3u);
    EXPECT_EQ(publisher_.Take()->changes.size(), 1u);
    EXPECT_TRUE(publisher_.empty());
    front_.reset();
  }
}

TEST_F(NotifyStreamTest, BytesWithoutASequenceEndTheStream) {
  ASSERT_TRUE(Start().ok());
  const std::string method = "/entitysync.v1.GatewayService/NotifyChanges";
  const grpc::Status status = CallRaw(method, "\xFF\xFF\xFF").status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("damaged"));
  // A change whose key goes beyond its end, and the sequence 7.
  const RawAnswer answer = CallRaw(method, "\x0A\x02\x0A\x01\x10\x07");
  EXPECT_TRUE(answer.status.ok());
  v1::NotifyChangesResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.message));
  EXPECT_EQ(response.acknowledged(), 7u);
  EXPECT_EQ(response.failures(0).code(), kInvalidArgument);
  EXPECT_THAT(response.failures(0).message(), HasSubstr("damaged"));
}

TEST_F(NotifyStreamTest, BeyondTheWindowNothingIsRead) {
  publisher_.Hold();
  FrontOptions options = Loopback();
  options.stream_window = 2;
  ASSERT_TRUE(Start(options).ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a", "b"}));
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  ASSERT_TRUE(stream.Send(2, {""})) << "refused as soon as it is read";
  // A call that comes over the same connection later has been answered.
  EXPECT_FALSE(Notify(RequestFor("items", "")).ok());
  call->done(absl::OkStatus());
  ASSERT_TRUE(stream.Next());
  EXPECT_EQ(stream.acknowledged(), 1u);
  EXPECT_THAT(stream.failures(), SizeIs(0));
  EXPECT_TRUE(stream.Acknowledged(2));
  EXPECT_THAT(stream.failures(), SizeIs(1));
}

TEST_F(NotifyStreamTest, ALargeRequestIsNotKeptUntilTheNext) {
  constexpr size_t kStreams = 8;
  constexpr size_t kChanges = 4'000;
  constexpr size_t kIdBytes = 500;
  const auto allocated = [] {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  ASSERT_TRUE(Start().ok());
  std::vector<std::unique_ptr<ProducerStream>> streams;
  for (size_t i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<ProducerStream>(*stub_));
    ASSERT_TRUE(streams[i]->Send(1, {"small"}));
    ASSERT_TRUE(streams[i]->Acknowledged(1));
    ASSERT_TRUE(publisher_.Take());
  }
  const size_t before = allocated();
  v1::NotifyChangesRequest request;
  request.set_sequence(2);
  for (size_t i = 0; i < kChanges; ++i) {
    v1::EntityKey& key = *request.add_changes()->mutable_key();
    key.set_entity("items");
    key.set_id(std::to_string(i) + std::string(kIdBytes, 'x'));
  }
  const size_t own = allocated() - before;
  for (const auto& stream : streams) {
    ASSERT_TRUE(stream->Send(request));
    ASSERT_TRUE(stream->Acknowledged(2));
    ASSERT_TRUE(publisher_.Take());
  }
  // gRPC has buffers of its own. What was kept were the bytes that came, and views into them.
  EXPECT_TRUE(testing::Eventually(
      [&] { return allocated() < before + own + kStreams * kChanges * kIdBytes; }));
}

TEST_F(NotifyStreamTest, ARequestLargerThanTheWindowIsTaken) {
  FrontOptions options = Loopback();
  options.stream_window = 1;
  ASSERT_TRUE(Start(options).ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a", "b", "c"}));
  EXPECT_TRUE(stream.Acknowledged(1));
  ASSERT_TRUE(stream.Send(2, {"a", "b", "c"}));
  EXPECT_TRUE(stream.Acknowledged(2));
}

TEST_F(NotifyStreamTest, ThousandsOfRequestsAreAllTaken) {
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  constexpr uint64_t kRequests = 5'000;
  std::future<bool> sent = std::async(std::launch::async, [&stream] {
    for (uint64_t sequence = 1; sequence <= kRequests; ++sequence) {
      if (!stream.Send(sequence, {std::to_string(sequence)})) return false;
    }
    return true;
  });
  EXPECT_TRUE(stream.Acknowledged(kRequests));
  EXPECT_TRUE(sent.get());
  EXPECT_TRUE(stream.Close().ok());
  EXPECT_EQ(metrics_.changes_accepted.Value(), kRequests);
}

}  // namespace
}  // namespace entitysync::front

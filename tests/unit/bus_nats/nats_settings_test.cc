#include "gateway/bus_nats/nats_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace entitysync::bus_nats {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

NatsLinkOptions With(std::vector<std::string> urls) {
  NatsLinkOptions options;
  options.urls = std::move(urls);
  return options;
}

TEST(NatsSettings, TakesTheUsualFormsOfUrls) {
  for (const char* url : {"nats://127.0.0.1:4222", "tls://nats.example", "nats://u:p@host:1",
                          "nats://token@host", "host:4222", "nats://[::1]:4222", "nats://[::1]"}) {
    EXPECT_TRUE(MakeNatsOptions(With({url})).ok()) << url;
  }
}

TEST(NatsSettings, RefusesWhatCanNeverWorkWithoutRepeatingSecrets) {
  for (const char* url : {"", "nats://", "nats://u:hush@", "nats://u:hush@host:port",
                          "nats://u:hush@host:99999", "http://u:hush@host", "nats://u:hush@a b"}) {
    const absl::Status status = MakeNatsOptions(With({"nats://fine", url})).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), HasSubstr("URL 2 of 2"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hush")));
  }
  EXPECT_FALSE(MakeNatsOptions(With({})).ok());
}

TEST(NatsSettings, NamesTheTlsFileThatCannotBeUsed) {
  NatsLinkOptions options = With({"tls://host"});
  options.tls = {
      .enabled = true, .ca_file = "/nonexistent/ca.pem", .cert_file = "", .key_file = ""};
  EXPECT_THAT(std::string(MakeNatsOptions(options).status().message()),
              HasSubstr("/nonexistent/ca.pem"));
  options.tls = {.enabled = true, .ca_file = "", .cert_file = "cert.pem", .key_file = ""};
  EXPECT_EQ(MakeNatsOptions(options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace entitysync::bus_nats

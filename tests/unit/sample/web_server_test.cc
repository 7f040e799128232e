#include "service/sample/web_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "service/sample/entities.h"

namespace sample {
namespace {

using ::testing::HasSubstr;

class WebServerTest : public ::testing::Test {
 protected:
  WebServerTest() {
    entitysync::ServiceOptions options;
    options.listen = "127.0.0.1:0";
    service_ = *entitysync::Service::Start(std::move(options));
    changes_ = std::make_unique<RandomChanges>(database_, *service_, 100);
    web_ = std::make_unique<WebServer>("127.0.0.1:0", GatewayForPages{}, database_, *service_,
                                       *changes_);
  }

  // The status that a POST is answered with.
  int Post(const std::string& path, const std::string& body, const std::string& secret) {
    httplib::Client client("127.0.0.1", web_->port());
    const auto result =
        client.Post(path, {{"Authorization", "Bearer " + secret}}, body, "application/json");
    return result ? result->status : 0;
  }

  std::string Get(const std::string& path) {
    httplib::Client client("127.0.0.1", web_->port());
    const auto result = client.Get(path);
    return result && result->status == 200 ? result->body : "";
  }

  Database database_{":memory:", 2};
  std::unique_ptr<entitysync::Service> service_;
  std::unique_ptr<RandomChanges> changes_;
  std::unique_ptr<WebServer> web_;
};

TEST_F(WebServerTest, ServesThePageAndItsParts) {
  EXPECT_THAT(Get("/"), HasSubstr("<!doctype html>"));
  EXPECT_THAT(Get("/entity-sync.js"), HasSubstr(" as connect"));
  EXPECT_THAT(Get("/config.json"), HasSubstr("/ws/entity-sync/"));
  EXPECT_EQ(Get("/healthz"), "ok\n");
  EXPECT_EQ(Get("/nothing"), "");
}

TEST_F(WebServerTest, AnEditIsCommitted) {
  EXPECT_EQ(Post("/api/items/101", R"({"field": "quantity", "value": 12})", "worker-demo"), 200);
  EXPECT_EQ(database_.GetItem("101")->quantity, 12);
  EXPECT_EQ(Post("/api/reports/shift", R"({"field": "note", "value": "ü\""})", "manager-demo"),
            200);
  EXPECT_EQ(database_.GetReport("shift")->note, "ü\"");
}

TEST_F(WebServerTest, FaultsAreAnswered) {
  const std::string edit = R"({"field": "quantity", "value": 12})";
  EXPECT_EQ(Post("/api/items/100", edit, "stranger"), 401);
  EXPECT_EQ(Post("/api/stream", R"({"on": true})", ""), 401);
  EXPECT_EQ(Post("/api/items/999", edit, "worker-demo"), 404);
  EXPECT_EQ(Post("/api/items/100", "[", "worker-demo"), 400);
  EXPECT_EQ(Post("/api/items/100", "{}", "worker-demo"), 404);
  EXPECT_EQ(Post("/api/stream", R"({"on": 1})", "worker-demo"), 400);
  EXPECT_EQ(Post("/api/items/100", std::string(20'000, ' '), "worker-demo"), 413);
}

TEST_F(WebServerTest, TheStreamChangesOrders) {
  const auto versions = [this] {
    return database_.GetItem("100")->version + database_.GetItem("101")->version;
  };
  const int64_t before = versions();
  ASSERT_EQ(Post("/api/stream", R"({"on": true})", "worker-demo"), 200);
  EXPECT_TRUE(database_.GetFloor().stream);
  while (versions() == before) std::this_thread::yield();  // The test's time limit ends it.
  ASSERT_EQ(Post("/api/stream", R"({"on": false})", "worker-demo"), 200);
  EXPECT_FALSE(database_.GetFloor().stream);
}

TEST_F(WebServerTest, AnAddressThatCannotBeBoundIsNamed) {
  for (const std::string& listen : {"127.0.0.1:" + std::to_string(web_->port()),
                                    std::string("nonsense"), std::string("127.0.0.1:x")}) {
    try {
      WebServer second(listen, {}, database_, *service_, *changes_);
      ADD_FAILURE() << "bound " << listen;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(listen));
    }
  }
}

}  // namespace
}  // namespace sample

#include "gateway/admin/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>

namespace entitysync::admin {
namespace {

using ::testing::HasSubstr;

class PagesTest : public ::testing::Test {
 protected:
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  std::vector<std::string> reasons_;
  Pages pages_{registry_, [this] { return reasons_; }};
};

TEST_F(PagesTest, HealthIsThatItAnswers) {
  reasons_ = {"draining"};
  const Page page = pages_.Get("GET", "/healthz");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.body, "{\"alive\":true}\n");
}

TEST_F(PagesTest, ReadyWhenThereIsNoReasonNotTo) {
  const Page page = pages_.Get("GET", "/readyz");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.content_type, "application/json");
  EXPECT_EQ(page.body, "{\"ready\":true}\n");
}

TEST_F(PagesTest, NotReadySaysWhy) {
  reasons_ = {"the bus is not connected", "say \"why\""};
  const Page page = pages_.Get("GET", "/readyz");
  EXPECT_EQ(page.status, 503u);
  EXPECT_EQ(page.body,
            "{\"ready\":false,\"reasons\":[\"the bus is not connected\",\"say \\\"why\\\"\"]}\n");
}

TEST_F(PagesTest, MetricsAreInPrometheusText) {
  prometheus::BuildCounter()
      .Name("things")
      .Help("Counted things")
      .Register(*registry_)
      .Add({})
      .Increment(3);
  const Page page = pages_.Get("GET", "/metrics");
  EXPECT_EQ(page.status, 200u);
  EXPECT_THAT(page.content_type, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(page.body, HasSubstr("# TYPE things counter\nthings 3\n"));
}

TEST_F(PagesTest, QueriesAreIgnored) { EXPECT_EQ(pages_.Get("GET", "/readyz?x=1").status, 200u); }

TEST_F(PagesTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_EQ(pages_.Get("GET", "/").status, 404u);
  EXPECT_EQ(pages_.Get("GET", "/healthz/").status, 404u);
  EXPECT_EQ(pages_.Get("GET", "").status, 404u);
  EXPECT_THAT(pages_.Get("GET", "/x").body, HasSubstr("\"error\":\"not found"));
  EXPECT_EQ(pages_.Get("POST", "/readyz").status, 405u);
}

}  // namespace
}  // namespace entitysync::admin

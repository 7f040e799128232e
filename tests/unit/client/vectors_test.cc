// Plays tests/conformance/v1 with the library.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/client/vector_runner.h"

namespace entitysync::client {
namespace {

boost::json::object Read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return boost::json::parse(text).as_object();
}

// The conversations that are for SDKs.
std::vector<std::string> Names() {
  std::vector<std::string> names;
  std::error_code no_folder;
  for (const auto& file : std::filesystem::directory_iterator(ENTITYSYNC_VECTORS, no_folder)) {
    if (file.path().extension() != ".json") continue;
    const auto runners = Read(file).at("for").as_array();
    if (std::find(runners.begin(), runners.end(), "sdk") == runners.end()) continue;
    names.push_back(file.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class VectorsTest : public testing::TestWithParam<std::string> {};

TEST_P(VectorsTest, IsPlayed) {
  const auto vector = Read(std::filesystem::path(ENTITYSYNC_VECTORS) / (GetParam() + ".json"));
  try {
    VectorRunner().Play(vector);
  } catch (const std::exception& error) {
    FAIL() << vector.at("title").as_string().c_str() << ": " << error.what();
  }
}

// A folder that is not found must not look like success.
TEST(VectorsFolderTest, IsThere) { EXPECT_GE(Names().size(), 90) << ENTITYSYNC_VECTORS; }

INSTANTIATE_TEST_SUITE_P(Conversations, VectorsTest, testing::ValuesIn(Names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace entitysync::client

#include "bench/lib/line_commands.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <sstream>
#include <string>

namespace entitysync::bench {
namespace {

absl::StatusOr<boost::json::object> Open(Parameters& parameters) {
  const int64_t doors = parameters.Whole("doors", 1, 1, 3);
  const double width = parameters.Number("width", 0.5, 0, 10);
  const bool wide = parameters.Flag("wide", false);
  const size_t colour = parameters.Choice("colour", {"red", "green"});
  const auto names = parameters.Texts("names");
  const auto sizes = parameters.Wholes("sizes");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  return boost::json::object{{"doors", doors},   {"width", width},        {"wide", wide},
                             {"colour", colour}, {"names", names.size()}, {"sizes", sizes.size()}};
}

boost::json::object Answer(const std::string& line) {
  std::istringstream in(line + "\n");
  std::ostringstream out;
  ServeLines(in, out, {{"open", Open}});
  EXPECT_EQ(out.str().find('\n'), out.str().size() - 1);
  return boost::json::parse(out.str()).as_object();
}

std::string Error(const std::string& line) {
  const boost::json::object answer = Answer(line);
  EXPECT_EQ(answer.at("ok"), false);
  return std::string(answer.at("error").as_string());
}

TEST(LineCommandsTest, AnswersWithDefaultsAndWithWhatIsGiven) {
  EXPECT_EQ(Answer(R"({"do":"open"})"),
            boost::json::parse(R"({"ok":true,"doors":1,"width":0.5,"wide":false,"colour":0,
                                   "names":0,"sizes":0})"));
  EXPECT_EQ(
      Answer(R"({"do":"open","doors":3,"width":2,"colour":"green","names":["a"],"sizes":[1,2]})"),
      boost::json::parse(R"({"ok":true,"doors":3,"width":2.0,"wide":false,"colour":1,
                                   "names":1,"sizes":2})"));
}

TEST(LineCommandsTest, SaysWhatIsWrong) {
  EXPECT_EQ(Error("nonsense"), "a command is one JSON object in one line");
  EXPECT_EQ(Error(R"({"do":"shut"})"), "\"do\" has to be one of open");
  EXPECT_EQ(Error(R"({"do":"open","doors":4})"), "\"doors\" has to be a whole number from 1 to 3");
  EXPECT_EQ(Error(R"({"do":"open","doors":1.5})"),
            "\"doors\" has to be a whole number from 1 to 3");
  EXPECT_EQ(Error(R"({"do":"open","wide":1})"), "\"wide\" has to be true or false");
  EXPECT_EQ(Error(R"({"do":"open","colour":"blue"})"), "\"colour\" has to be one of red, green");
  EXPECT_EQ(Error(R"({"do":"open","names":[1]})"), "\"names\" has to be a list of strings");
  EXPECT_EQ(Error(R"({"do":"open","sizes":[-1]})"),
            "\"sizes\" has to be a list of whole numbers, 0 or more");
}

TEST(LineCommandsTest, AMisspeltParameterIsNotPassedOver) {
  EXPECT_EQ(Error(R"({"do":"open","door":2})"), "\"door\" is no parameter of this command");
}

}  // namespace
}  // namespace entitysync::bench

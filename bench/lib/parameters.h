#pragma once

#include <absl/status/status.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace entitysync::bench {

// The parameters of a command, by name. Each is read once, with its default and bounds; Check then
// says whether anything was wrong with them, a name that nobody read included: a misspelt parameter
// must not quietly leave a measurement at a default. Owned by whoever carries the command out.
class Parameters {
 public:
  explicit Parameters(const boost::json::object& given) : given_(given) {}

  bool Has(std::string_view name) const;
  int64_t Whole(std::string_view name, int64_t by_default, int64_t least, int64_t most);
  double Number(std::string_view name, double by_default, double least, double most);
  bool Flag(std::string_view name, bool by_default);
  std::string Text(std::string_view name, std::string_view by_default);
  // One of `choices`, of which the first is the default; answers its place.
  size_t Choice(std::string_view name, std::initializer_list<std::string_view> choices);
  std::vector<std::string> Texts(std::string_view name);
  std::vector<int64_t> Wholes(std::string_view name);

  // The first thing that was wrong. After all have been read.
  absl::Status Check() const;

 private:
  // Null if it was not given.
  const boost::json::value* Find(std::string_view name);
  void Refuse(std::string_view name, std::string_view wanted);

  const boost::json::object& given_;
  std::set<std::string, std::less<>> read_;
  absl::Status fault_;
};

}  // namespace entitysync::bench

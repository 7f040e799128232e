#include "bench/lib/parameters.h"

#include <absl/strings/str_cat.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace entitysync::bench {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

bool Parameters::Has(std::string_view name) const { return given_.contains(name); }

const boost::json::value* Parameters::Find(std::string_view name) {
  read_.emplace(name);
  return given_.if_contains(name);
}

void Parameters::Refuse(std::string_view name, std::string_view wanted) {
  if (!fault_.ok()) return;
  fault_ =
      absl::InvalidArgumentError(absl::StrCat("\"", View(name), "\" has to be ", View(wanted)));
}

int64_t Parameters::Whole(std::string_view name, int64_t by_default, int64_t least, int64_t most) {
  const boost::json::value* const value = Find(name);
  if (value == nullptr) return by_default;
  boost::json::error_code error;
  const auto number = value->to_number<int64_t>(error);
  if (!error && number >= least && number <= most) return number;
  Refuse(name, std::string(absl::StrCat("a whole number from ", least, " to ", most)));
  return by_default;
}

double Parameters::Number(std::string_view name, double by_default, double least, double most) {
  const boost::json::value* const value = Find(name);
  if (value == nullptr) return by_default;
  boost::json::error_code error;
  const auto number = value->to_number<double>(error);
  if (!error && number >= least && number <= most) return number;
  Refuse(name, std::string(absl::StrCat("a number from ", least, " to ", most)));
  return by_default;
}

bool Parameters::Flag(std::string_view name, bool by_default) {
  const boost::json::value* const value = Find(name);
  if (value == nullptr) return by_default;
  if (value->is_bool()) return value->get_bool();
  Refuse(name, "true or false");
  return by_default;
}

std::string Parameters::Text(std::string_view name, std::string_view by_default) {
  const boost::json::value* const value = Find(name);
  if (value != nullptr && value->is_string()) return std::string(value->get_string());
  if (value != nullptr) Refuse(name, "a string");
  return std::string(by_default);
}

size_t Parameters::Choice(std::string_view name, std::initializer_list<std::string_view> choices) {
  const std::string text = Text(name, *choices.begin());
  std::string all;
  size_t place = 0;
  for (const std::string_view choice : choices) {
    if (text == choice) return place;
    absl::StrAppend(&all, all.empty() ? "one of " : ", ", View(choice));
    ++place;
  }
  Refuse(name, all);
  return 0;
}

std::vector<std::string> Parameters::Texts(std::string_view name) {
  std::vector<std::string> texts;
  const boost::json::value* const value = Find(name);
  if (value == nullptr) return texts;
  if (!value->is_array()) {
    Refuse(name, "a list of strings");
    return texts;
  }
  for (const boost::json::value& each : value->get_array()) {
    if (each.is_string()) {
      texts.emplace_back(each.get_string());
    } else {
      Refuse(name, "a list of strings");
    }
  }
  return texts;
}

std::vector<int64_t> Parameters::Wholes(std::string_view name) {
  std::vector<int64_t> numbers;
  const boost::json::value* const value = Find(name);
  if (value == nullptr) return numbers;
  if (!value->is_array()) {
    Refuse(name, "a list of whole numbers");
    return numbers;
  }
  for (const boost::json::value& each : value->get_array()) {
    boost::json::error_code error;
    numbers.push_back(each.to_number<int64_t>(error));
    if (error || numbers.back() < 0) Refuse(name, "a list of whole numbers, 0 or more");
  }
  return numbers;
}

absl::Status Parameters::Check() const {
  if (!fault_.ok()) return fault_;
  for (const auto& member : given_) {
    const std::string_view name = member.key();
    if (name == "do" || read_.contains(name)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("\"", View(name), "\" is no parameter of this command"));
  }
  return absl::OkStatus();
}

}  // namespace entitysync::bench

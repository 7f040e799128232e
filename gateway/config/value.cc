#include "gateway/config/value.h"

#include <absl/status/statusor.h>

#include <array>
#include <type_traits>
#include <utility>

#include "gateway/config/units.h"
#include "gateway/config/value_rules.h"

namespace entitysync::config {
namespace {

template <typename Choice>
using Choices = std::vector<std::pair<std::string_view, Choice>>;

Choices<BusKind> ChoicesOf(const BusKind*) {
  return {{"in_process", BusKind::kInProcess}, {"nats", BusKind::kNats}};
}
Choices<LogLevel> ChoicesOf(const LogLevel*) {
  return {{"debug", LogLevel::kDebug},
          {"info", LogLevel::kInfo},
          {"warning", LogLevel::kWarning},
          {"error", LogLevel::kError}};
}
Choices<LogFormat> ChoicesOf(const LogFormat*) {
  return {{"text", LogFormat::kText}, {"json", LogFormat::kJson}};
}

template <typename Choice>
std::string NamesOf(const Choice* choice) {
  std::string names;
  for (const auto& [name, value] : ChoicesOf(choice)) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

absl::Status Fault(const std::string& message) { return absl::InvalidArgumentError(message); }

std::string FormatNumber(Kind kind, int64_t number) {
  if (kind == Kind::kDuration) return FormatDuration(Duration(number));
  if (kind == Kind::kBytes) return FormatBytes(static_cast<size_t>(number));
  return std::to_string(number);
}

absl::Status CheckNumber(const Setting& setting, int64_t number) {
  const auto [min, max] = setting.bounds;
  if (number >= min && number <= max) return absl::OkStatus();
  return Fault("must be from " + FormatNumber(setting.kind, min) + " to " +
               FormatNumber(setting.kind, max));
}

template <typename Target, typename Parsed>
absl::Status Store(absl::StatusOr<Parsed> parsed, Target* target) {
  if (!parsed.ok()) return parsed.status();
  *target = *std::move(parsed);
  return absl::OkStatus();
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Fault("must be true or false");
}

// One overload per type of slot. All but lists take exactly one text.

absl::Status Parse(const Setting& setting, const std::string& text, std::string* value) {
  const auto size = static_cast<int64_t>(text.size());
  if (size < setting.bounds.min || size > setting.bounds.max) {
    return Fault("must have from " + std::to_string(setting.bounds.min) + " to " +
                 std::to_string(setting.bounds.max) + " bytes");
  }
  if (std::string fault = TextFault(setting.kind, text); !fault.empty()) return Fault(fault);
  *value = text;
  return absl::OkStatus();
}

absl::Status Parse(const Setting&, const std::string& text, ListenAddress* value) {
  return Store(ParseListenAddress(text), value);
}

absl::Status Parse(const Setting&, const std::string& text, bool* value) {
  return Store(ParseBool(text), value);
}

absl::Status Parse(const Setting&, const std::string& text, std::optional<bool>* value) {
  return Store(ParseBool(text), value);
}

absl::Status Parse(const Setting& setting, const std::string& text, size_t* value) {
  const auto number = setting.kind == Kind::kBytes ? ParseBytes(text) : ParseCount(text);
  if (!number.ok()) return number.status();
  if (auto status = CheckNumber(setting, static_cast<int64_t>(*number)); !status.ok()) {
    return status;
  }
  *value = *number;
  return absl::OkStatus();
}

absl::Status Parse(const Setting& setting, const std::string& text, Duration* value) {
  const auto duration = ParseDuration(text);
  if (!duration.ok()) return duration.status();
  if (auto status = CheckNumber(setting, duration->count()); !status.ok()) return status;
  *value = *duration;
  return absl::OkStatus();
}

absl::Status Parse(const Setting& setting, const std::string& text,
                   std::optional<Duration>* value) {
  Duration present{};
  if (auto status = Parse(setting, text, &present); !status.ok()) return status;
  *value = present;
  return absl::OkStatus();
}

template <typename Choice>
requires std::is_enum_v<Choice> absl::Status Parse(const Setting&, const std::string& text,
                                                   Choice* value) {
  for (const auto& [name, choice] : ChoicesOf(value)) {
    if (text != name) continue;
    *value = choice;
    return absl::OkStatus();
  }
  return Fault("must be one of: " + NamesOf(value));
}

absl::Status ParseList(const Setting& setting, std::vector<std::string> texts,
                       std::vector<std::string>* value) {
  if (texts.size() == 1) texts = SplitList(setting.kind, texts[0]);
  const auto size = static_cast<int64_t>(texts.size());
  if (size < setting.bounds.min || size > setting.bounds.max) {
    return Fault("must have from " + std::to_string(setting.bounds.min) + " to " +
                 std::to_string(setting.bounds.max) + " elements");
  }
  for (const std::string& text : texts) {
    std::string fault = TextFault(Kind::kText, text);
    if (fault.empty()) fault = ElementFault(setting.kind, text, texts.size() == 1);
    if (!fault.empty()) return Fault(fault);
  }
  *value = std::move(texts);
  return absl::OkStatus();
}

std::vector<std::string> Format(const Setting&, const std::string& value) { return {value}; }
std::vector<std::string> Format(const Setting&, const std::vector<std::string>& value) {
  return value;
}
std::vector<std::string> Format(const Setting&, const ListenAddress& value) {
  return {value.ToString()};
}
std::vector<std::string> Format(const Setting&, bool value) { return {value ? "true" : "false"}; }
std::vector<std::string> Format(const Setting& setting, const std::optional<bool>& value) {
  if (!value.has_value()) return {};
  return Format(setting, *value);
}
std::vector<std::string> Format(const Setting& setting, size_t value) {
  return {FormatNumber(setting.kind, static_cast<int64_t>(value))};
}
std::vector<std::string> Format(const Setting& setting, Duration value) {
  return {FormatNumber(setting.kind, value.count())};
}
std::vector<std::string> Format(const Setting& setting, const std::optional<Duration>& value) {
  if (!value.has_value()) return {};
  return Format(setting, *value);
}
template <typename Choice>
requires std::is_enum_v<Choice> std::vector<std::string> Format(const Setting&,
                                                                const Choice& value) {
  for (const auto& [name, choice] : ChoicesOf(&value)) {
    if (choice == value) return {std::string(name)};
  }
  return {};
}

// nats://user:password@host becomes nats://<set>@host.
std::string MaskUserInfo(const std::string& url) {
  const size_t at = url.rfind('@');
  const size_t scheme = url.find("://");
  if (at == std::string::npos) return url;
  const size_t begin = scheme == std::string::npos || scheme > at ? 0 : scheme + 3;
  return url.substr(0, begin) + "<set>" + url.substr(at);
}

}  // namespace

bool IsList(Kind kind) {
  return kind == Kind::kOrigins || kind == Kind::kNatsUrls || kind == Kind::kGrpcTarget;
}

absl::Status ParseValue(const Setting& setting, const std::vector<std::string>& texts, Slot slot) {
  return std::visit(
      [&](auto* value) -> absl::Status {
        if constexpr (std::is_same_v<decltype(value), std::vector<std::string>*>) {
          return ParseList(setting, texts, value);
        } else {
          if (texts.size() != 1) return Fault("must be a single value");
          return Parse(setting, texts[0], value);
        }
      },
      slot);
}

std::vector<std::string> FormatValue(const Setting& setting, Slot slot) {
  return std::visit([&](const auto* value) { return Format(setting, *value); }, slot);
}

std::vector<std::string> FormatShown(const Setting& setting, Slot slot) {
  std::vector<std::string> texts = FormatValue(setting, slot);
  for (std::string& text : texts) {
    if (setting.shown == Shown::kSecret && !text.empty()) text = "<set>";
    if (setting.shown == Shown::kMaskUserInfo) text = MaskUserInfo(text);
  }
  return texts;
}

std::string DescribeBounds(const Setting& setting) {
  const auto [min, max] = setting.bounds;
  switch (setting.kind) {
    case Kind::kCount:
    case Kind::kBytes:
    case Kind::kDuration:
      return FormatNumber(setting.kind, min) + " to " + FormatNumber(setting.kind, max);
    case Kind::kBool:
      return "true, false";
    case Kind::kChoice: {
      Settings settings;
      return std::visit(
          [](const auto* value) -> std::string {
            if constexpr (std::is_enum_v<std::remove_cvref_t<decltype(*value)>>) {
              return NamesOf(value);
            }
            return "";
          },
          setting.slot(settings, ""));
    }
    case Kind::kListen:
      return "IP address and port";
    default:
      return std::to_string(min) + " to " + std::to_string(max) +
             (IsList(setting.kind) ? " elements" : " bytes");
  }
}

}  // namespace entitysync::config

#include <absl/strings/str_replace.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "gateway/config/describe.h"
#include "gateway/config/setting.h"
#include "gateway/config/value.h"

namespace entitysync::config {
namespace {

// A double-quoted scalar that YAML reads back as `text`.
std::string Quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      quoted.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// The same for a value, in which Interpolate must find no variables either. (Keys have none.)
std::string QuoteValue(const std::string& text) {
  return Quote(absl::StrReplaceAll(text, {{"${", "$${"}}));
}

bool IsPlain(Kind kind) {
  return kind == Kind::kCount || kind == Kind::kBytes || kind == Kind::kDuration ||
         kind == Kind::kBool || kind == Kind::kChoice;
}

std::string Render(const Setting& setting, const std::vector<std::string>& texts) {
  if (IsPlain(setting.kind)) return texts.at(0);
  if (!IsList(setting.kind)) return QuoteValue(texts.at(0));
  std::string list = "[";
  for (size_t i = 0; i < texts.size(); ++i) list += (i == 0 ? "" : ", ") + QuoteValue(texts[i]);
  return list + "]";
}

std::vector<std::string_view> Steps(std::string_view path) {
  std::vector<std::string_view> steps;
  while (true) {
    const size_t dot = path.find('.');
    steps.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

// Writes settings in the order of the table, opening a section whenever its name changes.
class Writer {
 public:
  explicit Writer(const Settings& settings) : settings_(settings) {}

  void Write(const Setting& setting, const std::string& key) {
    const Slot slot = setting.slot(settings_, key);
    const bool may_be_absent = std::holds_alternative<std::optional<bool>*>(slot) ||
                               std::holds_alternative<std::optional<Duration>*>(slot);
    if (may_be_absent && FormatValue(setting, slot).empty()) return;
    std::vector<std::string> steps;
    for (const std::string_view step : Steps(setting.path)) {
      steps.push_back(step.starts_with('<') ? Quote(key) : std::string(step));
    }
    const size_t common = Open(steps);
    for (size_t i = common; i + 1 < steps.size(); ++i) Line(i, steps[i] + ":");
    Line(steps.size() - 1, steps.back() + ": " + Render(setting, FormatShown(setting, slot)) +
                               Comment(setting, slot, key));
  }

  std::string Take() { return std::move(text_); }

 private:
  // How many sections of `steps` are open already; the others count as open from now on.
  size_t Open(const std::vector<std::string>& steps) {
    const auto sections = steps.end() - 1;
    const auto [mine, theirs] = std::mismatch(steps.begin(), sections, open_.begin(), open_.end());
    const auto common = static_cast<size_t>(mine - steps.begin());
    open_.assign(steps.begin(), sections);
    return common;
  }

  void Line(size_t depth, const std::string& line) {
    text_ += std::string(depth * 2, ' ') + line + "\n";
  }

  // What the default is, where this is something else.
  static std::string Comment(const Setting& setting, Slot slot, const std::string& key) {
    Settings defaults;
    const auto texts = FormatValue(setting, setting.slot(defaults, key));
    if (FormatValue(setting, slot) == texts || texts.empty()) return "";
    return "  # default: " + Render(setting, texts);
  }

  Settings settings_;  // A copy, as slots are found in one that can be changed.
  std::vector<std::string> open_;
  std::string text_;
};

std::vector<std::string> KeysOf(const Settings& settings, std::string_view path) {
  std::vector<std::string> keys;
  if (path.starts_with("targets.")) {
    for (const auto& entry : settings.targets) keys.push_back(entry.first);
  } else if (path.starts_with("entities.")) {
    for (const auto& entry : settings.entities) keys.push_back(entry.first);
  } else {
    keys.emplace_back();
  }
  return keys;
}

std::string_view Section(const Setting& setting) {
  return setting.path.substr(0, setting.path.find('.'));
}

}  // namespace

std::string PrintConfig(const Settings& settings) {
  const std::vector<Setting> table = AllSettings();
  Writer writer(settings);
  for (auto begin = table.begin(); begin != table.end();) {
    const auto end = std::find_if(begin, table.end(), [&](const Setting& setting) {
      return Section(setting) != Section(*begin);
    });
    for (const std::string& key : KeysOf(settings, begin->path)) {
      for (auto setting = begin; setting != end; ++setting) writer.Write(*setting, key);
    }
    begin = end;
  }
  return writer.Take();
}

}  // namespace entitysync::config

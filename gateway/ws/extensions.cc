#include "gateway/ws/extensions.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <set>

#include "gateway/protocol/deflater.h"

namespace entitysync::ws {
namespace {

constexpr std::string_view kDeflate = "permessage-deflate";
constexpr std::string_view kServerWindow = "server_max_window_bits";
constexpr std::string_view kClientWindow = "client_max_window_bits";
constexpr std::string_view kServerNoTakeover = "server_no_context_takeover";
constexpr std::string_view kClientNoTakeover = "client_no_context_takeover";
constexpr int kMinWindowBits = 8;
constexpr int kMaxWindowBits = 15;

// Reads the grammar of RFC 6455 section 9.1 from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Skips blanks and takes `symbol` if it comes next.
  bool Take(char symbol) {
    SkipBlanks();
    if (!rest_.starts_with(symbol)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool IsAtEnd() {
    SkipBlanks();
    return rest_.empty();
  }

  std::optional<std::string> Token() {
    SkipBlanks();
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsTokenChar);
    std::string token(rest_.begin(), end);
    rest_.remove_prefix(token.size());
    if (token.empty()) return std::nullopt;
    return token;
  }

  // A token, bare or in quotes.
  std::optional<std::string> Value() {
    if (!Take('"')) return Token();
    std::string value;
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      if (rest_.empty() || !IsTokenChar(rest_[0])) return std::nullopt;
      value += rest_[0];
      rest_.remove_prefix(1);
    }
    if (rest_.empty() || value.empty()) return std::nullopt;
    rest_.remove_prefix(1);
    return value;
  }

 private:
  static bool IsTokenChar(char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  }

  void SkipBlanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
};

bool ReadParameters(Reader& reader, Extension& extension) {
  while (reader.Take(';')) {
    std::optional<std::string> name = reader.Token();
    if (!name) return false;
    std::optional<std::string> value;
    if (reader.Take('=')) {
      value = reader.Value();
      if (!value) return false;
    }
    extension.parameters.emplace_back(*std::move(name), std::move(value));
  }
  return true;
}

// A number of bits as RFC 7692 writes it: decimal, no leading zero.
std::optional<int> WindowBits(const std::string& value) {
  if (value.empty() || value.size() > 2 || value[0] == '0') return std::nullopt;
  int bits = 0;
  for (const char digit : value) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    bits = bits * 10 + (digit - '0');
  }
  if (bits < kMinWindowBits || bits > kMaxWindowBits) return std::nullopt;
  return bits;
}

// Adds what one parameter of an offer asks for to the answer; false: the offer is left aside.
bool AnswerParameter(std::string_view name, const std::optional<std::string>& value,
                     std::string& answer) {
  if (name == kServerNoTakeover || name == kClientNoTakeover) return !value;  // Answered anyway.
  const std::optional<int> bits = value ? WindowBits(*value) : std::nullopt;
  // Without a value: the client understands the parameter. Any window is inflated here.
  if (name == kClientWindow) return !value || bits;
  if (name != kServerWindow || !bits || *bits < protocol::kDeflateWindowBits) return false;
  answer.append("; ").append(name).append("=").append(std::to_string(protocol::kDeflateWindowBits));
  return true;
}

std::optional<std::string> AnswerOffer(const Extension& offer) {
  std::string answer(kDeflate);
  answer.append("; ").append(kServerNoTakeover).append("; ").append(kClientNoTakeover);
  std::set<std::string_view> seen;
  for (const auto& [name, value] : offer.parameters) {
    if (!seen.insert(name).second) return std::nullopt;
    if (!AnswerParameter(name, value, answer)) return std::nullopt;
  }
  return answer;
}

}  // namespace

std::optional<std::vector<Extension>> ParseExtensions(std::string_view header) {
  std::vector<Extension> extensions;
  Reader reader(header);
  while (!reader.IsAtEnd()) {
    if (reader.Take(',')) continue;  // RFC 7230 section 7: empty elements are nothing.
    std::optional<std::string> name = reader.Token();
    if (!name) return std::nullopt;
    extensions.push_back({*std::move(name), {}});
    if (!ReadParameters(reader, extensions.back())) return std::nullopt;
    if (!reader.IsAtEnd() && !reader.Take(',')) return std::nullopt;
  }
  return extensions;
}

std::optional<std::string> AnswerDeflateOffers(const std::vector<Extension>& offers) {
  for (const Extension& offer : offers) {
    if (offer.name != kDeflate) continue;
    if (std::optional<std::string> answer = AnswerOffer(offer)) return answer;
  }
  return std::nullopt;
}

}  // namespace entitysync::ws

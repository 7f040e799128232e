#include "bench/load/dialect.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "bench/lib/frame_stream.h"

namespace entitysync::bench {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

class Classic final : public Dialect {
 public:
  void PresentSecret(std::string_view secret, std::string& out) const override {
    AppendFrame(kTextFrame, /*masked=*/true,
                absl::StrCat(R"({"action":"secret","body":")", View(secret), R"("})"), out);
  }
  void Subscribe(uint32_t key, std::string& out) const override {
    AppendFrame(
        kTextFrame, /*masked=*/true,
        absl::StrCat(R"({"action":"subscribe","body":{"entity":"items","id":")", key, R"("}})"),
        out);
  }
  std::optional<Row> StateIn(std::string_view message) const override { return ReadRow(message); }
};

class V1 final : public Dialect {
 public:
  std::string_view Subprotocol() const override { return "entity-sync.v1.json"; }
  void PresentSecret(std::string_view secret, std::string& out) const override {
    AppendFrame(
        kTextFrame, /*masked=*/true,
        absl::StrCat(R"({"action":"authenticate","body":{"secret":")", View(secret), R"("}})"),
        out);
  }
  void Subscribe(uint32_t key, std::string& out) const override {
    AppendFrame(kTextFrame, /*masked=*/true,
                absl::StrCat(R"({"action":"subscribe","body":{"entity":"items","id":")", key,
                             R"(","snapshot":false}})"),
                out);
  }
  std::optional<Row> StateIn(std::string_view message) const override {
    constexpr std::string_view kRows = R"("rows":[)";
    const size_t rows = message.find(kRows);
    return rows == std::string_view::npos ? std::nullopt
                                          : ReadRow(message.substr(rows + kRows.size()));
  }
  bool MayCome(std::string_view message) const override {
    return absl::StartsWith(View(message), R"({"event":"welcome")");
  }
};

}  // namespace

const Dialect& ClassicDialect() {
  static const Classic dialect;
  return dialect;
}

const Dialect& V1Dialect() {
  static const V1 dialect;
  return dialect;
}

}  // namespace entitysync::bench

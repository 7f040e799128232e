#include "gateway/config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "entitysync/gateway/settings.h"
#include "gateway/base/entity_key.h"

namespace entitysync::config {
namespace {

constexpr size_t kMaxDocumentBytes = kMiB;
constexpr size_t kMaxValues = 50'000;
constexpr size_t kMaxDepth = 16;

// A broken rule of ours, carried through yaml-cpp to the edge below as its own faults are.
class RuleBroken : public YAML::ParserException {
 public:
  using YAML::ParserException::ParserException;
};

// Turns yaml-cpp's events into a tree, within bounds.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string source) : source_(std::move(source)) {}

  Node Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw RuleBroken(mark,
                     "aliases are not supported; write the value out, or put a value that "
                     "begins with * in quotes");
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Check(mark, "", anchor);
    Add(Begin(mark, Node::Kind::kNull), mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Check(mark, tag, anchor);
    Node node = Begin(mark, Node::Kind::kScalar);
    node.text = value;
    Add(std::move(node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Check(mark, tag, anchor);
    Open(mark, Node::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Check(mark, tag, anchor);
    Open(mark, Node::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    Node node;
    std::optional<Node> key;  // Of the value to come; a map's events alternate.
  };

  // The parser marks plain scalars with ? and quoted ones with !, which are no tags.
  static void Check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      throw RuleBroken(mark, "anchors are not supported; put a value that begins with & in quotes");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw RuleBroken(mark, "tags are not supported; put a value that begins with ! in quotes");
    }
  }

  Node Begin(const YAML::Mark& mark, Node::Kind kind) {
    if (++values_ > kMaxValues) throw RuleBroken(mark, "too many values; at most 50000");
    Node node;
    node.kind = kind;
    node.place = Place{source_, mark.line + 1, mark.column + 1};
    return node;
  }

  void Open(const YAML::Mark& mark, Node::Kind kind) {
    if (levels_.size() >= kMaxDepth) throw RuleBroken(mark, "nested too deeply; at most 16 levels");
    if (!levels_.empty() && AwaitsKey(levels_.back())) ThrowNoKey(mark);
    levels_.push_back(Level{Begin(mark, kind), std::nullopt});
  }

  void Close() {
    Node node = std::move(levels_.back().node);
    levels_.pop_back();
    Add(std::move(node), YAML::Mark::null_mark());
  }

  void Add(Node node, const YAML::Mark& mark) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (AwaitsKey(level)) {
      if (node.kind != Node::Kind::kScalar) ThrowNoKey(mark);
      level.key = std::move(node);
      return;
    }
    if (level.key.has_value()) {
      node.key = std::move(level.key->text);
      node.key_place = level.key->place;
      level.key.reset();
    }
    level.node.items.push_back(std::move(node));
  }

  static bool AwaitsKey(const Level& level) {
    return level.node.kind == Node::Kind::kMap && !level.key.has_value();
  }

  [[noreturn]] static void ThrowNoKey(const YAML::Mark& mark) {
    throw RuleBroken(mark, "the name of a setting must be a plain word");
  }

  std::string source_;
  Node root_;
  std::vector<Level> levels_;
  size_t values_ = 0;
};

// yaml-cpp ends its input at some control characters and guesses encodings, so both are settled
// here.
std::optional<Problem> CheckText(std::string_view yaml, const std::string& source) {
  if (yaml.size() > kMaxDocumentBytes) {
    return Problem{Place{source}, "", "the file is too large; at most 1MiB"};
  }
  const auto odd = std::find_if(yaml.begin(), yaml.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
  if (odd == yaml.end() && base::IsValidUtf8(yaml)) return std::nullopt;
  return Problem{Place{source}, "", "the file must be UTF-8 text without control characters"};
}

std::variant<Node, Problem> Parse(std::string_view yaml, const std::string& source) {
  std::istringstream stream{std::string(yaml)};
  YAML::Parser parser(stream);
  Builder builder(source);
  parser.HandleNextDocument(builder);
  Node root = builder.Take();
  Builder rest(source);
  if (parser.HandleNextDocument(rest)) {
    return Problem{Place{source}, "", "only one YAML document is allowed in the file"};
  }
  if (root.kind == Node::Kind::kNull) root.kind = Node::Kind::kMap;
  return root;
}

}  // namespace

std::variant<Node, Problem> ParseDocument(std::string_view yaml, const std::string& source) {
  if (auto problem = CheckText(yaml, source); problem.has_value()) return *std::move(problem);
  try {
    return Parse(yaml, source);
  } catch (const YAML::Exception& fault) {
    Place place{source};
    if (!fault.mark.is_null()) place = Place{source, fault.mark.line + 1, fault.mark.column + 1};
    if (dynamic_cast<const RuleBroken*>(&fault) != nullptr) return Problem{place, "", fault.msg};
    // After a colon yaml-cpp quotes what it found, which may be a secret.
    return Problem{place, "", "not valid YAML: " + fault.msg.substr(0, fault.msg.find(':'))};
  } catch (const std::exception&) {
    return Problem{Place{source}, "", "not valid YAML"};
  }
}

}  // namespace entitysync::config

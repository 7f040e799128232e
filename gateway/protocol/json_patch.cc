#include "gateway/protocol/json_patch.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "gateway/protocol/json_walker.h"
#include "gateway/protocol/raw_json.h"

namespace entitysync::protocol {
namespace {

enum class Kind : uint8_t { kScalar, kObject, kArray };

// A value where it stands in its text. A number or string is its text.
struct Node {
  Kind kind = Kind::kScalar;
  std::string_view text;
  std::vector<std::string> names;  // Of an object's members,
  std::vector<Node> values;        // which these are; or an array's elements.
};

// Reads one value that is known to be valid JSON. As deep as kMaxJsonDepth lets it be.
Node Read(JsonWalker& walker) {
  Node node;
  const char first = walker.Peek();
  if (first != '{' && first != '[') {
    node.text = walker.TakeValue();
    return node;
  }
  node.kind = first == '{' ? Kind::kObject : Kind::kArray;
  const size_t begin = walker.at();
  const char last = first == '{' ? '}' : ']';
  walker.Skip();
  while (walker.Peek() != last) {
    if (node.kind == Kind::kObject) {
      node.names.push_back(UnquoteJson(walker.TakeString()));
      walker.Peek();
      walker.Skip();  // The colon.
    }
    node.values.push_back(Read(walker));
    if (walker.Peek() == ',') walker.Skip();
  }
  walker.Skip();
  node.text = walker.Since(begin);
  return node;
}

std::optional<Node> ReadRows(std::span<const std::string_view> rows) {
  Node root{.kind = Kind::kArray, .text = {}, .names = {}, .values = {}};
  root.values.reserve(rows.size());
  for (const std::string_view row : rows) {
    if (!IsJson(row)) return std::nullopt;
    JsonWalker walker(row);
    root.values.push_back(Read(walker));
  }
  return root;
}

// Where members stand by their names.
using Members = absl::flat_hash_map<absl::string_view, const Node*>;

// Writes the operations, until there is no room for more.
class Writer {
 public:
  explicit Writer(size_t max_bytes) : max_bytes_(max_bytes) {}

  // False: there is no such patch.
  bool Write(const Node& from, const Node& to) {
    if (from.kind != to.kind || from.kind == Kind::kScalar) return Replace(from, to);
    return from.kind == Kind::kObject ? WriteObject(from, to) : WriteArray(from, to);
  }

  std::string Take() && { return std::move(out_) + "]"; }

 private:
  bool Replace(const Node& from, const Node& to) {
    return from.text == to.text || Add("replace", &to.text);
  }

  bool WriteObject(const Node& from, const Node& to) {
    const Members before = MembersOf(from);
    const Members after = MembersOf(to);
    for (const std::string& name : from.names) {
      if (!after.contains(name) && !At(name, [&] { return Add("remove", nullptr); })) return false;
    }
    for (size_t i = 0; i < to.names.size(); ++i) {
      const auto old = before.find(to.names[i]);
      const bool written = At(to.names[i], [&] {
        return old == before.end() ? Add("add", &to.values[i].text)
                                   : Write(*old->second, to.values[i]);
      });
      if (!written) return false;
    }
    return true;
  }

  bool WriteArray(const Node& from, const Node& to) {
    const auto same = [](const Node& a, const Node& b) { return a.text == b.text; };
    const size_t shorter = std::min(from.values.size(), to.values.size());
    size_t head = 0;
    while (head < shorter && same(from.values[head], to.values[head])) ++head;
    size_t tail = 0;
    while (tail < shorter - head && same(from.values.rbegin()[static_cast<ptrdiff_t>(tail)],
                                         to.values.rbegin()[static_cast<ptrdiff_t>(tail)])) {
      ++tail;
    }
    const size_t from_end = from.values.size() - tail;
    const size_t to_end = to.values.size() - tail;
    size_t i = head;
    for (; i < std::min(from_end, to_end); ++i) {
      if (!AtIndex(i, [&] { return Write(from.values[i], to.values[i]); })) return false;
    }
    for (size_t left = from_end; left > to_end && left > i; --left) {
      if (!AtIndex(left - 1, [&] { return Add("remove", nullptr); })) return false;
    }
    for (; i < to_end; ++i) {
      if (!AtIndex(i, [&] { return Add("add", &to.values[i].text); })) return false;
    }
    return true;
  }

  static Members MembersOf(const Node& object) {
    Members members;
    members.reserve(object.names.size());
    for (size_t i = 0; i < object.names.size(); ++i) {
      members.emplace(object.names[i], &object.values[i]);
    }
    return members;
  }

  bool At(std::string_view name, auto write) {
    const absl::string_view plain(name.data(), name.size());
    return AtToken(absl::StrReplaceAll(plain, {{"~", "~0"}, {"/", "~1"}}), write);
  }
  bool AtIndex(size_t index, auto write) { return AtToken(absl::StrCat(index), write); }
  // Calls `write` with the token at the end of the path (RFC 6901).
  bool AtToken(const std::string& token, auto write) {
    const size_t before = path_.size();
    absl::StrAppend(&path_, "/", token);
    const bool written = write();
    path_.resize(before);
    return written;
  }

  // Adds one operation at the present path.
  bool Add(std::string_view op, const std::string_view* value) {
    out_ += out_.size() == 1 ? "{\"op\":\"" : ",{\"op\":\"";
    out_.append(op).append("\",\"path\":");
    AppendJsonString(path_, out_);
    if (value != nullptr) out_.append(",\"value\":").append(*value);
    out_ += '}';
    return out_.size() < max_bytes_;
  }

  const size_t max_bytes_;
  std::string path_;
  std::string out_ = "[";
};

// Whether a value, with all in it, has no two members of one name: what that means nobody agrees
// about.
bool NamesAreUnique(const Node& node) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const std::string& name : node.names) {
    if (!seen.insert(name).second) return false;
  }
  return std::all_of(node.values.begin(), node.values.end(), NamesAreUnique);
}

}  // namespace

std::optional<std::string> MakeJsonPatch(std::span<const std::string_view> from,
                                         std::span<const std::string_view> to, size_t max_bytes) {
  const std::optional<Node> before = ReadRows(from);
  const std::optional<Node> after = before ? ReadRows(to) : std::nullopt;
  if (!after || !NamesAreUnique(*before) || !NamesAreUnique(*after)) return std::nullopt;
  Writer writer(max_bytes);
  if (!writer.Write(*before, *after)) return std::nullopt;
  return std::move(writer).Take();
}

}  // namespace entitysync::protocol

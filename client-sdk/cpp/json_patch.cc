#include "client-sdk/cpp/json_patch.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client-sdk/cpp/absl_text.h"
#include "client-sdk/cpp/json_scanner.h"
#include "client-sdk/cpp/json_string.h"
#include "client-sdk/cpp/member_table.h"

namespace entitysync::client {
namespace {

using Path = std::vector<std::string>;

absl::Status Unfit(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the patch does not apply: ", Absl(why)));
}

// The names of a JSON pointer (RFC 6901).
std::optional<Path> PathOf(const JsonMember* member) {
  const auto pointer = StringOf(member);
  if (pointer == nullptr) return std::nullopt;
  if (pointer->empty()) return Path();
  if (!pointer->starts_with('/')) return std::nullopt;
  Path path = absl::StrSplit(absl::string_view(*pointer).substr(1), '/');
  for (std::string& name : path) name = absl::StrReplaceAll(name, {{"~1", "/"}, {"~0", "~"}});
  return path;
}

// The index that a name stands for, up to `last`.
std::optional<size_t> IndexOf(std::string_view name, size_t last) {
  const bool plain = !name.empty() && (name == "0" || name[0] != '0');
  size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (!plain || error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return index <= last ? std::optional(index) : std::nullopt;
}

// Makes sure that nobody else sees what is changed here. Its parts are shared from then on, so that
// they are copied in their turn.
JsonPtr& Own(JsonPtr& node) {
  if (node.use_count() == 1) return node;
  node = std::make_shared<Json>(*node);
  MemberTable::DropRemoved(*node);
  return node;
}

// One patch on its way through a document. The document is copied where it is changed, along the
// path only.
class Patching {
 public:
  explicit Patching(JsonPtr document) : document_(std::move(document)) {}

  absl::Status Apply(const Json& operation);
  JsonPtr Result() && {
    members_.DropAllRemoved();
    return std::move(document_);
  }

 private:
  absl::Status Add(const Path& path, JsonPtr value);
  absl::Status Remove(const Path& path);
  absl::Status Replace(const Path& path, JsonPtr value);
  absl::Status Move(const Path& from, const Path& path);

  // Room for the value at the end of the path.
  absl::Status Fits(const Path& path, const Json& value);
  bool Measure(const Json& value, size_t depth);

  // The part of this name of a container; null if there is none.
  JsonPtr* Part(const JsonPtr& container, const std::string& name);

  JsonPtr Find(const Path& path);
  JsonPtr* OwnParent(const Path& path);

  JsonPtr document_;
  MemberTable members_;
  size_t copied_ = 0;
};

absl::Status Patching::Apply(const Json& operation) {
  const auto op = StringOf(FindMember(operation, "op"));
  const auto path = PathOf(FindMember(operation, "path"));
  if (op == nullptr || !path) return Unfit("an operation has no op or no path");
  if (*op == "remove") return Remove(*path);
  if (*op == "add" || *op == "replace" || *op == "test") {
    const JsonMember* value = FindMember(operation, "value");
    if (value == nullptr) return Unfit("an operation lacks its value");
    if (*op == "add") return Add(*path, value->value);
    if (*op == "replace") return Replace(*path, value->value);
    const JsonPtr present = Find(*path);
    if (present != nullptr && SameValue(*present, *value->value)) return absl::OkStatus();
    return Unfit("a test does not hold");
  }
  if (*op != "copy" && *op != "move") return Unfit("an operation is not known");
  const auto from = PathOf(FindMember(operation, "from"));
  if (!from) return Unfit("an operation has no from");
  if (*op == "move") return Move(*from, *path);
  JsonPtr value = Find(*from);
  return value == nullptr ? Unfit("there is nothing to copy") : Add(*path, std::move(value));
}

absl::Status Patching::Add(const Path& path, JsonPtr value) {
  if (absl::Status fits = Fits(path, *value); !fits.ok()) return fits;
  if (path.empty()) {
    document_ = std::move(value);
    return absl::OkStatus();
  }
  const JsonPtr* parent = OwnParent(path);
  if (parent == nullptr) return Unfit("there is no such place");
  if (auto* list = (*parent)->list()) {
    const auto index =
        path.back() == "-" ? std::optional(list->size()) : IndexOf(path.back(), list->size());
    if (!index) return Unfit("there is no such index");
    list->insert(list->begin() + static_cast<ptrdiff_t>(*index), std::move(value));
  } else if (JsonMember* member = members_.Find(*parent, path.back())) {
    member->value = std::move(value);
  } else if ((*parent)->object() != nullptr) {
    members_.Add(*parent, path.back(), std::move(value));
  } else {
    return Unfit("a part of a scalar");
  }
  return absl::OkStatus();
}

absl::Status Patching::Remove(const Path& path) {
  if (path.empty()) {
    document_ = std::make_shared<Json>(Json{std::string("null")});
    return absl::OkStatus();
  }
  const JsonPtr* parent = OwnParent(path);
  if (parent == nullptr) return Unfit("there is nothing to remove from");
  if (auto* list = (*parent)->list()) {
    const JsonPtr* part = Part(*parent, path.back());
    if (part == nullptr) return Unfit("there is no such index");
    list->erase(list->begin() + (part - list->data()));
  } else if (!members_.Remove(*parent, path.back())) {
    return Unfit("there is nothing to remove");
  }
  return absl::OkStatus();
}

absl::Status Patching::Replace(const Path& path, JsonPtr value) {
  if (absl::Status fits = Fits(path, *value); !fits.ok()) return fits;
  if (path.empty()) {
    document_ = std::move(value);
    return absl::OkStatus();
  }
  const JsonPtr* parent = OwnParent(path);
  JsonPtr* part = parent == nullptr ? nullptr : Part(*parent, path.back());
  if (part == nullptr) return Unfit("there is nothing to replace");
  *part = std::move(value);
  return absl::OkStatus();
}

absl::Status Patching::Move(const Path& from, const Path& path) {
  const bool into_itself =
      path.size() > from.size() && std::equal(from.begin(), from.end(), path.begin());
  JsonPtr value = Find(from);
  if (into_itself || value == nullptr) return Unfit("there is nothing to move, or into itself");
  if (absl::Status removed = Remove(from); !removed.ok()) return removed;
  return Add(path, std::move(value));
}

absl::Status Patching::Fits(const Path& path, const Json& value) {
  if (Measure(value, path.size())) return absl::OkStatus();
  return absl::ResourceExhaustedError("the patch makes a document that is too deep or too large");
}

bool Patching::Measure(const Json& value, size_t depth) {
  copied_ += 1 + (value.scalar() == nullptr ? 0 : value.scalar()->size());
  if (depth > kMaxJsonDepth || copied_ > kMaxPatchedBytes) return false;
  if (const auto* list = value.list()) {
    return std::all_of(list->begin(), list->end(),
                       [&](const JsonPtr& part) { return Measure(*part, depth + 1); });
  }
  if (const auto* object = value.object()) {
    return std::all_of(object->begin(), object->end(), [&](const JsonMember& part) {
      if (part.value == nullptr) return true;
      copied_ += part.name.size();
      return Measure(*part.value, depth + 1);
    });
  }
  return true;
}

JsonPtr* Patching::Part(const JsonPtr& container, const std::string& name) {
  if (auto* list = container->list()) {
    const auto index = IndexOf(name, list->size());
    return index && *index < list->size() ? &(*list)[*index] : nullptr;
  }
  JsonMember* member = members_.Find(container, name);
  return member == nullptr ? nullptr : &member->value;
}

JsonPtr Patching::Find(const Path& path) {
  JsonPtr node = document_;
  for (const std::string& name : path) {
    const JsonPtr* part = Part(node, name);
    if (part == nullptr) return nullptr;
    node = JsonPtr(*part);
  }
  return node;
}

JsonPtr* Patching::OwnParent(const Path& path) {
  JsonPtr* node = &Own(document_);
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    JsonPtr* part = Part(*node, path[i]);
    if (part == nullptr) return nullptr;
    node = &Own(*part);
  }
  return node;
}

}  // namespace

absl::StatusOr<JsonPtr> ApplyPatch(JsonPtr document, const Json& patch) {
  const auto* operations = patch.list();
  if (operations == nullptr) return Unfit("it is no list of operations");
  Patching patching(std::move(document));
  for (const JsonPtr& operation : *operations) {
    if (absl::Status applied = patching.Apply(*operation); !applied.ok()) return applied;
  }
  return std::move(patching).Result();
}

}  // namespace entitysync::client

#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client-sdk/cpp/json_tree.h"

namespace entitysync::client {

// Where the members of large objects stand.
//
// Purpose: a patch of many operations on one object does not look through all its members for each
//   of them, nor move them. An object gets its table with the first few operations that look at it;
//   one operation alone is not worth a table.
// Owner and lifetime: one patch on its way. From the first look at an object on its members are
//   added and removed here only; a shared object is not changed at all.
// Threading: none. Limits: the document's members. Errors: none.
class MemberTable {
 public:
  // The member of this (unescaped) name; null if there is none, or this is no object.
  JsonMember* Find(const JsonPtr& object, std::string_view name);

  // Adds one that is not there yet.
  void Add(const JsonPtr& object, const std::string& name, JsonPtr value);

  // False: there is none.
  bool Remove(const JsonPtr& object, std::string_view name);

  // Makes an end of the members without a value that Remove leaves; see JsonMember.
  void DropAllRemoved();
  static void DropRemoved(Json& json);

 private:
  using Places = absl::flat_hash_map<std::string, size_t>;
  struct Table {
    std::weak_ptr<Json> object{};
    int looks = 0;
    std::optional<Places> places{};  // Since there were enough looks.
  };

  // Where the members of this object stand, if that is known; Look counts, and finds out in time.
  Places* PlacesOf(const JsonPtr& object);
  Places* Look(const JsonPtr& object);

  absl::flat_hash_map<const Json*, Table> tables_;
};

}  // namespace entitysync::client

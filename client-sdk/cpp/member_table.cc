#include "client-sdk/cpp/member_table.h"

#include <utility>
#include <vector>

#include "client-sdk/cpp/absl_text.h"
#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

// To make a table costs about as much as so many looks through all members.
constexpr int kLooks = 16;

}  // namespace

JsonMember* MemberTable::Find(const JsonPtr& object, std::string_view name) {
  const Places* places = Look(object);
  if (places == nullptr) return FindMember(*object, name);
  const auto place = places->find(Absl(name));
  return place == places->end() ? nullptr : &(*object->object())[place->second];
}

void MemberTable::Add(const JsonPtr& object, const std::string& name, JsonPtr value) {
  auto& members = *object->object();
  if (Places* places = PlacesOf(object)) places->insert_or_assign(name, members.size());
  members.push_back({Escaped(name), std::move(value)});
}

bool MemberTable::Remove(const JsonPtr& object, std::string_view name) {
  JsonMember* member = Find(object, name);
  if (member == nullptr) return false;
  if (Places* places = PlacesOf(object)) {
    member->value.reset();
    places->erase(Absl(name));
  } else {
    auto& members = *object->object();
    members.erase(members.begin() + (member - members.data()));
  }
  return true;
}

void MemberTable::DropAllRemoved() {
  for (const auto& [address, table] : tables_) {
    const JsonPtr object = table.places ? table.object.lock() : nullptr;
    if (object != nullptr) DropRemoved(*object);
  }
  tables_.clear();
}

void MemberTable::DropRemoved(Json& json) {
  if (auto* members = json.object()) {
    std::erase_if(*members, [](const JsonMember& member) { return member.value == nullptr; });
  }
}

MemberTable::Places* MemberTable::PlacesOf(const JsonPtr& object) {
  const auto found = tables_.find(object.get());
  // That of one whose address this one has now is none.
  if (found == tables_.end() || found->second.object.expired()) return nullptr;
  return found->second.places ? &*found->second.places : nullptr;
}

MemberTable::Places* MemberTable::Look(const JsonPtr& object) {
  const auto* members = object->object();
  if (members == nullptr || members->size() <= kFewMembers) return nullptr;
  Table& table = tables_[object.get()];
  if (table.object.expired()) table = {.object = object};
  if (table.places) return &*table.places;
  if (++table.looks <= kLooks) return nullptr;
  Places places;
  places.reserve(members->size());
  for (size_t i = 0; i < members->size(); ++i) places.emplace(Unescaped((*members)[i].name), i);
  // Objects that are no more would keep their tables to the end.
  absl::erase_if(tables_, [](const auto& entry) { return entry.second.object.expired(); });
  return &*(tables_[object.get()].places = std::move(places));
}

}  // namespace entitysync::client

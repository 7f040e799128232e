#include "gateway/changelog/subjects.h"

#include <absl/strings/str_cat.h>

#include "entitysync/gateway/subject.h"

namespace entitysync::changelog {

Subjects::Subjects(std::string_view prefix, std::string_view replica) {
  const std::string root = bus::EscapeToken(prefix);
  change_root_ = absl::StrCat(root, ".change.");
  all_changes_ = absl::StrCat(change_root_, ">");
  // No escaped entity type is a lone underscore.
  control_ = absl::StrCat(change_root_, "_.0");
  ack_ = absl::StrCat(root, ".ack.", bus::EscapeToken(replica));
}

std::string Subjects::Change(std::string_view entity) const {
  return absl::StrCat(change_root_, bus::EscapeToken(entity), ".0");
}

}  // namespace entitysync::changelog

#include "gateway/protocol/v1_state.h"

#include <optional>
#include <string_view>
#include <utility>

#include "gateway/protocol/json_patch.h"

namespace entitysync::protocol {
namespace {

const Frame kNone;

std::vector<std::string_view> RowsOf(std::string_view messages) {
  std::vector<std::string_view> rows;
  while (!messages.empty()) rows.push_back(TakeMessage(messages).payload);
  return rows;
}

}  // namespace

V1State::V1State(base::KeyPtr key, StateVersion version, Frame rows, const V1State* before)
    : key_(std::move(key)), version_(version), rows_(std::move(rows)) {
  if (before == nullptr || rows_ == nullptr) return;
  AddBase(before->version_, before->rows_);
  for (const Base& base : before->bases_) AddBase(base.version, base.rows);
  if (!bases_.empty()) patches_ = std::make_unique<std::array<Patch, kMaxBases>>();
}

void V1State::AddBase(const StateVersion& version, const Frame& rows) {
  if (rows == nullptr || bases_.size() == kMaxBases) return;
  if (base_bytes_ + rows->size() > kMaxBaseBytes) return;
  base_bytes_ += rows->size();
  bases_.push_back({version, rows});
}

const Frame& V1State::Full(V1Form form, Deflater* deflater) const {
  const Form& full = full_[static_cast<size_t>(form)];
  const Frame& plain = full.plain.Get([&] { return EncodeFull(form); });
  return deflater == nullptr ? plain : full.deflated.Of(plain, *deflater);
}

const Frame& V1State::PatchFrom(const StateVersion& base, V1Form form, Deflater* deflater) const {
  for (size_t i = 0; i < bases_.size(); ++i) {
    if (bases_[i].version != base) continue;
    const Patch& patch = (*patches_)[i];
    const Form& made = patch.forms[static_cast<size_t>(form)];
    const Frame& plain = made.plain.Get([&] { return EncodePatch(bases_[i], patch, form); });
    return plain == nullptr || deflater == nullptr ? plain : made.deflated.Of(plain, *deflater);
  }
  return kNone;
}

Frame V1State::EncodeFull(V1Form form) const {
  const std::string version = WriteVersion(version_);
  if (rows_ != nullptr) return EncodeV1State(form, *key_, version, RowsOf(*rows_));
  client::v1::ServerEvent event;
  client::v1::Removed& removed = *event.mutable_removed();
  removed.set_entity(key_->entity);
  removed.set_id(key_->id);
  removed.set_version(version);
  return EncodeV1(form, event);
}

Frame V1State::MakeOperations(const Base& base) const {
  const auto most = rows_->size() * kPatchPercent / 100;
  // What is longer by so much cannot come out of a patch that is shorter.
  if (rows_->size() > base.rows->size() + most) return nullptr;
  auto operations = MakeJsonPatch(RowsOf(*base.rows), RowsOf(*rows_), most);
  if (!operations.has_value()) return nullptr;
  return std::make_shared<const std::string>(*std::move(operations));
}

Frame V1State::EncodePatch(const Base& base, const Patch& patch, V1Form form) const {
  const Frame& operations = patch.operations.Get([&] { return MakeOperations(base); });
  if (operations == nullptr) return nullptr;
  client::v1::ServerEvent event;
  client::v1::Patch& made = *event.mutable_patch();
  made.set_entity(key_->entity);
  made.set_id(key_->id);
  made.set_base(WriteVersion(base.version));
  made.set_version(WriteVersion(version_));
  made.set_patch(*operations);
  Frame frame = EncodeV1(form, event);
  const bool is_worth_it = frame->size() * 100 < Full(form, nullptr)->size() * kPatchPercent;
  return is_worth_it ? frame : nullptr;
}

}  // namespace entitysync::protocol

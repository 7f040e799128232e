#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/entity_key.h"
#include "gateway/protocol/deflated_form.h"
#include "gateway/protocol/lazy_frame.h"
#include "gateway/protocol/v1.h"
#include "gateway/protocol/v1_version.h"

namespace entitysync::protocol {

// What stands for "does not exist" where a hash of rows is expected; no rows hash to it but by a
// chance of 2^-128.
inline constexpr base::ContentHash kRemovedHash{};

// A state as v1 clients get it, in every form of it, each made when the first client wants it: full
// (`state` or `removed`), as a patch from one of the contents before, and all of that compressed.
//
// Purpose: encoded once per form, and patched once per base, however many clients there are.
// Owner and lifetime: shared by the states of one content that follow one another. Immutable but
//   for the forms.
// Threading: any thread; who asks for a form that another is making waits for it.
// Limits: kMaxBases bases with kMaxBaseBytes of rows in all, beside its own rows.
// Errors: none; where there can be no patch there is none.
class V1State {
 public:
  static constexpr size_t kMaxBases = 2;
  static constexpr size_t kMaxBaseBytes = 256 * 1024;
  // A patch is sent if it has less than this share of the full state.
  static constexpr size_t kPatchPercent = 70;

  // `rows` are the messages of the rows as EncodeClassic makes them; null: the entity does not
  // exist. `before`, if patches are wanted, is the state that this one follows: it and its bases
  // are the bases of this one, as far as the limits let them.
  V1State(base::KeyPtr key, StateVersion version, Frame rows, const V1State* before);

  // The name of the state to clients. The same for all of one replica, so that a patch fits all who
  // have it: where the application's number grew and the content stayed, the number is the first.
  const StateVersion& version() const { return version_; }

  // The whole state. Compressed if `deflater` is not null.
  const Frame& Full(V1Form form, Deflater* deflater) const;

  // What makes this state of `base`; null if that is no base, or a patch would not be worth it.
  const Frame& PatchFrom(const StateVersion& base, V1Form form, Deflater* deflater) const;

 private:
  // An event in one form, and that compressed.
  struct Form {
    LazyFrame plain;
    DeflatedForm deflated;
  };
  using Forms = std::array<Form, kV1Forms>;

  struct Base {
    StateVersion version;
    Frame rows;
  };
  struct Patch {
    LazyFrame operations;  // The JSON text, no message yet.
    Forms forms;
  };

  void AddBase(const StateVersion& version, const Frame& rows);
  Frame EncodeFull(V1Form form) const;
  Frame MakeOperations(const Base& base) const;
  Frame EncodePatch(const Base& base, const Patch& patch, V1Form form) const;

  const base::KeyPtr key_;
  const StateVersion version_;
  const Frame rows_;  // Null: removed.
  std::vector<Base> bases_;
  size_t base_bytes_ = 0;
  std::unique_ptr<std::array<Patch, kMaxBases>> patches_;  // By base; null without bases.
  Forms full_;
};
using V1StatePtr = std::shared_ptr<const V1State>;

}  // namespace entitysync::protocol

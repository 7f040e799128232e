#pragma once

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <utility>
#include <vector>

#include "gateway/hub/state.h"
#include "gateway/protocol/deflater.h"
#include "gateway/protocol/frame.h"

namespace entitysync::session {

// A state as the sessions of one worker share it.
//
// Purpose: a delivery to one of thousands of connections moves a pointer of 8 bytes and touches no
//   counter that another thread uses too.
// Owner and lifetime: the outboxes and transports it waits in.
// Threading: one worker's loop, where it is made and where it dies.
// Limits: a frame per form, and per base that some client has. Errors: none.
class WorkerState : public boost::intrusive_ref_counter<WorkerState, boost::thread_unsafe_counter> {
 public:
  explicit WorkerState(hub::StatePtr its_state) : state(std::move(its_state)) {}

  // The frame for a classic client: compressed by `deflater`, once, if it takes that (null: it does
  // not). For states that are rows or kRemoved.
  const protocol::LocalFramePtr& FrameFor(protocol::Deflater* deflater) const {
    if (deflater == nullptr) return Plain();
    if (deflated_ == nullptr) deflated_ = Local(state->deflated.Of(state->classic, *deflater));
    return deflated_;
  }

  // How many bytes that frame has; while it is not compressed yet, at most: those of the plain one.
  size_t SizeFor(const protocol::Deflater* deflater) const {
    const bool is_made = deflater != nullptr && deflated_ != nullptr;
    return (is_made ? deflated_ : Plain())->size();
  }

  // The whole state for a v1 client. For states that have a v1 form.
  const protocol::LocalFramePtr& V1Full(protocol::V1Form form, protocol::Deflater* deflater) const {
    protocol::LocalFramePtr& full = full_[static_cast<size_t>(form)][deflater != nullptr];
    if (full == nullptr) full = Local(state->v1->Full(form, deflater));
    return full;
  }

  // The same as a patch for one that was sent `base` last; null: there is none that is worth it.
  const protocol::LocalFramePtr& V1Patch(protocol::V1Form form, const protocol::StateVersion& base,
                                         protocol::Deflater* deflater) const {
    const bool is_deflated = deflater != nullptr;
    for (const Patch& patch : patches_) {
      const bool is_it =
          patch.base == base && patch.form == form && patch.is_deflated == is_deflated;
      if (is_it) return patch.frame;
    }
    const protocol::Frame& frame = state->v1->PatchFrom(base, form, deflater);
    if (frame == nullptr) return none_;  // Not noted: of what is no base there may be any number.
    patches_.push_back({base, form, is_deflated, Local(frame)});
    return patches_.back().frame;
  }

  const hub::StatePtr state;

 private:
  struct Patch {
    protocol::StateVersion base;
    protocol::V1Form form;
    bool is_deflated;
    protocol::LocalFramePtr frame;
  };

  static protocol::LocalFramePtr Local(const protocol::Frame& frame) {
    return frame == nullptr ? nullptr : new protocol::LocalFrame(frame);
  }

  const protocol::LocalFramePtr& Plain() const {
    if (plain_ == nullptr) plain_ = Local(state->classic);
    return plain_;
  }

  mutable protocol::LocalFramePtr plain_;
  mutable protocol::LocalFramePtr deflated_;
  mutable std::array<std::array<protocol::LocalFramePtr, 2>, protocol::kV1Forms> full_;
  mutable std::vector<Patch> patches_;
  const protocol::LocalFramePtr none_;
};
using WorkerStatePtr = boost::intrusive_ptr<const WorkerState>;

}  // namespace entitysync::session

#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <utility>

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
// Limits, errors: none.
class WorkerState : public boost::intrusive_ref_counter<WorkerState, boost::thread_unsafe_counter> {
 public:
  explicit WorkerState(hub::StatePtr its_state)
      : state(std::move(its_state)), classic(new protocol::LocalFrame(state->classic)) {}

  // The frame for a client: compressed by `deflater`, once, if it takes that (null: it does not).
  const protocol::LocalFramePtr& FrameFor(protocol::Deflater* deflater) const {
    if (deflater == nullptr) return classic;
    if (deflated_ == nullptr) {
      deflated_ = new protocol::LocalFrame(state->deflated.Of(state->classic, *deflater));
    }
    return deflated_;
  }

  // How many bytes that frame has; while it is not compressed yet, at most: those of the plain one.
  size_t SizeFor(const protocol::Deflater* deflater) const {
    const bool is_made = deflater != nullptr && deflated_ != nullptr;
    return (is_made ? deflated_ : classic)->size();
  }

  const hub::StatePtr state;
  const protocol::LocalFramePtr classic;

 private:
  mutable protocol::LocalFramePtr deflated_;
};
using WorkerStatePtr = boost::intrusive_ptr<const WorkerState>;

}  // namespace entitysync::session

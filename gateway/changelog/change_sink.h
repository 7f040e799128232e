#pragma once

#include <vector>

#include "gateway/changelog/change_publisher.h"

namespace entitysync::changelog {

// Who hears the changes of all replicas; implemented by the hub. None of the calls blocks.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;

  // Changes heard. On the link's thread.
  virtual void OnChanges(std::vector<Change> changes) = 0;

  // Changes may have been missed up to now: whatever is watched is suspect from now on. May come as
  // often as messages do, so that it costs little. On the changelog's loop.
  virtual void OnGap() = 0;

  // Whether changes are heard at present (the bus is connected and our subscription confirmed). On
  // the changelog's loop. From then on they are is a gap too: whatever changed before was missed.
  virtual void OnBusLive(bool live) = 0;
};

}  // namespace entitysync::changelog

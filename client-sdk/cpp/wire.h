#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client-sdk/cpp/event.h"
#include "client-sdk/cpp/loop.h"

namespace entitysync::client {

// What goes out: numbers messages so that answers find their way, and keeps to the gateway's
// limits.
//
// Owner and lifetime: Core. Threading: the executor.
// Limits: messages beyond the gateway's limit per second wait here in order. They are few: neither
//   requests nor subscriptions are written while others wait (IsClear).
// Errors: what must not be sent is told by Unfit.
class Wire {
 public:
  using Answered = std::function<void(Event& event)>;

  // `send` takes messages; `cleared` is called when the last one that waited has gone.
  Wire(Loop& loop, std::function<void(std::string)> send, std::function<void()> cleared);

  void OnOpened(const Welcome& welcome);
  void OnDown();

  bool IsOpen() const { return open_; }

  // Whether a message would go out at once.
  bool IsClear() const { return open_ && waiting_.empty(); }

  // Sends a message with this JSON text as its body (empty: none). It must not be unfit. `written`
  // is called when it is on its way.
  uint32_t Call(std::string_view action, std::string_view body, Answered answered = nullptr,
                std::function<void()> written = nullptr);

  // Why a body must not be sent, if so.
  absl::Status Unfit(std::string_view body) const;

  // Why a text must not be part of a body, if so. Quoted would make a character of two halves of a
  // surrogate pair, so that the body does not show it any more.
  static absl::Status UnfitText(std::string_view text);

  // How many of these bodies, from `begin` on, one message can hold as a list; at least one.
  size_t Packed(const std::vector<std::string>& bodies, size_t begin) const;

  // Gives an answer to whom it belongs. False: nobody takes it.
  bool Answer(Event& event);

 private:
  struct Message {
    std::string text;
    std::function<void()> written;
  };

  Duration CostOf(const std::string& text) const;
  void Pump();
  void OnRoom();

  Loop& loop_;
  const std::function<void(std::string)> send_;
  const std::function<void()> cleared_;
  bool open_ = false;
  Welcome limits_;
  uint32_t ref_ = 0;
  absl::flat_hash_map<uint32_t, Answered> answers_;
  std::deque<Message> waiting_;
  Duration interval_{0};  // Between messages, on average. 0: none.
  TimePoint earned_at_;   // When all that was sent has been earned.
  std::unique_ptr<Timer> timer_;
};

}  // namespace entitysync::client

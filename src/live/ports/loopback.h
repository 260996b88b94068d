// A cable without a device: what is sent into it comes out at its other end. For tests, for two
// sessions that play to each other, and for machines without MIDI.
#pragma once

#include "base/spsc_queue.h"
#include "live/clock.h"
#include "live/port.h"

namespace sage::live {

class Loopback final : public Sink, public Source {
 public:
  /// `keep`: messages wait to be received; else they are forgotten at once.
  explicit Loopback(const Clock& clock, bool keep = true)
      : clock_(clock), keep_(keep), cable_(kRoom) {}

  Delivery send(const Message& message) noexcept override {
    if (!keep_) return Delivery::kSent;
    Message stamped = message;
    stamped.time_us = clock_.now();
    return cable_.push(stamped) ? Delivery::kSent : Delivery::kBusy;
  }
  bool receive(std::int64_t, Message& message) noexcept override { return cable_.pop(message); }
  std::int64_t next_time(std::int64_t now) const noexcept override { return now + kPollUs; }

 private:
  static constexpr std::size_t kRoom = 8192;
  const Clock& clock_;
  bool keep_;
  SpscQueue<Message> cable_;
};

/// Somebody who does not play.
class Silence final : public Source {
 public:
  bool receive(std::int64_t, Message&) noexcept override { return false; }
  std::int64_t next_time(std::int64_t) const noexcept override { return kNever; }
};

}  // namespace sage::live

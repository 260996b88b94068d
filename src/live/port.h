// Where a session hears and plays. Implementations are in ports/; a session knows these two only.
#pragma once

#include <cstdint>

#include "live/message.h"
#include "live/transport.h"

namespace sage::live {

enum class Delivery : std::uint8_t {
  kSent,
  kBusy,  // not now: try again
  kGone,  // the device is not there any more
};

/// Used by the output thread alone, which may not allocate or lock; reopen() by another, while the
/// output thread keeps away.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The message has the time at which it is due, which may be a moment ago.
  virtual Delivery send(const Message& message) noexcept = 0;
  /// Whether the device is there; asked now and then from outside of the output thread.
  virtual bool alive() { return true; }
  /// Tries to find a device again that was gone.
  virtual bool reopen() { return false; }
};

/// Used by the input thread alone, which may not allocate or lock.
class Source {
 public:
  virtual ~Source() = default;
  /// Called once before anything else, not by the input thread: the session's musical time, for
  /// sources that play by it.
  virtual void start(const Transport& /*transport*/) {}
  /// The next message that has come by `now`, stamped with its time.
  virtual bool receive(std::int64_t now, Message& message) noexcept = 0;
  /// When to look again at the latest.
  virtual std::int64_t next_time(std::int64_t now) const noexcept = 0;
  /// Messages that were lost because there was no room.
  virtual std::uint64_t dropped() const noexcept { return 0; }
};

/// How often devices are asked.
inline constexpr std::int64_t kPollUs = 1000;

}  // namespace sage::live

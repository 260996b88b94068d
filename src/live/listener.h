// The input side of a session: stamps what comes, passes it on to the conductor, and to the output
// where the person should be heard through it. Runs in a thread of its own; step() neither
// allocates nor locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/spsc_queue.h"
#include "live/message.h"
#include "live/port.h"

namespace sage::live {

class Listener {
 public:
  /// `channels`: what each channel is taken for. `thru`: messages of the person are passed on to
  /// it; null: not.
  Listener(Source& source, const std::array<std::uint8_t, kChannels>& channels,
           SpscQueue<Message>* thru)
      : source_(source), channels_(channels), thru_(thru), heard_(kMost) {}

  /// To the inference thread.
  SpscQueue<Message>& heard() { return heard_; }

  /// Takes what has come; returns when to be called next at the latest.
  std::int64_t step(std::int64_t now) noexcept {
    Message message;
    for (std::size_t taken = 0; taken < kMost && source_.receive(now, message); ++taken) {
      if (message.is_channel())
        message.bytes[0] =
            static_cast<std::uint8_t>((message.bytes[0] & 0xf0) | channels_[message.channel()]);
      if (!heard_.push(message)) dropped_.fetch_add(1, std::memory_order_relaxed);
      if (thru_ != nullptr && message.is_channel()) thru_->push(message);
    }
    return source_.next_time(now);
  }
  /// Messages that were lost because nobody took them in time.
  std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed) + source_.dropped();
  }

 private:
  static constexpr std::size_t kMost = 4096;
  Source& source_;
  std::array<std::uint8_t, kChannels> channels_;
  SpscQueue<Message>* thru_;
  SpscQueue<Message> heard_;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace sage::live

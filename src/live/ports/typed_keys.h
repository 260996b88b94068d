// The computer's keyboard as a piano: two rows of keys, the lower one the white keys from C4 on (z
// x c v b n m , . /), the upper one the black keys. A terminal does not tell when a key is let go,
// so each note has a fixed length. press() belongs to the thread that reads the terminal, all else
// to the input thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/spsc_queue.h"
#include "live/clock.h"
#include "live/port.h"

namespace sage::live {

class TypedKeys final : public Source {
 public:
  explicit TypedKeys(const Clock& clock) : clock_(clock), pressed_(64) {}

  static std::optional<int> pitch_of(char key);
  /// False for a key that is no piano key.
  bool press(char key);

  bool receive(std::int64_t now, Message& message) noexcept override;
  std::int64_t next_time(std::int64_t now) const noexcept override { return now + kPollUs; }

 private:
  static constexpr std::int64_t kLengthUs = 400'000;
  static constexpr int kVelocity = 90;
  const Clock& clock_;
  SpscQueue<Message> pressed_;
  std::array<std::int64_t, kKeys> release_us_{};  // 0: up
};

}  // namespace sage::live

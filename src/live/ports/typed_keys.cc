#include "live/ports/typed_keys.h"

#include <string_view>

namespace sage::live {

std::optional<int> TypedKeys::pitch_of(char key) {
  // A semitone each; a blank where the piano has no key between two white ones.
  constexpr std::string_view keys = "zsxdcvgbhnjm,l.;/";
  constexpr int kLowest = 60;
  const auto place = keys.find(key);
  if (place == std::string_view::npos) return std::nullopt;
  return kLowest + static_cast<int>(place);
}

bool TypedKeys::press(char key) {
  const auto pitch = pitch_of(key);
  if (!pitch) return false;
  Message message = note_on(0, *pitch, kVelocity);
  message.time_us = clock_.now();
  pressed_.push(message);
  return true;
}

bool TypedKeys::receive(std::int64_t now, Message& message) noexcept {
  if (pressed_.pop(message)) {
    release_us_[message.key()] = message.time_us + kLengthUs;
    return true;
  }
  for (int key = 0; key < kKeys; ++key) {
    std::int64_t& release = release_us_[static_cast<std::size_t>(key)];
    if (release == 0 || release > now) continue;
    message = note_off(0, key);
    message.time_us = release;
    release = 0;
    return true;
  }
  return false;
}

}  // namespace sage::live

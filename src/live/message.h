// A MIDI channel or real-time message with the moment that it belongs to. Plain value of fixed
// size: the live threads copy it and never allocate. System exclusive messages are not carried.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sage::live {

inline constexpr int kChannels = 16;
inline constexpr int kKeys = 128;
inline constexpr std::uint8_t kDrumChannel = 9;

/// System messages that a session understands.
enum System : std::uint8_t {
  kSongPosition = 0xf2,
  kClockPulse = 0xf8,
  kStart = 0xfa,
  kContinue = 0xfb,
  kStop = 0xfc,
  kActiveSensing = 0xfe,
};

struct Message {
  std::int64_t time_us = 0;  // on the session's clock
  std::array<std::uint8_t, 3> bytes{};
  std::uint8_t size = 0;

  std::uint8_t kind() const { return bytes[0] < 0xf0 ? bytes[0] & 0xf0 : bytes[0]; }
  std::uint8_t channel() const { return bytes[0] & 0x0f; }
  std::uint8_t key() const { return bytes[1]; }
  std::uint8_t velocity() const { return bytes[2]; }
  bool is_channel() const { return bytes[0] >= 0x80 && bytes[0] < 0xf0; }
  bool is_note_on() const { return kind() == 0x90 && bytes[2] > 0; }
  bool is_note_off() const { return kind() == 0x80 || (kind() == 0x90 && bytes[2] == 0); }
  std::span<const std::uint8_t> data() const { return {bytes.data(), size}; }
  friend bool operator==(const Message&, const Message&) = default;
};

namespace detail {
inline Message channel_message(int kind, int channel, int a, int b, std::uint8_t size) {
  return {0,
          {static_cast<std::uint8_t>(kind | channel), static_cast<std::uint8_t>(a),
           static_cast<std::uint8_t>(b)},
          size};
}
}  // namespace detail

inline Message note_on(int channel, int key, int velocity) {
  return detail::channel_message(0x90, channel, key, velocity, 3);
}
inline Message note_off(int channel, int key) {
  return detail::channel_message(0x80, channel, key, 64, 3);
}
inline Message control(int channel, int number, int value) {
  return detail::channel_message(0xb0, channel, number, value, 3);
}
inline Message program_change(int channel, int program) {
  return detail::channel_message(0xc0, channel, program, 0, 2);
}
inline Message system_message(System status) { return {0, {status, 0, 0}, 1}; }

inline constexpr int kSustain = 64;
inline constexpr int kAllSoundOff = 120;
inline constexpr int kAllNotesOff = 123;

}  // namespace sage::live

// Reading numbers off a span of bytes, as Standard MIDI Files write them: big-endian, or with seven
// bits a byte. Internal to midi.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sage::midi {

using Bytes = std::span<const std::uint8_t>;

inline std::uint32_t big_endian(Bytes bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

inline std::uint32_t little_endian(Bytes bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

/// Whether a four-letter chunk id stands at `offset`.
inline bool has_id(Bytes bytes, std::size_t offset, const char (&id)[5]) {
  if (offset > bytes.size() || bytes.size() - offset < 4) return false;
  for (int i = 0; i < 4; ++i)
    if (bytes[offset + i] != static_cast<std::uint8_t>(id[i])) return false;
  return true;
}

inline constexpr std::size_t kChunkHeader = 8;  // four letters and a length

/// A place in a span, with bounds.
struct Cursor {
  Bytes bytes;
  std::size_t at = 0;

  std::size_t left() const { return bytes.size() - at; }
};

/// The longest variable-length quantity that the standard allows, and the longest read here: some
/// programs write 32-bit values in five bytes.
inline constexpr int kStandardVlqBytes = 4;
inline constexpr int kMaxVlqBytes = 5;

/// Reads a variable-length quantity; tells how many bytes it took, 0 where it is cut off by the end
/// or longer than kMaxVlqBytes.
inline int read_vlq(Cursor& cursor, std::uint64_t& value) {
  if (cursor.left() > 0 && cursor.bytes[cursor.at] < 0x80) {
    value = cursor.bytes[cursor.at++];
    return 1;
  }
  value = 0;
  for (int i = 0; i < kMaxVlqBytes && static_cast<std::size_t>(i) < cursor.left(); ++i) {
    const std::uint8_t byte = cursor.bytes[cursor.at + i];
    value = value << 7 | (byte & 0x7f);
    if (byte < 0x80) {
      cursor.at += i + 1;
      return i + 1;
    }
  }
  return 0;
}

}  // namespace sage::midi

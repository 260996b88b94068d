// Builds Standard MIDI Files byte by byte, right or wrong.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace sage::test {

using ByteString = std::vector<std::uint8_t>;

inline ByteString operator+(ByteString a, const ByteString& b) {
  for (const std::uint8_t byte : b) a.push_back(byte);
  return a;
}

inline ByteString bytes(std::initializer_list<int> values) {
  ByteString out;
  for (const int value : values) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}

inline ByteString ascii(std::string_view text) { return {text.begin(), text.end()}; }

inline ByteString big_endian(std::size_t value, int size) {
  ByteString out;
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return out;
}

/// A chunk whose length field says `claimed`, or the truth.
inline ByteString chunk(std::string_view id, const ByteString& body) {
  return ascii(id) + big_endian(body.size(), 4) + body;
}
inline ByteString chunk(std::string_view id, const ByteString& body, std::size_t claimed) {
  return ascii(id) + big_endian(claimed, 4) + body;
}

inline ByteString header(int format, int tracks, int division) {
  return chunk("MThd", big_endian(static_cast<std::size_t>(format), 2) +
                           big_endian(static_cast<std::size_t>(tracks), 2) +
                           big_endian(static_cast<std::size_t>(division), 2));
}

inline const ByteString kEnd = bytes({0, 0xff, 0x2f, 0});

/// Events, given with their delta times, and the end of track.
inline ByteString track(std::initializer_list<int> events) {
  return chunk("MTrk", bytes(events) + kEnd);
}

/// A file of one track at 96 ticks a quarter note.
inline ByteString one_track(std::initializer_list<int> events) {
  return header(0, 1, 96) + track(events);
}

/// The same with the track's bytes as they are, without an end of track.
inline ByteString raw_track(const ByteString& body) {
  return header(0, 1, 96) + chunk("MTrk", body);
}

/// Middle C, 96 ticks long, at velocity 64.
inline const ByteString kNote = bytes({0, 0x90, 60, 64, 96, 0x80, 60, 0});

}  // namespace sage::test

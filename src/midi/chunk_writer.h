// Writes MTrk chunks byte by byte. Internal to midi.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "score/time.h"

namespace sage::midi {

inline constexpr std::int64_t kMaxDelta =
    0x0fffffff;  // of a variable-length quantity of four bytes

inline void append_big_endian(std::vector<std::uint8_t>& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline void append_vlq(std::vector<std::uint8_t>& out, std::uint32_t value) {
  for (int shift = 21; shift > 0; shift -= 7)
    if (value >> shift != 0)
      out.push_back(static_cast<std::uint8_t>(0x80 | (value >> shift & 0x7f)));
  out.push_back(value & 0x7f);
}

/// Writes one MTrk chunk, from construction to end().
class ChunkWriter {
 public:
  explicit ChunkWriter(std::vector<std::uint8_t>& out) : out_(out) {
    append_text("MTrk");
    append_big_endian(out_, 0, 4);  // the length; end() fills it in
    body_ = out_.size();
  }

  void channel_event(Tick time, std::uint8_t status, std::uint8_t first, std::uint8_t second) {
    delta(time);
    if (status != running_) out_.push_back(status);
    set_status(status);
    out_.push_back(first);
    const bool one_byte = (status & 0xf0) == 0xc0 || (status & 0xf0) == 0xd0;
    if (!one_byte) out_.push_back(second);
  }

  void meta(Tick time, std::uint8_t type, std::string_view payload) {
    delta(time);
    payload = payload.substr(0, kMaxDelta);
    out_.push_back(0xff);
    out_.push_back(type);
    append_vlq(out_, static_cast<std::uint32_t>(payload.size()));
    append_text(payload);
    running_ = 0;
  }

  /// An event whose bytes begin with its status byte, as they stand.
  void event(Tick time, std::uint8_t status, std::span<const std::uint8_t> bytes) {
    delta(time);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    set_status(status);
  }

  /// A channel message of which only the data bytes are given.
  void running_event(Tick time, std::uint8_t status, std::span<const std::uint8_t> data) {
    delta(time);
    if (status != running_) out_.push_back(status);
    out_.insert(out_.end(), data.begin(), data.end());
    set_status(status);
  }

  /// Events as they stand, the delta time of the first included; the last is at `time`.
  void copy(Tick time, std::uint8_t status, std::span<const std::uint8_t> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    time_ = std::max(time, time_);
    set_status(status);
  }

  /// Bytes that nobody could read, as they stand behind the last event, and nothing behind them,
  /// not even an end of track.
  void unread_end(std::span<const std::uint8_t> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    close();
  }

  /// The same where they are no longer behind the same event. `delta_size`: how many of them are a
  /// delay that could not be read either; it counts from `time`. `running` is the running status
  /// that they expect.
  void unread_end(Tick time, std::span<const std::uint8_t> bytes, std::size_t delta_size,
                  std::uint8_t running) {
    if (delta_size == 0)
      delta(time);
    else if (time > time_)
      meta(time, 0x7f, {});
    out_.insert(out_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(delta_size));
    bytes = bytes.subspan(delta_size);
    if (!bytes.empty() && bytes[0] < 0x80 && running != 0 && running != running_)
      out_.push_back(running);
    unread_end(bytes);
  }

  /// The end of track, not before the last event.
  void end(Tick time = {}) {
    meta(std::max(time, time_), 0x2f, {});
    close();
  }

  /// The status that some players let run on, even behind a meta event; 0 if none was written.
  std::uint8_t last_status() const { return last_status_; }

 private:
  void set_status(std::uint8_t status) {
    running_ = status < 0xf0 ? status : 0;
    if (running_ != 0) last_status_ = running_;
  }

  void close() {
    const std::size_t length = out_.size() - body_;
    for (int i = 0; i < 4; ++i)
      out_[body_ - 4 + i] = static_cast<std::uint8_t>(length >> (8 * (3 - i)));
  }
  void append_text(std::string_view text) { out_.insert(out_.end(), text.begin(), text.end()); }

  /// A delta time. What is too long for one is bridged by empty sequencer-specific events.
  void delta(Tick time) {
    std::int64_t left = std::max<std::int64_t>((time - time_).count, 0);
    time_ = std::max(time, time_);
    for (; left > kMaxDelta; left -= kMaxDelta) {
      append_vlq(out_, kMaxDelta);
      out_.insert(out_.end(), {0xff, 0x7f, 0x00});
      running_ = 0;
    }
    append_vlq(out_, static_cast<std::uint32_t>(left));
  }

  std::vector<std::uint8_t>& out_;
  std::size_t body_ = 0;
  Tick time_;
  std::uint8_t running_ = 0;
  std::uint8_t last_status_ = 0;
};

}  // namespace sage::midi

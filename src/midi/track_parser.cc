#include "midi/track_parser.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sage::midi {
namespace {

constexpr std::uint8_t at_most_127(std::uint8_t byte) { return byte < 0x80 ? byte : 127; }

std::uint32_t place(std::size_t offset) { return static_cast<std::uint32_t>(offset); }

}  // namespace

Result<TrackParser::End> TrackParser::parse(std::size_t begin, std::size_t end, EventTrack& track) {
  // An event takes two bytes or more, mostly four.
  track.events.reserve(std::min((end - begin) / 3 + 1, limits_.max_events));
  time_ = track.start;
  running_ = 0;
  running_interrupted_ = false;
  Cursor cursor{file_.first(end), begin};
  Step result = Step::kGoOn;
  Cursor last = cursor;  // where the last event begins
  Tick before = time_;   // and when the one before it is
  while (result == Step::kGoOn && cursor.left() > 0) {
    last.at = cursor.at;
    before = time_;
    result = step(cursor, track.events);
  }
  if (result == Step::kTooLarge) return too_large(cursor.at);
  if (result == Step::kGoOn) warnings_.warn(cursor.at, "the track has no end-of-track event");
  const bool ended = result == Step::kEndOfTrack;
  if (result == Step::kBroken || (ended && track.trusted && cursor.left() > 0))
    track.tail = tail_from(last, before);
  track.end = time_;
  track.data_end = cursor.at;
  return End{cursor.at, ended};
}

/// The cursor stands where the first event of the tail begins; `before` is when the last one that
/// was read is.
UnreadTail TrackParser::tail_from(Cursor cursor, Tick before) const {
  const std::size_t start = cursor.at;
  std::uint64_t delta = 0;
  const bool read =
      read_vlq(cursor, delta) > 0 && time_ == before + Tick{static_cast<std::int64_t>(delta)};
  return {read ? cursor.at : start, read, running_, time_};
}

Result<TrackParser::End> TrackParser::too_large(std::size_t offset) const {
  return fail(ErrorCode::kLimit,
              "more than " + std::to_string(limits_.max_notes) + " notes, " +
                  std::to_string(limits_.max_texts) + " texts or " +
                  std::to_string(limits_.max_events) + " events; raise the limits to read the file",
              offset);
}

inline TrackParser::Step TrackParser::step(Cursor& cursor, std::vector<Event>& events) {
  if (!read_delta(cursor)) return Step::kBroken;
  if (++event_count_ > limits_.max_events) return Step::kTooLarge;
  if (cursor.left() == 0) {
    warnings_.warn(cursor.at, "the track ends inside an event");
    return Step::kCutOff;
  }
  const std::uint8_t status = cursor.bytes[cursor.at];
  if (status < 0xf0) return channel_event(cursor, events);
  ++cursor.at;
  running_interrupted_ = true;
  if (status == 0xff) return meta_event(cursor, events);
  if (status == 0xf0 || status == 0xf7) return system_exclusive(cursor, status, events);
  return other_system(cursor, status, events);
}

inline bool TrackParser::read_delta(Cursor& cursor) {
  std::uint64_t delta = 0;
  const int length = read_vlq(cursor, delta);
  if (length == 0) {
    warnings_.warn(cursor.at,
                   "a delta time is cut off or longer than five bytes; the track ends here");
    return false;
  }
  if (length > kStandardVlqBytes)
    warnings_.warn(cursor.at, "a delta time is longer than four bytes");
  if (static_cast<std::int64_t>(delta) > limits_.max_tick - time_.count) {
    warnings_.warn(cursor.at, "the time is beyond the limit; the track ends here");
    return false;
  }
  time_.count += static_cast<std::int64_t>(delta);
  return true;
}

inline TrackParser::Step TrackParser::channel_event(Cursor& cursor, std::vector<Event>& events) {
  const std::size_t start = cursor.at;
  std::uint8_t status = cursor.bytes[cursor.at];
  const bool running = status < 0x80;
  if (!running) {
    running_ = status;
    running_interrupted_ = false;
    ++cursor.at;
  } else {
    status = running_;
    if (status == 0) {
      warnings_.warn(start, "a data byte without a status byte; the track ends here");
      return Step::kBroken;
    }
    if (running_interrupted_) {
      warnings_.warn(start, "running status goes on after a meta or system event");
      running_interrupted_ = false;
    }
  }
  const std::uint8_t type = status & 0xf0;
  const std::size_t size = type == 0xc0 || type == 0xd0 ? 1 : 2;
  if (cursor.left() < size) {
    warnings_.warn(start, "the track ends inside an event");
    cursor.at = cursor.bytes.size();
    return Step::kCutOff;
  }
  const std::uint8_t first = cursor.bytes[cursor.at];
  std::uint8_t second = size == 2 ? cursor.bytes[cursor.at + 1] : 0;
  cursor.at += size;
  Event::Form form = running ? Event::Form::kRunning : Event::Form::kPlain;
  if ((first | second) >= 0x80) [[unlikely]] {
    warnings_.warn(start, first >= 0x80 ? "a data byte above 127; the event is left out"
                                        : "a data byte above 127, taken as 127");
    if (first >= 0x80) form = Event::Form::kIgnored;
    second = at_most_127(second);
  }
  if (type == 0x90 && second > 0 && ++note_count_ > limits_.max_notes) return Step::kTooLarge;
  events.push_back({time_, place(start), status, first, second, form});
  return Step::kGoOn;
}

/// Reads a length and passes over that many bytes.
bool TrackParser::read_payload(Cursor& cursor, const char* cut_off) {
  const std::size_t start = cursor.at;
  std::uint64_t length = 0;
  const int taken = read_vlq(cursor, length);
  if (taken == 0 || length > cursor.left()) {
    warnings_.warn(start, cut_off);
    cursor.at = start;
    return false;
  }
  if (taken > kStandardVlqBytes) warnings_.warn(start, "a length is longer than four bytes");
  cursor.at += static_cast<std::size_t>(length);
  return true;
}

TrackParser::Step TrackParser::system_exclusive(Cursor& cursor, std::uint8_t status,
                                                std::vector<Event>& events) {
  const std::size_t start = cursor.at - 1;
  if (!read_payload(cursor, "a system exclusive message is cut off; the track ends here"))
    return Step::kBroken;
  events.push_back({time_, place(start), status});
  return Step::kGoOn;
}

/// System common and real-time messages have no place in a file, but some programs record them.
TrackParser::Step TrackParser::other_system(Cursor& cursor, std::uint8_t status,
                                            std::vector<Event>& events) {
  const std::size_t start = cursor.at - 1;
  warnings_.warn(start, "a system message that does not belong in a file is left out");
  const std::size_t size = status == 0xf2 ? 2 : status == 0xf1 || status == 0xf3 ? 1 : 0;
  cursor.at += std::min(size, cursor.left());
  events.push_back({time_, place(start), status, 0, 0, Event::Form::kIgnored});
  return Step::kGoOn;
}

TrackParser::Step TrackParser::meta_event(Cursor& cursor, std::vector<Event>& events) {
  const std::size_t start = cursor.at - 1;
  if (cursor.left() == 0) {
    warnings_.warn(start, "the track ends inside an event");
    return Step::kCutOff;
  }
  const std::uint8_t type = cursor.bytes[cursor.at++];
  if (type == kEndOfTrackMeta) {
    // Some files leave the length out.
    if (cursor.left() > 0 && cursor.bytes[cursor.at] == 0) ++cursor.at;
    return Step::kEndOfTrack;
  }
  if (!read_payload(cursor, "a meta event is cut off; the track ends here")) return Step::kBroken;
  if (type >= 1 && type <= kLastText && ++text_count_ > limits_.max_texts) return Step::kTooLarge;
  events.push_back({time_, place(start), 0xff, type});
  return Step::kGoOn;
}

}  // namespace sage::midi

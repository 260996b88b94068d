#include "midi/track_parser.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sage::midi {
namespace {

// Meta event types that are read; 1 to 15 are texts.
constexpr std::uint8_t kTrackName = 0x03;
constexpr std::uint8_t kLastText = 0x0f;
constexpr std::uint8_t kEndOfTrack = 0x2f;
constexpr std::uint8_t kTempo = 0x51;
constexpr std::uint8_t kMeter = 0x58;
constexpr std::uint8_t kKey = 0x59;

// One name may be shared by many tracks of a chunk; a longer one goes to the first only, so that
// memory stays in proportion to the file.
constexpr std::size_t kLongestSharedName = 128;

constexpr std::uint8_t at_most_127(std::uint8_t byte) { return byte < 0x80 ? byte : 127; }

}  // namespace

TrackParser::TrackParser(Bytes file, const MidiLimits& limits, const Options& options,
                         MidiRead& out)
    : file_(file), limits_(limits), options_(options), out_(out) {}

Result<TrackParser::End> TrackParser::parse(std::size_t begin, std::size_t end, Tick start) {
  // A note takes six bytes or more, but for the rare one that is cut off.
  parts_.reserve(std::min((end - begin) / 6, limits_.max_notes));
  time_ = start;
  running_ = 0;
  running_interrupted_ = false;
  name_ = 0;
  Cursor cursor{file_.first(end), begin};
  Step result = Step::kGoOn;
  while (result == Step::kGoOn && cursor.left() > 0) result = step(cursor);
  if (result == Step::kTooLarge) return too_large(cursor.at);
  if (result == Step::kGoOn) out_.warn(cursor.at, "the track has no end-of-track event");
  finish_chunk(cursor.at);
  return End{cursor.at, result == Step::kEndOfTrack, time_};
}

Result<TrackParser::End> TrackParser::too_large(std::size_t offset) const {
  return fail(ErrorCode::kLimit,
              "more than " + std::to_string(limits_.max_notes) + " notes, " +
                  std::to_string(limits_.max_texts) + " texts or " +
                  std::to_string(limits_.max_events) + " events; raise the limits to read the file",
              offset);
}

inline TrackParser::Step TrackParser::step(Cursor& cursor) {
  if (!read_delta(cursor)) return Step::kBroken;
  if (++event_count_ > limits_.max_events) return Step::kTooLarge;
  if (cursor.left() == 0) {
    out_.warn(cursor.at, "the track ends inside an event");
    return Step::kBroken;
  }
  const std::uint8_t status = cursor.bytes[cursor.at];
  if (status < 0xf0) return channel_event(cursor);
  ++cursor.at;
  running_interrupted_ = true;
  if (status == 0xff) return meta_event(cursor);
  if (status == 0xf0 || status == 0xf7) return skip_sysex(cursor);
  return skip_system(cursor, status);
}

inline bool TrackParser::read_delta(Cursor& cursor) {
  std::uint64_t delta = 0;
  const int length = read_vlq(cursor, delta);
  if (length == 0) {
    out_.warn(cursor.at, "a delta time is cut off or longer than five bytes; the track ends here");
    return false;
  }
  if (length > kStandardVlqBytes) out_.warn(cursor.at, "a delta time is longer than four bytes");
  if (static_cast<std::int64_t>(delta) > limits_.max_tick - time_.count) {
    out_.warn(cursor.at, "the time is beyond the limit; the track ends here");
    return false;
  }
  time_.count += static_cast<std::int64_t>(delta);
  return true;
}

inline TrackParser::Step TrackParser::channel_event(Cursor& cursor) {
  const std::size_t start = cursor.at;
  std::uint8_t status = cursor.bytes[cursor.at];
  if (status >= 0x80) {
    running_ = status;
    running_interrupted_ = false;
    ++cursor.at;
  } else {
    status = running_;
    if (status == 0) {
      out_.warn(start, "a data byte without a status byte; the track ends here");
      return Step::kBroken;
    }
    if (running_interrupted_) {
      out_.warn(start, "running status goes on after a meta or system event");
      running_interrupted_ = false;
    }
  }
  const std::uint8_t type = status & 0xf0;
  const std::size_t size = type == 0xc0 || type == 0xd0 ? 1 : 2;
  if (cursor.left() < size) {
    out_.warn(start, "the track ends inside an event");
    cursor.at = cursor.bytes.size();
    return Step::kBroken;
  }
  const std::uint8_t first = cursor.bytes[cursor.at];
  std::uint8_t second = size == 2 ? cursor.bytes[cursor.at + 1] : 0;
  cursor.at += size;
  if ((first | second) >= 0x80) [[unlikely]] {
    out_.warn(start, first >= 0x80 ? "a data byte above 127; the event is left out"
                                   : "a data byte above 127, taken as 127");
    if (first >= 0x80) return Step::kGoOn;
    second = at_most_127(second);
  }
  const int channel = status & 0x0f;
  switch (type) {
    case 0x80:
      parts_.note_off(time_, channel, first);
      break;
    case 0x90:
      if (second == 0) {
        parts_.note_off(time_, channel, first);
      } else {
        if (notes_before_ + parts_.note_count() >= limits_.max_notes) return Step::kTooLarge;
        parts_.note_on(time_, channel, first, second);
      }
      break;
    case 0xa0:
      parts_.event(EventKind::kPressure, time_, channel, first, second);
      break;
    case 0xb0:
      parts_.event(EventKind::kControl, time_, channel, first, second);
      break;
    case 0xc0:
      parts_.program(channel, first);
      break;
    case 0xd0:
      parts_.event(EventKind::kPressure, time_, channel, Pressure::kWholeChannel, first);
      break;
    default:
      parts_.event(EventKind::kBend, time_, channel, first, second);
  }
  return Step::kGoOn;
}

/// Reads a length and takes that many bytes.
bool TrackParser::read_payload(Cursor& cursor, Bytes& payload, const char* cut_off) {
  const std::size_t start = cursor.at;
  std::uint64_t length = 0;
  const int taken = read_vlq(cursor, length);
  if (taken == 0 || length > cursor.left()) {
    out_.warn(start, cut_off);
    cursor.at = start;
    return false;
  }
  if (taken > kStandardVlqBytes) out_.warn(start, "a length is longer than four bytes");
  payload = cursor.bytes.subspan(cursor.at, static_cast<std::size_t>(length));
  cursor.at += payload.size();
  return true;
}

TrackParser::Step TrackParser::skip_sysex(Cursor& cursor) {
  Bytes payload;
  return read_payload(cursor, payload, "a system exclusive message is cut off; the track ends here")
             ? Step::kGoOn
             : Step::kBroken;
}

/// System common and real-time messages have no place in a file, but some programs record them.
TrackParser::Step TrackParser::skip_system(Cursor& cursor, std::uint8_t status) {
  out_.warn(cursor.at - 1, "a system message that does not belong in a file is left out");
  const std::size_t size = status == 0xf2 ? 2 : status == 0xf1 || status == 0xf3 ? 1 : 0;
  cursor.at += std::min(size, cursor.left());
  return Step::kGoOn;
}

TrackParser::Step TrackParser::meta_event(Cursor& cursor) {
  const std::size_t start = cursor.at - 1;
  if (cursor.left() == 0) {
    out_.warn(start, "the track ends inside an event");
    return Step::kBroken;
  }
  const std::uint8_t type = cursor.bytes[cursor.at++];
  if (type == kEndOfTrack) {
    // Some files leave the length out.
    if (cursor.left() > 0 && cursor.bytes[cursor.at] == 0) ++cursor.at;
    return Step::kEndOfTrack;
  }
  Bytes payload;
  if (!read_payload(cursor, payload, "a meta event is cut off; the track ends here"))
    return Step::kBroken;
  if (type >= 1 && type <= kLastText) {
    if (out_.score.texts.size() >= limits_.max_texts) return Step::kTooLarge;
    store_text(type, payload);
  } else {
    store_meta(type, payload, start);
  }
  return Step::kGoOn;
}

void TrackParser::store_text(std::uint8_t type, Bytes payload) {
  std::vector<Text>& texts = out_.score.texts;
  texts.push_back({time_, type, std::string(payload.begin(), payload.end())});
  if (type == kTrackName && name_ == 0) name_ = texts.size();
}

void TrackParser::store_meta(std::uint8_t type, Bytes payload, std::size_t offset) {
  Score& score = out_.score;
  if (type == kTempo && options_.reads_tempos) {
    const std::uint32_t tempo = payload.size() < 3 ? 0 : big_endian(payload.first(3));
    if (tempo == 0) return out_.warn(offset, "a tempo of no length is left out");
    score.tempos.push_back({time_, tempo});
  } else if (type == kMeter) {
    if (payload.size() < 2 || payload[0] == 0 || payload[1] > 7)
      return out_.warn(offset, "a time signature that makes no sense is left out");
    score.meters.push_back({time_, {payload[0], static_cast<std::uint8_t>(1 << payload[1])}});
  } else if (type == kKey) {
    const int sharps = payload.size() < 2 ? 8 : static_cast<std::int8_t>(payload[0]);
    if (sharps < -7 || sharps > 7 || payload[1] > 1)
      return out_.warn(offset, "a key signature that makes no sense is left out");
    score.keys.push_back({time_, static_cast<std::int8_t>(sharps), payload[1] == 1});
  }
}

/// Hands the chunk's tracks over, with the chunk's name: the first of its texts of that type, which
/// is no text of the piece then.
void TrackParser::finish_chunk(std::size_t offset) {
  std::vector<Track>& tracks = out_.score.tracks;
  const std::size_t first_track = tracks.size();
  notes_before_ += parts_.note_count();
  const Parts::Report report = parts_.finish(time_, out_.score);
  if (report.hanging > 0) out_.warn(offset, "notes that are never released end with the track");
  if (report.orphans > 0) out_.warn(offset, "the track releases notes that it never starts");
  if (name_ == 0 || report.tracks == 0 || !options_.names_tracks) return;
  const auto text = out_.score.texts.begin() + static_cast<std::ptrdiff_t>(name_ - 1);
  const std::string name = std::move(text->text);
  out_.score.texts.erase(text);
  for (std::size_t i = first_track; i < tracks.size(); ++i)
    if (i == first_track || name.size() <= kLongestSharedName) tracks[i].name = name;
}

}  // namespace sage::midi

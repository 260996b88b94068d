#include "midi/chunks.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "midi/track_parser.h"

namespace sage::midi {
namespace {

struct Header {
  std::size_t chunks = 0;  // where they begin
  std::uint32_t track_count = 0;
};

/// Ticks and tempo of SMPTE time. Half a second is a quarter note where that is a whole number of
/// ticks, else a second. The rate of 29 stands for 30 drop-frame, 29.97 frames a second.
Result<void> set_smpte_time(std::uint32_t division, std::size_t offset, EventFile& out,
                            MidiWarnings& warnings) {
  const int rate = 256 - static_cast<int>(division >> 8);
  const int ticks_per_frame = static_cast<int>(division & 0xff);
  if (ticks_per_frame == 0)
    return fail(ErrorCode::kMalformed, "a frame has no ticks, so no time can be told", offset);
  if (rate != 24 && rate != 25 && rate != 29 && rate != 30)
    warnings.warn(offset, "an unusual number of frames a second");
  const bool drop_frame = rate == 29;
  const int ticks_per_second = (drop_frame ? 30 : rate) * ticks_per_frame;
  const bool halves = ticks_per_second % 2 == 0;
  out.ticks_per_quarter = halves ? ticks_per_second / 2 : ticks_per_second;
  const std::uint32_t milliseconds = halves ? 500 : 1000;
  out.us_per_quarter = milliseconds * (drop_frame ? 1001 : 1000);
  return {};
}

Result<Header> read_header(Bytes file, std::size_t offset, EventFile& out, MidiWarnings& warnings) {
  out.header = offset;
  if (!has_id(file, offset, "MThd"))
    return fail(ErrorCode::kMalformed, "no MThd header, so this is no MIDI file", offset);
  if (file.size() - offset < kChunkHeader + 6)
    return fail(ErrorCode::kMalformed, "the file ends inside its header", file.size());
  const std::uint32_t length = big_endian(file.subspan(offset + 4, 4));
  const std::size_t body = offset + kChunkHeader;
  Header header;
  out.format = static_cast<int>(big_endian(file.subspan(body, 2)));
  header.track_count = big_endian(file.subspan(body + 2, 2));
  const std::uint32_t division = big_endian(file.subspan(body + 4, 2));
  header.chunks = body + 6;
  if (length != 6) {
    warnings.warn(offset + 4, "the header should have 6 bytes");
    if (length > 6 && length <= file.size() - body) header.chunks = body + length;
  }
  if (out.format > 2) warnings.warn(body, "an unknown file type, read as type 1");
  if (division == 0)
    return fail(ErrorCode::kMalformed, "a quarter note has no ticks, so no time can be told",
                body + 4);
  out.ticks_per_quarter = static_cast<int>(division);
  if (division >= 0x8000)
    if (auto done = set_smpte_time(division, body + 4, out, warnings); !done)
      return tl::unexpected(done.error());
  return header;
}

/// Where the MIDI data of a RIFF file starts and ends; the whole file where it is not RIFF.
Result<std::pair<std::size_t, std::size_t>> unwrap_riff(Bytes file) {
  if (!has_id(file, 0, "RIFF")) return std::pair<std::size_t, std::size_t>{0, file.size()};
  if (!has_id(file, 8, "RMID"))
    return fail(ErrorCode::kMalformed, "a RIFF file that does not hold MIDI", 8);
  for (std::size_t at = 12; at <= file.size() && file.size() - at >= kChunkHeader;) {
    const std::size_t length = little_endian(file.subspan(at + 4, 4));
    const std::size_t body = at + kChunkHeader;
    const std::size_t left = file.size() - body;
    if (has_id(file, at, "data")) return std::pair{body, body + std::min(length, left)};
    if (length > left) break;
    at = body + length + length % 2;
  }
  return fail(ErrorCode::kMalformed, "a RIFF file without a data chunk", 12);
}

std::size_t find_track(Bytes file, std::size_t from) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  return std::min(text.find("MTrk", from), file.size());
}

/// Whether a chunk, or the end, may well be at `offset`.
bool chunk_may_start(Bytes file, std::size_t offset) {
  if (offset >= file.size()) return offset == file.size();
  if (has_id(file, offset, "MTrk")) return true;
  if (file.size() - offset < kChunkHeader) return false;
  const auto letters = file.subspan(offset, 4);
  return std::all_of(letters.begin(), letters.end(), [](int c) { return c >= 32 && c < 127; }) &&
         big_endian(file.subspan(offset + 4, 4)) <= file.size() - offset - kChunkHeader;
}

/// Walks the chunks of a file.
class ChunkWalk {
 public:
  ChunkWalk(Bytes file, const MidiLimits& limits, EventFile& out, MidiWarnings& warnings)
      : file_(file), out_(out), warnings_(warnings), parser_(file, limits, warnings) {}

  Result<void> run(std::size_t at) {
    while (file_.size() - at >= kChunkHeader) {
      const std::size_t length = big_endian(file_.subspan(at + 4, 4));
      if (has_id(file_, at, "MTrk")) {
        auto next = read_track(at, length);
        if (!next) return tl::unexpected(next.error());
        at = *next;
      } else if (chunk_may_start(file_, at)) {
        warnings_.warn(at, "an unknown chunk is left out");
        at += kChunkHeader + length;
      } else {
        const std::size_t next = find_track(file_, at);
        warnings_.warn(
            at, next < file_.size() ? "junk before the next track" : "junk after the tracks");
        at = next;
      }
    }
    if (at < file_.size()) warnings_.warn(at, "junk after the tracks");
    return {};
  }

 private:
  /// Reads the track whose chunk starts at `at`; returns where to look for the next chunk.
  Result<std::size_t> read_track(std::size_t at, std::size_t length) {
    const std::size_t body = at + kChunkHeader;
    const bool cut_off = length > file_.size() - body;
    EventTrack track;
    track.begin = at;
    track.trusted = !cut_off && chunk_may_start(file_, body + length);
    const std::size_t end = track.trusted ? body + length : find_track(file_, body);
    if (out_.format == 2 && !out_.tracks.empty()) track.start = out_.tracks.back().end;
    const auto parsed = parser_.parse(body, end, track);
    if (!parsed) return tl::unexpected(parsed.error());
    track.next = end;
    if (track.trusted) {
      if (parsed->end_of_track && parsed->offset < end)
        warnings_.warn(parsed->offset, "data after the end of the track is left out");
    } else {
      // Where the length cannot be right, the end of the track decides where it ends.
      track.next = parsed->end_of_track ? parsed->offset : end;
      if (track.next != body + length) warnings_.warn(body - 4, "the chunk's length is wrong");
    }
    out_.tracks.push_back(std::move(track));
    return out_.tracks.back().next;
  }

  Bytes file_;
  EventFile& out_;
  MidiWarnings& warnings_;
  TrackParser parser_;
};

}  // namespace

Result<EventFile> read_events(Bytes bytes, const MidiLimits& limits, MidiWarnings& warnings) {
  if (bytes.size() > std::min<std::size_t>(limits.max_bytes, UINT32_MAX))
    return fail(ErrorCode::kLimit, "more than " + std::to_string(limits.max_bytes) + " bytes",
                limits.max_bytes);
  const auto inner = unwrap_riff(bytes);
  if (!inner) return tl::unexpected(inner.error());
  const Bytes file = bytes.first(inner->second);
  EventFile out;
  out.end = file.size();
  const auto header = read_header(file, inner->first, out, warnings);
  if (!header) return tl::unexpected(header.error());
  if (auto done = ChunkWalk(file, limits, out, warnings).run(header->chunks); !done)
    return tl::unexpected(done.error());
  if (out.tracks.size() != header->track_count)
    warnings.warn(inner->first + 10, "the number of tracks is not the one that the header gives");
  if (out.format == 0 && out.tracks.size() > 1)
    warnings.warn(inner->first + 8, "a type 0 file with several tracks, read as type 1");
  return out;
}

}  // namespace sage::midi

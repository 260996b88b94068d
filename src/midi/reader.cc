#include "midi/reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "midi/bytes.h"
#include "midi/track_parser.h"
#include "score/transform.h"

namespace sage {
namespace midi {
namespace {

constexpr std::size_t kChunkHeader = 8;  // four letters and a length

struct Header {
  std::size_t chunks = 0;  // where they begin
  int format = 0;
  std::uint32_t track_count = 0;
  int ticks_per_quarter = 0;
  std::uint32_t us_per_quarter = 0;  // under SMPTE time, else 0
};

/// Ticks and tempo of SMPTE time. Half a second is a quarter note where that is a whole number of
/// ticks, else a second. The rate of 29 stands for 30 drop-frame, 29.97 frames a second.
Result<void> set_smpte_time(std::uint32_t division, std::size_t offset, Header& header,
                            MidiRead& out) {
  const int rate = 256 - static_cast<int>(division >> 8);
  const int ticks_per_frame = static_cast<int>(division & 0xff);
  if (ticks_per_frame == 0)
    return fail(ErrorCode::kMalformed, "a frame has no ticks, so no time can be told", offset);
  if (rate != 24 && rate != 25 && rate != 29 && rate != 30)
    out.warn(offset, "an unusual number of frames a second");
  const bool drop_frame = rate == 29;
  const int ticks_per_second = (drop_frame ? 30 : rate) * ticks_per_frame;
  const bool halves = ticks_per_second % 2 == 0;
  header.ticks_per_quarter = halves ? ticks_per_second / 2 : ticks_per_second;
  const std::uint32_t milliseconds = halves ? 500 : 1000;
  header.us_per_quarter = milliseconds * (drop_frame ? 1001 : 1000);
  return {};
}

Result<Header> read_header(Bytes file, std::size_t offset, MidiRead& out) {
  if (!has_id(file, offset, "MThd"))
    return fail(ErrorCode::kMalformed, "no MThd header, so this is no MIDI file", offset);
  if (file.size() - offset < kChunkHeader + 6)
    return fail(ErrorCode::kMalformed, "the file ends inside its header", file.size());
  const std::uint32_t length = big_endian(file.subspan(offset + 4, 4));
  const std::size_t body = offset + kChunkHeader;
  Header header;
  header.format = static_cast<int>(big_endian(file.subspan(body, 2)));
  header.track_count = big_endian(file.subspan(body + 2, 2));
  const std::uint32_t division = big_endian(file.subspan(body + 4, 2));
  header.chunks = body + 6;
  if (length != 6) {
    out.warn(offset + 4, "the header should have 6 bytes");
    if (length > 6 && length <= file.size() - body) header.chunks = body + length;
  }
  if (header.format > 2) out.warn(body, "an unknown file type, read as type 1");
  if (division == 0)
    return fail(ErrorCode::kMalformed, "a quarter note has no ticks, so no time can be told",
                body + 4);
  header.ticks_per_quarter = static_cast<int>(division);
  if (division >= 0x8000)
    if (auto done = set_smpte_time(division, body + 4, header, out); !done)
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
  ChunkWalk(Bytes file, const MidiLimits& limits, const Header& header, MidiRead& out)
      : file_(file),
        header_(header),
        out_(out),
        parser_(file, limits,
                {.names_tracks = header.format != 0, .reads_tempos = header.us_per_quarter == 0},
                out) {}

  Result<void> run() {
    std::size_t at = header_.chunks;
    while (file_.size() - at >= kChunkHeader) {
      const std::size_t length = big_endian(file_.subspan(at + 4, 4));
      const std::size_t body = at + kChunkHeader;
      if (has_id(file_, at, "MTrk")) {
        auto next = read_track(body, length);
        if (!next) return tl::unexpected(next.error());
        at = *next;
      } else if (chunk_may_start(file_, at)) {
        out_.warn(at, "an unknown chunk is left out");
        at = body + length;
      } else {
        const std::size_t next = find_track(file_, at);
        out_.warn(at, next < file_.size() ? "junk before the next track" : "junk after the tracks");
        at = next;
      }
    }
    if (at < file_.size()) out_.warn(at, "junk after the tracks");
    return {};
  }

 private:
  /// Reads the track whose events start at `body`; tells where to look for the next chunk.
  Result<std::size_t> read_track(std::size_t body, std::size_t length) {
    const bool cut_off = length > file_.size() - body;
    const bool trusted = !cut_off && chunk_may_start(file_, body + length);
    const std::size_t end = trusted ? body + length : find_track(file_, body);
    if (header_.format == 2 && out_.track_chunks > 0) start_sequence();
    ++out_.track_chunks;
    const auto parsed = parser_.parse(body, end, sequence_start_);
    if (!parsed) return tl::unexpected(parsed.error());
    if (header_.format == 2) sequence_start_ = parsed->time;
    if (trusted) {
      if (parsed->end_of_track && parsed->offset < end)
        out_.warn(parsed->offset, "data after the end of the track is left out");
      return end;
    }
    // Where the length cannot be right, the end of the track tells where it ends.
    const std::size_t found = parsed->end_of_track ? parsed->offset : end;
    if (found != body + length) out_.warn(body - 4, "the chunk's length is wrong");
    return found;
  }

  /// Each further sequence of a type 2 file begins afresh.
  void start_sequence() {
    if (header_.us_per_quarter == 0) out_.score.tempos.push_back({sequence_start_, kDefaultTempo});
    out_.score.meters.push_back({sequence_start_, Meter{}});
  }

  Bytes file_;
  const Header& header_;
  MidiRead& out_;
  TrackParser parser_;
  Tick sequence_start_;
};

}  // namespace
}  // namespace midi

Result<MidiRead> read_midi(std::span<const std::uint8_t> bytes, const MidiLimits& limits) {
  if (bytes.size() > limits.max_bytes)
    return fail(ErrorCode::kLimit, "more than " + std::to_string(limits.max_bytes) + " bytes",
                limits.max_bytes);
  const auto inner = midi::unwrap_riff(bytes);
  if (!inner) return tl::unexpected(inner.error());
  const midi::Bytes file = bytes.first(inner->second);
  MidiRead out;
  const auto header = midi::read_header(file, inner->first, out);
  if (!header) return tl::unexpected(header.error());
  out.format = header->format;
  out.score.ticks_per_quarter = header->ticks_per_quarter;
  if (header->us_per_quarter != 0 && header->us_per_quarter != kDefaultTempo)
    out.score.tempos.push_back({Tick{0}, header->us_per_quarter});
  if (auto done = midi::ChunkWalk(file, limits, *header, out).run(); !done)
    return tl::unexpected(done.error());
  if (out.track_chunks != header->track_count)
    out.warn(inner->first + 10, "the number of tracks is not the one that the header gives");
  if (out.format == 0 && out.track_chunks > 1)
    out.warn(inner->first + 8, "a type 0 file with several tracks, read as type 1");
  normalise(out.score);
  return out;
}

Result<MidiRead> read_midi_file(const std::filesystem::path& path, const MidiLimits& limits) {
  const auto bytes = read_file(path, limits.max_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto read = read_midi(*bytes, limits);
  if (!read) return fail(path.string(), read.error());
  return read;
}

}  // namespace sage

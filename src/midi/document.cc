#include "midi/document.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "midi/chunk_writer.h"
#include "midi/chunks.h"
#include "midi/instruments.h"
#include "midi/view.h"

namespace sage::midi {
namespace {

/// Whether what could not be read of a track stays. Where a file is cut it goes, for nobody knows
/// when it plays.
bool keeps_tail(const EventTrack& track, const Edits& edits) {
  return track.tail.at != 0 && !edits.cut_ends;
}

/// Writes one track: its events that stay, and new ones between them. What stays side by side keeps
/// its bytes, delta times and running status included.
class TrackWriter {
 public:
  TrackWriter(const Document& document, const EventTrack& track, const Edits& edits,
              ChunkWriter& out)
      : document_(document),
        track_(track),
        edits_(edits),
        out_(out),
        copied_(track.begin + kChunkHeader) {}

  void write(const TrackEdit& edit) {
    for (const NewEvent& event : edit.added) added_.push_back(&event);
    std::stable_sort(added_.begin(), added_.end(), [](const NewEvent* a, const NewEvent* b) {
      return std::pair(a->time, a->order) < std::pair(b->time, b->order);
    });
    next_ = added_.begin();
    for (std::size_t i = 0; i < track_.events.size(); ++i) {
      const Event& event = track_.events[i];
      if (!edit.left_out.empty() && edit.left_out[i]) {
        intact_ = false;
        continue;
      }
      write_new([&](const NewEvent& n) {
        return n.time < event.time || (n.time == event.time && n.order < Order::kAfter);
      });
      write_old(event);
    }
    write_new([](const NewEvent&) { return true; });
    if (keeps_tail(track_, edits_)) return write_tail();
    if (!added_.empty()) last_ = std::max(last_, added_.back()->time);
    const Tick end = edits_.cut_ends ? edit.end : std::max(edit.end, track_.end);
    out_.end(moved(std::max(end, last_)));
  }

 private:
  Tick moved(Tick time) const { return std::max(time - track_.start - edits_.origin, Tick{0}); }

  template <class StandsBefore>
  void write_new(StandsBefore stands_before) {
    for (; next_ != added_.end() && stands_before(**next_); ++next_) {
      out_.event(moved((*next_)->time), (*next_)->bytes.front(), (*next_)->bytes);
      intact_ = false;
    }
  }

  void write_old(const Event& event) {
    const auto bytes = document_.bytes_of(track_, event);
    const std::size_t end = event.at + bytes.size();
    const bool runs = event.form == Event::Form::kRunning;
    if (intact_ && (!runs || event.status == out_.last_status()) &&
        moved(event.time) - moved(last_) == event.time - last_)
      out_.copy(moved(event.time), event.status, document_.bytes().subspan(copied_, end - copied_));
    else if (runs)
      out_.running_event(moved(event.time), event.status, bytes);
    else
      out_.event(moved(event.time), event.status, bytes);
    last_ = event.time;
    copied_ = end;
    intact_ = true;
  }

  void write_tail() {
    const UnreadTail& tail = track_.tail;
    const bool intact = intact_ && out_.last_status() == tail.running;
    const std::size_t start = intact ? copied_ : tail.at;
    const auto bytes = document_.bytes().subspan(start, track_.next - start);
    if (intact) return out_.unread_end(bytes);
    std::size_t delta_size = 0;
    if (!tail.has_delta) {
      while (delta_size < bytes.size() && bytes[delta_size] >= 0x80) ++delta_size;
      delta_size = std::min(delta_size + 1, bytes.size());
    }
    out_.unread_end(moved(tail.time), bytes, delta_size, tail.running);
  }

  const Document& document_;
  const EventTrack& track_;
  const Edits& edits_;
  ChunkWriter& out_;
  std::vector<const NewEvent*> added_;
  std::vector<const NewEvent*>::iterator next_;
  Tick last_ = track_.start;  // of the last old event that was written
  std::size_t copied_;        // where it ends in the file
  bool intact_ = true;        // nothing is left out or put in behind it
};

void put_big_endian(std::vector<std::uint8_t>& out, std::size_t at, std::size_t value) {
  for (int i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

void put_little_endian(std::vector<std::uint8_t>& out, std::size_t at, std::size_t value) {
  for (int i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

NewEvent channel_event(Tick time, Order order, int status, int first, int second) {
  NewEvent event{time, order, {}};
  event.bytes = {static_cast<std::uint8_t>(status), static_cast<std::uint8_t>(first)};
  if ((status & 0xf0) != 0xc0 && (status & 0xf0) != 0xd0)
    event.bytes.push_back(static_cast<std::uint8_t>(second));
  return event;
}

NewEvent meta_event(Tick time, Order order, int type, std::string_view payload) {
  NewEvent event{time, order, {0xff, static_cast<std::uint8_t>(type)}};
  payload = payload.substr(0, kMaxDelta);
  append_vlq(event.bytes, static_cast<std::uint32_t>(payload.size()));
  event.bytes.insert(event.bytes.end(), payload.begin(), payload.end());
  return event;
}

Result<Document> Document::read(std::vector<std::uint8_t> bytes, const MidiLimits& limits) {
  Document document;
  document.bytes_ = std::move(bytes);
  auto file = read_events(document.bytes_, limits, document.music_);
  if (!file) return tl::unexpected(file.error());
  document.file_ = *std::move(file);
  view_events(document.file_, document.bytes_, document.music_, &document.links_);
  return document;
}

Result<Document> Document::read_file(const std::filesystem::path& path, const MidiLimits& limits) {
  auto bytes = sage::read_file(path, limits.max_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto document = read(*std::move(bytes), limits);
  if (!document) return fail(path.string(), document.error());
  return document;
}

std::span<const std::uint8_t> Document::bytes_of(const EventTrack& track,
                                                 const Event& event) const {
  const std::size_t left = track.data_end - event.at;
  std::size_t size = 1;
  if (event.status == 0xff || event.status == 0xf0 || event.status == 0xf7) {
    const Bytes payload = payload_of(bytes_, event);
    size = static_cast<std::size_t>(payload.data() + payload.size() - (bytes_.data() + event.at));
  } else if (event.status < 0xf0) {
    const bool one = event.type() == 0xc0 || event.type() == 0xd0;
    size = (one ? 1U : 2U) + (bytes_[event.at] >= 0x80 && event.form != Event::Form::kRunning);
  } else if (event.status <= 0xf3) {
    size = event.status == 0xf2 ? 3 : 2;
  }
  return std::span(bytes_).subspan(event.at, std::min(size, left));
}

std::vector<std::uint8_t> Document::write(const Edits& edits) const {
  const auto touched = [&](std::size_t i) {
    return edits.origin != Tick{0} || edits.cut_ends ||
           (i < edits.tracks.size() && !edits.tracks[i].empty());
  };
  bool any = edits.origin != Tick{0} || edits.cut_ends || !edits.new_tracks.empty();
  for (const TrackEdit& edit : edits.tracks) any |= !edit.empty();
  if (!any) return bytes_;

  std::vector<std::uint8_t> out;
  out.reserve(bytes_.size() + 4096);
  std::size_t copied = 0;
  const auto copy_to = [&](std::size_t end) {
    out.insert(out.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(copied),
               bytes_.begin() + static_cast<std::ptrdiff_t>(end));
    copied = end;
  };
  for (std::size_t i = 0; i < file_.tracks.size(); ++i) {
    const EventTrack& track = file_.tracks[i];
    copy_to(track.begin);
    if (touched(i)) {
      ChunkWriter chunk(out);
      TrackWriter(*this, track, edits, chunk)
          .write(i < edits.tracks.size() ? edits.tracks[i] : TrackEdit{});
      copied = track.next;
    } else {
      const std::size_t length = out.size() + 4;
      copy_to(track.next);
      // A chunk that claims too much would swallow new tracks.
      if (!track.trusted && !edits.new_tracks.empty())
        put_big_endian(out, length, track.next - track.begin - kChunkHeader);
    }
  }
  for (const TrackEdit& edit : edits.new_tracks) {
    ChunkWriter chunk(out);
    TrackWriter(*this, EventTrack{}, edits, chunk).write(edit);
  }
  const std::size_t chunks =
      std::min<std::size_t>(file_.tracks.size() + edits.new_tracks.size(), 0xffff);
  if (file_.format == 0 && chunks > file_.tracks.size() && chunks > 1) out[file_.header + 9] = 1;
  out[file_.header + 10] = static_cast<std::uint8_t>(chunks >> 8);
  out[file_.header + 11] = static_cast<std::uint8_t>(chunks);
  copy_to(file_.end);
  if (file_.header > 0) {  // inside RIFF
    const std::size_t size = out.size() - file_.header;
    put_little_endian(out, file_.header - 4, size);
    if (file_.end % 2 == 1 && copied < bytes_.size() && bytes_[copied] == 0) ++copied;
    if (size % 2 == 1) out.push_back(0);
    copy_to(bytes_.size());
    put_little_endian(out, 4, out.size() - 8);
  } else {
    copy_to(bytes_.size());
  }
  return out;
}

}  // namespace sage::midi

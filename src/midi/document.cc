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

/// Writes one track's events that stay and the new ones between them.
void write_track(const Document& document, const EventTrack& track, const TrackEdit& edit,
                 const Edits& edits, ChunkWriter& out) {
  std::vector<const NewEvent*> added;
  for (const NewEvent& event : edit.added) added.push_back(&event);
  std::stable_sort(added.begin(), added.end(), [](const NewEvent* a, const NewEvent* b) {
    return std::pair(a->time, a->order) < std::pair(b->time, b->order);
  });
  const auto moved = [&](Tick time) {
    return std::max(time - track.start - edits.origin, Tick{0});
  };
  auto next = added.begin();
  const auto write_new = [&](auto stands_before) {
    for (; next != added.end() && stands_before(**next); ++next)
      out.event(moved((*next)->time), (*next)->bytes.front(), (*next)->bytes);
  };
  Tick last;
  for (std::size_t i = 0; i < track.events.size(); ++i) {
    if (!edit.left_out.empty() && edit.left_out[i]) continue;
    const Event& event = track.events[i];
    write_new([&](const NewEvent& n) {
      return n.time < event.time || (n.time == event.time && n.order < Order::kAfter);
    });
    const auto bytes = document.bytes_of(track, event);
    if (event.form == Event::Form::kRunning || (bytes[0] < 0x80))
      out.running_event(moved(event.time), event.status, bytes);
    else
      out.event(moved(event.time), event.status, bytes);
    last = event.time;
  }
  write_new([](const NewEvent&) { return true; });
  if (!added.empty()) last = std::max(last, added.back()->time);
  const Tick end = edits.cut_ends ? edit.end : std::max(edit.end, track.end);
  out.end(moved(std::max(end, last)));
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
    return edits.origin != Tick{0} || edits.cut_ends || !file_.tracks[i].trusted ||
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
      write_track(*this, track, i < edits.tracks.size() ? edits.tracks[i] : TrackEdit{}, edits,
                  chunk);
      copied = track.next;
    } else {
      copy_to(track.next);
    }
  }
  for (const TrackEdit& edit : edits.new_tracks) {
    ChunkWriter chunk(out);
    write_track(*this, EventTrack{}, edit, edits, chunk);
  }
  const std::size_t chunks =
      std::min<std::size_t>(file_.tracks.size() + edits.new_tracks.size(), 0xffff);
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

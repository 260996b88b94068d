#include "midi/view.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "midi/instruments.h"
#include "midi/staging.h"
#include "score/timeline.h"
#include "score/transform.h"

namespace sage::midi {
namespace {

// One name may be shared by many tracks of a chunk; a longer one goes to the first only, so that
// memory stays in proportion to the file.
constexpr std::size_t kLongestSharedName = 128;

using Links = std::vector<std::vector<NoteEvents>>;

/// Follows the changes of a port's channels along one track.
class ChangeCursor {
 public:
  ChangeCursor(const Instruments& instruments, Staging& staging, std::uint32_t track)
      : instruments_(instruments), staging_(staging), track_(track) {
    load(0);
  }

  /// Applies what comes before event `index` of the track, at `time`.
  void advance(int channel, Tick time, std::uint32_t index) {
    Channel& c = channels_[static_cast<std::size_t>(channel)];
    if (time < c.next) [[likely]]
      return;
    while (!c.left.empty() && c.left.front().precedes(time, track_, index)) {
      const InstrumentChange& change = c.left.front();
      if (change.silences) staging_.silence(change.time, channel);
      follow(channel, change);
      c.left = c.left.subspan(1);
    }
    c.set_next();
  }

  void move_to_port(std::uint8_t port, Tick time, std::uint32_t index) {
    if (port == port_) return;
    staging_.port(port_ = port);
    load(port);
    // What was said to the new port before silences nothing of this track.
    for (int channel = 0; channel < kChannels; ++channel) {
      Channel& c = channels_[static_cast<std::size_t>(channel)];
      for (; !c.left.empty() && c.left.front().precedes(time, track_, index);
           c.left = c.left.subspan(1))
        follow(channel, c.left.front());
      c.set_next();
    }
  }

  /// Ends what other tracks end between this one's last event and its end.
  void finish(Tick end) {
    for (int channel = 0; channel < kChannels; ++channel)
      advance(channel, end, std::numeric_limits<std::uint32_t>::max());
  }

 private:
  /// The track's own program change holds against those of others that play on the channel.
  void follow(int channel, const InstrumentChange& change) {
    bool& named = channels_[static_cast<std::size_t>(channel)].named;
    const bool own = change.track == track_;
    if (change.by_player && !own && named) return;
    if (change.by_player && own) named = true;
    staging_.instrument(channel, change.instrument);
  }

  struct Channel {
    std::span<const InstrumentChange> left;
    Tick next;
    bool named = false;  // by a program change of this track
    void set_next() {
      next = left.empty() ? Tick{std::numeric_limits<std::int64_t>::max()} : left.front().time;
    }
  };
  void load(int port) {
    for (int channel = 0; channel < kChannels; ++channel) {
      Channel& c = channels_[static_cast<std::size_t>(channel)];
      c.left = instruments_.changes(port, channel);
      c.set_next();
    }
  }

  const Instruments& instruments_;
  Staging& staging_;
  std::uint32_t track_;
  std::uint8_t port_ = 0;
  std::array<Channel, kChannels> channels_;
};

class View {
 public:
  View(const EventFile& file, Bytes bytes, MidiRead& out, Links* links)
      : file_(file),
        bytes_(bytes),
        out_(out),
        links_(links),
        instruments_(file, bytes),
        staging_(links != nullptr) {}

  void run() {
    Links none;
    Links& links = links_ ? *links_ : none;
    for (std::uint32_t i = 0; i < file_.tracks.size(); ++i) {
      const EventTrack& track = file_.tracks[i];
      if (file_.format == 2 && i > 0) start_sequence(track.start);
      name_ = 0;
      staging_.begin(i);
      read_track(track, i);
      const std::size_t first = out_.score.tracks.size();
      finish_track(track, staging_.finish(track.end, out_.score, out_.parts, links), first);
      out_.end = std::max(out_.end, track.end);
    }
  }

 private:
  void read_track(const EventTrack& track, std::uint32_t number);
  void read_meta(const Event& event);
  void finish_track(const EventTrack& track, const Staging::Report& report, std::size_t first);

  /// Each further sequence of a type 2 file begins afresh.
  void start_sequence(Tick start) {
    if (file_.us_per_quarter == 0) out_.score.tempos.push_back({start, kDefaultTempo});
    out_.score.meters.push_back({start, Meter{}});
  }

  const EventFile& file_;
  Bytes bytes_;
  MidiRead& out_;
  Links* links_;
  Instruments instruments_;
  Staging staging_;
  std::size_t name_ = 0;  // 1 + the index in texts of the chunk's first name
};

void View::read_track(const EventTrack& track, std::uint32_t number) {
  ChangeCursor cursor(instruments_, staging_, number);
  std::uint32_t index = 0;
  for (const Event& event : track.events) {
    const std::uint32_t i = index++;
    if (event.form == Event::Form::kIgnored) [[unlikely]]
      continue;
    const int channel = event.channel();
    if (event.status < 0xf0) cursor.advance(channel, event.time, i);
    switch (event.type()) {
      case 0x80:
        staging_.note_off(event.time, channel, event.first, i);
        break;
      case 0x90:
        if (event.second == 0)
          staging_.note_off(event.time, channel, event.first, i);
        else
          staging_.note_on(event.time, channel, event.first, event.second, i);
        break;
      case 0xa0:
        staging_.event(EventKind::kPressure, event.time, channel, event.first, event.second);
        break;
      case 0xb0:
        staging_.event(EventKind::kControl, event.time, channel, event.first, event.second);
        break;
      case 0xc0:
        break;  // among the changes
      case 0xd0:
        staging_.event(EventKind::kPressure, event.time, channel, Pressure::kWholeChannel,
                       event.first);
        break;
      case 0xe0:
        staging_.event(EventKind::kBend, event.time, channel, event.first, event.second);
        break;
      default:
        if (event.status != 0xff) break;
        if (event.first == kPort) {
          if (const Bytes payload = payload_of(bytes_, event); !payload.empty())
            cursor.move_to_port(payload[0] & 0x7f, event.time, i);
        } else {
          read_meta(event);
        }
    }
  }
  cursor.finish(track.end);
}

void View::read_meta(const Event& event) {
  Score& score = out_.score;
  const std::uint8_t type = event.first;
  const Bytes payload = payload_of(bytes_, event);
  if (type >= 1 && type <= kLastText) {
    score.texts.push_back({event.time, type, std::string(payload.begin(), payload.end())});
    if (type == kTrackName && name_ == 0) name_ = score.texts.size();
  } else if (type == kTempo && file_.us_per_quarter == 0) {
    const std::uint32_t tempo = payload.size() < 3 ? 0 : big_endian(payload.first(3));
    if (tempo == 0) return out_.warn(event.at, "a tempo of no length is left out");
    score.tempos.push_back({event.time, tempo});
  } else if (type == kMeter) {
    if (payload.size() < 2 || payload[0] == 0 || payload[1] > 7)
      return out_.warn(event.at, "a time signature that makes no sense is left out");
    score.meters.push_back({event.time, {payload[0], static_cast<std::uint8_t>(1 << payload[1])}});
  } else if (type == kKey) {
    const int sharps = payload.size() < 2 ? 8 : static_cast<std::int8_t>(payload[0]);
    if (sharps < -7 || sharps > 7 || payload[1] > 1)
      return out_.warn(event.at, "a key signature that makes no sense is left out");
    score.keys.push_back({event.time, static_cast<std::int8_t>(sharps), payload[1] == 1});
  }
}

/// Gives the chunk's tracks its name: the first of its texts of that type, which is no text of the
/// piece then.
void View::finish_track(const EventTrack& track, const Staging::Report& report, std::size_t first) {
  std::vector<Track>& tracks = out_.score.tracks;
  if (report.hanging > 0)
    out_.warn(track.data_end,
              "notes that are never released end with the next of their pitch, or with the track");
  if (report.orphans > 0)
    out_.warn(track.data_end, "the track releases notes that it never starts");
  // The name of a type 0 file's only track is the piece's.
  if (name_ == 0 || report.tracks == 0 || file_.format == 0) return;
  const auto text = out_.score.texts.begin() + static_cast<std::ptrdiff_t>(name_ - 1);
  const std::string name = std::move(text->text);
  out_.score.texts.erase(text);
  for (std::size_t i = first; i < tracks.size(); ++i)
    if (i == first || name.size() <= kLongestSharedName) tracks[i].name = name;
}

/// Brings links into the order that normalise() gives their notes.
void sort_with_links(std::vector<Note>& notes, std::vector<NoteEvents>& links) {
  if (std::is_sorted(notes.begin(), notes.end())) return;
  std::vector<std::uint32_t> order(notes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return notes[a] < notes[b]; });
  std::vector<Note> sorted_notes;
  std::vector<NoteEvents> sorted_links;
  for (const std::uint32_t i : order) {
    sorted_notes.push_back(notes[i]);
    sorted_links.push_back(links[i]);
  }
  notes = std::move(sorted_notes);
  links = std::move(sorted_links);
}

}  // namespace

void view_events(const EventFile& file, Bytes bytes, MidiRead& out, Links* links) {
  out.format = file.format;
  out.track_chunks = file.tracks.size();
  out.score.ticks_per_quarter = file.ticks_per_quarter;
  if (file.us_per_quarter != 0 && file.us_per_quarter != kDefaultTempo)
    out.score.tempos.push_back({Tick{0}, file.us_per_quarter});
  View(file, bytes, out, links).run();
  if (links)
    for (std::size_t i = 0; i < links->size(); ++i)
      sort_with_links(out.score.tracks[i].notes, (*links)[i]);
  normalise(out.score);
}

}  // namespace sage::midi

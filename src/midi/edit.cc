#include "midi/edit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "midi/bytes.h"
#include "midi/channel_log.h"
#include "midi/instruments.h"
#include "midi/writer.h"

namespace sage::midi {
namespace {

struct Span {
  Tick from, to;
  bool holds_from = true;  // whether what stands at `from` lies in it
};

class Editor {
 public:
  explicit Editor(const Document& document);

  Edited rewrite(const Rewrite& wishes);
  Edited continued(const Continuation& wishes);

 private:
  const Part& part(std::size_t i) const { return document_.music().parts[i]; }
  const std::vector<Note>& notes(std::size_t part) const {
    return document_.music().score.tracks[part].notes;
  }
  static ChannelKey key(const Part& part) { return {part.port, part.channel}; }
  TrackEdit& edit(std::size_t track) { return edits_.tracks[track]; }
  bool is_whole(std::size_t track) const;
  TrackEdit& room(std::size_t track, ChannelKey channel, Tick last);
  void leave_out(std::uint32_t track, std::uint32_t event);
  void leave_out_note(std::size_t part, std::size_t note);
  void release_unreleased();
  void release(std::size_t part, std::uint8_t pitch, Tick time);

  std::vector<Span> free_spans(ChannelKey key, Tick from, Tick to) const;
  void bring_to_rest(ChannelKey key, const Span& span);

  std::vector<Note> fitted(ChannelKey key, std::vector<Note> fresh, Tick limit);
  void put_note(TrackEdit& into, int channel, const Note& note);
  void start_track(TrackEdit& track, int port, const std::string& name) const;
  void put_music(const NewMusic& music, Tick limit, Tick end);
  void add_part(const AddedPart& added, Tick limit, Tick end);
  AddedPart moved(std::size_t from) const;
  ChannelKey free_channel(bool is_drum);
  void sign(const std::string& signature);
  void remember_players(Tick time);
  void cut_track(std::uint32_t track, const Continuation& wishes);
  void settle(ChannelKey key, Tick cut);
  void keep_only_state(Tick cut);

  const Document& document_;
  Instruments instruments_;
  ChannelLogs logs_;
  std::map<ChannelKey, std::vector<Note>> kept_;                      // sorted; notes that stay
  std::map<std::pair<std::size_t, ChannelKey>, std::size_t> beside_;  // new tracks: see room()
  std::set<ChannelKey> used_;
  std::set<std::tuple<std::uint32_t, ChannelKey, std::uint8_t, Tick>> gone_;  // onsets left out
  Edits edits_;
  Edited result_;
};

Editor::Editor(const Document& document)
    : document_(document),
      instruments_(document.file(), document.bytes()),
      logs_(document),
      used_(logs_.channels()) {
  edits_.tracks.resize(document.tracks().size());
}

/// Whether new events may stand anywhere in a track.
bool Editor::is_whole(std::size_t track) const {
  return document_.tracks()[track].tail.at == 0 || edits_.cut_ends;
}

/// Where new events of a channel go whose last is at `last`: to the track, or, behind a break, to a
/// new one beside it, so that what could not be read stays when it is.
TrackEdit& Editor::room(std::size_t track, ChannelKey channel, Tick last) {
  const UnreadTail& tail = document_.tracks()[track].tail;
  // A tail that expects a running status where there is none would get one from new events.
  const bool open =
      tail.running != 0 || (tail.has_delta && tail.at < document_.tracks()[track].next &&
                            document_.bytes()[tail.at] >= 0x80);
  if (is_whole(track) || (last <= tail.time && open)) return edit(track);
  const auto [at, is_new] = beside_.try_emplace({track, channel}, edits_.new_tracks.size());
  if (is_new) {
    const auto& parts = document_.music().parts;
    const auto part = std::find_if(parts.begin(), parts.end(), [&](const Part& p) {
      return p.track == track && key(p) == channel;
    });
    start_track(edits_.new_tracks.emplace_back(), channel.first,
                part == parts.end() ? std::string()
                                    : document_.music().score.tracks[part - parts.begin()].name);
  }
  return edits_.new_tracks[at->second];
}

void Editor::leave_out(std::uint32_t track, std::uint32_t event) {
  auto& left_out = edit(track).left_out;
  if (left_out.empty()) left_out.resize(document_.tracks()[track].events.size());
  left_out[event] = true;
}

void Editor::leave_out_note(std::size_t of_part, std::size_t note) {
  const NoteEvents events = document_.notes_of(of_part)[note];
  leave_out(part(of_part).track, events.on);
  if (events.off != NoteEvents::kNone) leave_out(part(of_part).track, events.off);
  const Note& gone = notes(of_part)[note];
  gone_.insert({part(of_part).track, key(part(of_part)), gone.pitch, gone.onset});
}

void Editor::release(std::size_t of_part, std::uint8_t pitch, Tick time) {
  edit(part(of_part).track)
      .added.push_back(
          channel_event(time, Order::kNoteOff, 0x80 | part(of_part).channel, pitch, 64));
}

/// Ends notes that stay and had no release, but a note that is gone now.
void Editor::release_unreleased() {
  for (std::size_t i = 0; i < document_.music().parts.size(); ++i)
    for (std::size_t n = 0; n < notes(i).size(); ++n) {
      const NoteEvents events = document_.notes_of(i)[n];
      const Note& note = notes(i)[n];
      const Tick end = note.onset + note.duration;
      const auto& left_out = edit(part(i).track).left_out;
      if (events.off == NoteEvents::kNone && !left_out.empty() && !left_out[events.on] &&
          gone_.contains({part(i).track, key(part(i)), note.pitch, end}))
        release(i, note.pitch, end);
    }
}

/// The stretches of [from, to) in which no note that stays sounds on a channel.
std::vector<Span> Editor::free_spans(ChannelKey channel, Tick from, Tick to) const {
  std::vector<Span> spans;
  Span span{from, to, true};
  const auto kept = kept_.find(channel);
  if (kept != kept_.end())
    for (const Note& note : kept->second) {
      if (note.onset >= to) break;
      const Tick end = note.onset + note.duration;
      if (end < span.from) continue;
      if (note.onset > span.from) spans.push_back({span.from, note.onset, span.holds_from});
      span.from = end;
      span.holds_from = false;
    }
  if (span.from < to) spans.push_back(span);
  return spans;
}

/// Takes the old notes' bends and the like out of a free stretch, and puts them back as they were
/// behind it.
void Editor::bring_to_rest(ChannelKey channel, const Span& span) {
  const ChannelLog& log = logs_.at(channel);
  const auto lies_in = [&](Tick time) {
    return time < span.to && (span.holds_from ? time >= span.from : time > span.from);
  };
  for (const Message& message : log.messages)
    if (lies_in(message.time) && ends_notes(*message.event))
      leave_out(message.track, message.index);
  for (const int kind : {kModulation, kExpression, kBend, kPressure}) {
    const int rest = log.rest_value(kind, span.to);
    const int before = log.value_at(kind, span.from, !span.holds_from);
    const int after = log.value_at(kind, span.to, false);
    for (const Message& message : log.messages)
      if (lies_in(message.time) && kind_of(*message.event) == kind)
        leave_out(message.track, message.index);
    const auto set = [&](Tick time, Order order, int value) {
      room(log.home, channel, time)
          .added.push_back(state_event(time, order, channel.second, kind, value));
    };
    if (before != rest) set(span.from, span.holds_from ? Order::kBefore : Order::kAfter, rest);
    if (after != rest) set(span.to, Order::kBefore, after);
  }
}

/// New notes beside those that stay on a channel, so that a player and a reader that pairs notes
/// first in, first out hear all of these as they were: what begins while one of its pitch sounds is
/// left out, what would sound into one ends there. Nothing lasts beyond `limit`.
std::vector<Note> Editor::fitted(ChannelKey channel, std::vector<Note> fresh, Tick limit) {
  std::array<std::vector<Note>, 128> of_pitch;
  for (const Note& note : kept_[channel]) of_pitch[note.pitch & 0x7f].push_back(note);
  std::sort(fresh.begin(), fresh.end());
  std::vector<Note> placed;
  for (Note note : fresh) {
    auto& others = of_pitch[note.pitch & 0x7f];
    const auto next =
        std::upper_bound(others.begin(), others.end(), note.onset,
                         [](Tick onset, const Note& other) { return onset < other.onset; });
    note.duration = std::min(note.duration, limit - note.onset);
    if (next != others.end()) note.duration = std::min(note.duration, next->onset - note.onset);
    note.duration = std::max(note.duration, Tick{1});
    const bool taken = std::any_of(others.begin(), next, [&](const Note& other) {
      return note.onset < other.onset + other.duration;
    });
    if (!taken) placed.push_back(note);
  }
  // Among themselves: a note ends where the next of its pitch begins.
  std::array<int, 128> last;
  last.fill(-1);
  std::vector<Note> apart;
  for (const Note& note : placed) {
    int& before = last[note.pitch & 0x7f];
    if (before >= 0) {
      Note& earlier = apart[static_cast<std::size_t>(before)];
      if (earlier.onset == note.onset) continue;
      earlier.duration = std::min(earlier.duration, note.onset - earlier.onset);
    }
    before = static_cast<int>(apart.size());
    apart.push_back(note);
  }
  auto& kept = kept_[channel];
  kept.insert(kept.end(), apart.begin(), apart.end());
  std::sort(kept.begin(), kept.end());
  return apart;
}

void Editor::put_note(TrackEdit& into, int channel, const Note& note) {
  into.added.push_back(channel_event(note.onset, Order::kNoteOn, 0x90 | channel, note.pitch,
                                     std::clamp<int>(note.velocity, 1, 127)));
  into.added.push_back(
      channel_event(note.onset + note.duration, Order::kNoteOff, 0x80 | channel, note.pitch, 64));
  ++result_.written;
}

/// Begins a new track with its port, where the file names ports, and its name.
void Editor::start_track(TrackEdit& track, int port, const std::string& name) const {
  if (port > 0 || logs_.says_ports())
    track.added.push_back(
        meta_event(Tick{0}, Order::kBefore, kPort, std::string(1, static_cast<char>(port))));
  track.added.push_back(meta_event(Tick{0}, Order::kBefore, kTrackName, name));
}

ChannelKey Editor::free_channel(bool is_drum) {
  int ports = 1;
  for (const auto& [port, channel] : used_) ports = std::max(ports, port + 1);
  for (int port = 0; port <= ports && port < 128; ++port)
    for (int channel = 0; channel < kChannels; ++channel) {
      const auto changes = instruments_.changes(port, channel);
      const bool drums =
          (changes.empty() ? Instruments::initial(channel) : changes.back().instrument).is_drum;
      if (drums != is_drum) continue;
      // A kit is shared: whoever adds drums to drums means the same one.
      if (is_drum || !used_.contains({port, channel})) return {port, channel};
    }
  return {0, is_drum ? kDrumChannel : 0};
}

void Editor::add_part(const AddedPart& added, Tick limit, Tick end) {
  const bool is_drum = added.program == kDrumProgram;
  const ChannelKey channel = free_channel(is_drum);
  const bool shares = used_.contains(channel);
  const std::vector<Note> notes = fitted(channel, added.notes, limit);
  used_.insert(channel);
  const bool one_track = document_.format() == 0 && document_.tracks().size() == 1 && is_whole(0);
  TrackEdit& track = one_track ? edit(0) : edits_.new_tracks.emplace_back();
  if (!one_track) {
    start_track(track, channel.first, added.name);
    track.end = end;
  }
  // A reset on the way would set the program back.
  Tick setup = edits_.origin;
  for (const InstrumentChange& change : instruments_.changes(channel.first, channel.second))
    if (!notes.empty() && change.time <= notes.front().onset) setup = std::max(setup, change.time);
  if (!shares) {
    const int control = 0xb0 | channel.second;
    if (added.bank_high != 0 || added.bank_low != 0) {
      track.added.push_back(channel_event(setup, Order::kAfter, control, 0, added.bank_high));
      track.added.push_back(channel_event(setup, Order::kAfter, control, 32, added.bank_low));
    }
    track.added.push_back(
        channel_event(setup, Order::kAfter, 0xc0 | channel.second, is_drum ? 0 : added.program));
  }
  for (const Note& note : notes) put_note(track, channel.second, note);
}

void Editor::put_music(const NewMusic& music, Tick limit, Tick end) {
  auto count = [&, before = std::size_t{0}]() mutable {
    result_.written_by.push_back(result_.written - before);
    before = result_.written;
  };
  for (const PartNotes& fresh : music.notes) {
    const Part& to = part(fresh.part);
    PartNotes own{fresh.part, {}};
    AddedPart elsewhere = moved(fresh.part);
    for (const Note& note : fresh.notes) {
      const bool fits = instruments_.at(to.port, to.channel, to.track, note.onset) == to.instrument;
      (fits ? own.notes : elsewhere.notes).push_back(note);
    }
    for (const Note& note : fitted(key(to), own.notes, limit))
      put_note(room(to.track, key(to), note.onset + note.duration), to.channel, note);
    if (!elsewhere.notes.empty()) add_part(elsewhere, limit, end);
    count();
  }
  for (const AddedPart& added : music.added) {
    if (!added.notes.empty()) add_part(added, limit, end);
    count();
  }
  sign(music.signature);
}

/// A new part that plays what an old one does.
AddedPart Editor::moved(std::size_t from) const {
  const Instrument& instrument = part(from).instrument;
  return {instrument.is_drum ? kDrumProgram : instrument.program,
          document_.music().score.tracks[from].name,
          {},
          instrument.bank_high,
          instrument.bank_low};
}

void Editor::sign(const std::string& signature) {
  if (signature.empty() || edits_.tracks.empty()) return;
  edit(0).added.push_back(meta_event(edits_.origin, Order::kAfter, 1, signature));
}

/// The channels, as bits, that a track is said or heard to play on, of the events that stay; and
/// those of which it names a program.
struct Voices {
  std::uint16_t plays = 0, names = 0;
};

Voices voices_of(const Document& document, const EventTrack& track, const TrackEdit& edit) {
  Voices voices;
  const auto heed = [&](int status) {
    const auto bit = static_cast<std::uint16_t>(1U << (status & 0x0f));
    if ((status & 0xf0) == 0x90) voices.plays |= bit;
    if ((status & 0xf0) == 0xc0) voices.names |= bit;
  };
  for (std::size_t i = 0; i < track.events.size(); ++i) {
    const Event& event = track.events[i];
    if (!edit.left_out.empty() && edit.left_out[i]) continue;
    if (event.is_channel()) heed(event.status);
    if (event.is_meta() && event.first == kChannelPrefix)
      if (const Bytes payload = payload_of(document.bytes(), event); !payload.empty())
        heed(0x90 | payload[0]);
  }
  for (const NewEvent& event : edit.added) heed(event.bytes[0]);
  return voices;
}

/// Whose last note of a shared channel is gone remains one of its players, so that the program that
/// it names still holds for no other track.
void Editor::remember_players(Tick time) {
  const auto tracks = document_.tracks();
  for (std::uint32_t track = 0; track < tracks.size(); ++track) {
    if (edit(track).left_out.empty()) continue;
    const Voices voices = voices_of(document_, tracks[track], edit(track));
    for (int channel = 0; channel < kChannels; ++channel) {
      const bool gone = instruments_.plays(track, channel) && (voices.plays >> channel & 1) == 0;
      bool shared = false;
      for (std::uint32_t other = 0; other < tracks.size(); ++other)
        shared |= other != track && instruments_.plays(other, channel);
      if (gone && shared && (voices.names >> channel & 1) != 0)
        edit(track).added.push_back(meta_event(time, Order::kAfter, kChannelPrefix,
                                               std::string(1, static_cast<char>(channel))));
    }
  }
}

Edited Editor::rewrite(const Rewrite& wishes) {
  std::set<ChannelKey> channels;
  const auto& tracks = document_.music().score.tracks;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (std::find(wishes.replaced.begin(), wishes.replaced.end(), i) != wishes.replaced.end())
      channels.insert(key(part(i)));
    for (std::size_t n = 0; n < notes(i).size(); ++n) {
      const Note& note = notes(i)[n];
      if (wishes.takes(i, note.onset)) {
        leave_out_note(i, n);
        ++result_.removed;
      } else {
        kept_[key(part(i))].push_back(note);
      }
    }
  }
  release_unreleased();
  for (auto& [channel, notes] : kept_) std::sort(notes.begin(), notes.end());
  for (const PartNotes& fresh : wishes.music.notes) channels.insert(key(part(fresh.part)));
  for (const ChannelKey& channel : channels)
    for (const Span& span : free_spans(channel, wishes.from, wishes.to))
      bring_to_rest(channel, span);
  const Tick forever{std::numeric_limits<std::int64_t>::max() / 4};
  put_music(wishes.music, forever, document_.music().end);
  remember_players(wishes.from);
  result_.bytes = document_.write(edits_);
  return std::move(result_);
}

/// Leaves out what lies behind the cut.
void Editor::cut_track(std::uint32_t track, const Continuation& wishes) {
  const auto& events = document_.tracks()[track].events;
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.time < wishes.cut) continue;
    const bool is_text = event.is_meta() && event.first >= 1 && event.first <= kLastText &&
                         event.first != kTrackName;
    if (event.time > wishes.cut || event.is_note_on() || is_text) leave_out(track, i);
  }
  edit(track).end = wishes.end;
}

/// Brings a channel's controllers to rest at the cut, where what releases them is gone.
void Editor::settle(ChannelKey channel, Tick cut) {
  const ChannelLog& log = logs_.at(channel);
  for (const int kind :
       {kModulation, kExpression, kBend, kPressure, kPedals[0], kPedals[1], kPedals[2]}) {
    const int rest = log.rest_value(kind, cut);
    if (log.value_at(kind, cut, true) == rest) continue;
    for (const Message& message : log.messages)
      if (message.time == cut && kind_of(*message.event) == kind)
        leave_out(message.track, message.index);
    edit(log.home).added.push_back(state_event(cut, Order::kAfter, channel.second, kind, rest));
  }
}

/// Of what lies before the cut leaves what still counts behind it: the last value of each
/// controller, tempo, meter and key, programs, parameters, names.
void Editor::keep_only_state(Tick cut) {
  std::set<std::pair<ChannelKey, int>> said;
  for (const ChannelKey& channel : logs_.channels()) {
    const auto& messages = logs_.at(channel).messages;
    for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
      if (message->time >= cut) continue;
      const int kind = kind_of(*message->event);
      const bool in_order = kind < 0 || kind == 0 || kind == 6 || kind == 32 || kind == 38 ||
                            (kind >= 96 && kind <= 101) || (kind >= 120 && kind < kBend);
      if (!in_order && !said.insert({channel, kind}).second)
        leave_out(message->track, message->index);
    }
  }
  const auto tracks = document_.tracks();
  std::map<int, std::pair<std::uint32_t, std::uint32_t>> last;  // of tempos, meters, keys
  std::map<int, Tick> last_time;
  for (std::uint32_t track = 0; track < tracks.size(); ++track)
    for (std::uint32_t i = 0; i < tracks[track].events.size(); ++i) {
      const Event& event = tracks[track].events[i];
      if (!event.is_meta() || event.time >= cut) continue;
      const int type = event.first;
      if (type == kTempo || type == kMeter || type == kKey) {
        const auto at = last.find(type);
        if (at != last.end() && last_time[type] > event.time) {
          leave_out(track, i);
          continue;
        }
        if (at != last.end()) leave_out(at->second.first, at->second.second);
        last[type] = {track, i};
        last_time[type] = event.time;
      } else if (type >= 1 && type <= kLastText && type > 4) {
        leave_out(track, i);
      }
    }
}

Edited Editor::continued(const Continuation& wishes) {
  if (wishes.only_new) edits_.origin = wishes.cut;
  edits_.cut_ends = true;
  for (std::uint32_t track = 0; track < edits_.tracks.size(); ++track) cut_track(track, wishes);
  const auto& tracks = document_.music().score.tracks;
  for (std::size_t i = 0; i < tracks.size(); ++i)
    for (std::size_t n = 0; n < notes(i).size(); ++n) {
      Note note = notes(i)[n];
      const bool kept = note.onset < wishes.cut - wishes.early;
      if (!kept || wishes.only_new) leave_out_note(i, n);
      result_.removed += !kept;
      if (!kept || wishes.only_new) continue;
      const Tick end = note.onset + note.duration;
      const NoteEvents events = document_.notes_of(i)[n];
      if (end > wishes.cut ||
          (events.off == NoteEvents::kNone && end >= wishes.cut - wishes.early)) {
        note.duration = std::min(end, wishes.end) - note.onset;
        release(i, note.pitch, note.onset + note.duration);
      }
      kept_[key(part(i))].push_back(note);
    }
  for (auto& [channel, notes] : kept_) std::sort(notes.begin(), notes.end());
  for (const ChannelKey& channel : logs_.channels()) settle(channel, wishes.cut);
  if (wishes.only_new) keep_only_state(wishes.cut);
  for (const TempoChange& tempo : wishes.tempos) {
    const std::uint32_t us = std::clamp<std::uint32_t>(tempo.us_per_quarter, 1, 0xffffff);
    const char bytes[] = {static_cast<char>(us >> 16), static_cast<char>(us >> 8),
                          static_cast<char>(us)};
    edit(0).added.push_back(meta_event(tempo.time, Order::kAfter, kTempo, {bytes, 3}));
  }
  for (const MeterChange& change : wishes.meters) {
    const char bytes[] = {
        static_cast<char>(change.meter.numerator),
        static_cast<char>(std::bit_width(std::max<unsigned>(change.meter.denominator, 1)) - 1), 24,
        8};
    edit(0).added.push_back(meta_event(change.time, Order::kAfter, kMeter, {bytes, 4}));
  }
  put_music(wishes.music, wishes.end, wishes.end);
  remember_players(wishes.cut);
  result_.bytes = document_.write(edits_);
  return std::move(result_);
}

}  // namespace

bool Rewrite::keeps(std::size_t part, Tick onset) const {
  return std::any_of(kept.begin(), kept.end(), [&](const PartSpan& span) {
    return span.part == part && onset >= span.from - early && onset < span.to - early;
  });
}

bool Rewrite::takes(std::size_t part, Tick onset) const {
  return onset >= from - early && onset < to - early &&
         std::find(replaced.begin(), replaced.end(), part) != replaced.end() && !keeps(part, onset);
}

Edited rewrite(const Document& document, const Rewrite& wishes) {
  return Editor(document).rewrite(wishes);
}

Edited continued(const Document& document, const Continuation& wishes) {
  return Editor(document).continued(wishes);
}

bool is_in_force(const Document& document, std::size_t part, Tick time) {
  const Part& of = document.music().parts[part];
  const Instruments instruments(document.file(), document.bytes());
  return instruments.at(of.port, of.channel, of.track, time) == of.instrument;
}

Result<Document> editable(Document document) {
  if (document.format() != 2) return document;
  return Document::read(write_midi(document.music().score));
}

}  // namespace sage::midi

#include "midi/edit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "midi/bytes.h"
#include "midi/instruments.h"
#include "midi/writer.h"

namespace sage::midi {
namespace {

using ChannelKey = std::pair<int, int>;  // port, channel

/// A message of a channel other than notes, in the order in which a player meets them.
struct Message {
  Tick time;
  std::uint32_t track = 0, index = 0;
  const Event* event = nullptr;
};

struct ChannelLog {
  std::vector<Message> messages;
  std::uint32_t home = 0;  // the first track that uses the channel
};

/// What must rest under new notes. The numbers of controllers stand for themselves.
constexpr int kModulation = 1, kExpression = 11, kBend = 128, kPressure = 129;
constexpr int kPedals[] = {64, 66, 67};

int kind_of(const Event& event) {
  switch (event.type()) {
    case 0xb0:
      return event.first;
    case 0xe0:
      return kBend;
    case 0xd0:
      return kPressure;
    default:
      return -1;
  }
}

int value_of(const Event& event) {
  if (event.type() == 0xe0) return (event.second << 7 | event.first) - 8192;
  return event.type() == 0xd0 ? event.first : event.second;
}

NewEvent state_event(Tick time, Order order, int channel, int kind, int value) {
  if (kind == kBend)
    return channel_event(time, order, 0xe0 | channel, (value + 8192) & 0x7f, (value + 8192) >> 7);
  if (kind == kPressure) return channel_event(time, order, 0xd0 | channel, value);
  return channel_event(time, order, 0xb0 | channel, kind, value);
}

constexpr int initial_value(int kind) { return kind == kExpression ? 127 : 0; }

/// Messages that end notes or set controllers back.
bool ends_notes(const Event& event) {
  return event.type() == 0xb0 && (event.first == 120 || event.first >= 123);
}
bool sets_back(const Event& event) { return event.type() == 0xb0 && event.first == 121; }

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
  void leave_out(std::uint32_t track, std::uint32_t event);
  void leave_out_note(std::size_t part, std::size_t note);

  int value_at(const ChannelLog& log, int kind, Tick time, bool inclusive) const;
  int rest_value(const ChannelLog& log, int kind, Tick until) const;
  std::vector<Span> free_spans(ChannelKey key, Tick from, Tick to) const;
  void bring_to_rest(ChannelKey key, const Span& span);

  std::vector<Note> fitted(ChannelKey key, std::vector<Note> fresh, Tick limit);
  void put_notes(std::vector<NewEvent>& into, int channel, const std::vector<Note>& notes);
  void put_music(const NewMusic& music, Tick limit, Tick end);
  void add_part(const AddedPart& added, Tick limit, Tick end);
  AddedPart moved(std::size_t from) const;
  ChannelKey free_channel(bool is_drum);
  void sign(const std::string& signature);
  void cut_track(std::uint32_t track, const Continuation& wishes);
  void settle(ChannelKey key, Tick cut);
  void keep_only_state(Tick cut);

  const Document& document_;
  Instruments instruments_;
  std::map<ChannelKey, ChannelLog> logs_;
  std::map<ChannelKey, std::vector<Note>> kept_;  // sorted; notes that stay
  std::set<ChannelKey> used_;
  bool says_ports_ = false;
  Edits edits_;
  Edited result_;
};

Editor::Editor(const Document& document)
    : document_(document), instruments_(document.file(), document.bytes()) {
  const auto tracks = document.tracks();
  edits_.tracks.resize(tracks.size());
  for (std::uint32_t track = 0; track < tracks.size(); ++track) {
    int port = 0;
    for (std::uint32_t i = 0; i < tracks[track].events.size(); ++i) {
      const Event& event = tracks[track].events[i];
      if (event.is_meta() && event.first == kPort) {
        if (const Bytes payload = payload_of(document.bytes(), event); !payload.empty())
          port = payload[0] & 0x7f;
        says_ports_ = true;
      }
      if (!event.is_channel()) continue;
      const ChannelKey channel{port, event.channel()};
      const auto [log, is_new] = logs_.try_emplace(channel);
      if (is_new) log->second.home = track;
      used_.insert(channel);
      if (event.type() >= 0xb0) log->second.messages.push_back({event.time, track, i, &event});
    }
  }
  for (auto& [channel, log] : logs_)
    std::stable_sort(log.messages.begin(), log.messages.end(),
                     [](const Message& a, const Message& b) { return a.time < b.time; });
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
}

/// A controller's value before the events at `time`, or behind them, in the file as it was.
int Editor::value_at(const ChannelLog& log, int kind, Tick time, bool inclusive) const {
  int value = initial_value(kind);
  for (const Message& message : log.messages) {
    if (inclusive ? message.time > time : message.time >= time) break;
    if (kind_of(*message.event) == kind)
      value = value_of(*message.event);
    else if (sets_back(*message.event))
      value = initial_value(kind);
  }
  return value;
}

/// Where a controller rests: at nothing, expression at the highest value before `until`.
int Editor::rest_value(const ChannelLog& log, int kind, Tick until) const {
  if (kind != kExpression) return initial_value(kind);
  int highest = -1;
  for (const Message& message : log.messages)
    if (message.time <= until && kind_of(*message.event) == kind)
      highest = std::max(highest, value_of(*message.event));
  return highest < 0 ? initial_value(kind) : highest;
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
    const int rest = rest_value(log, kind, span.to);
    const int before = value_at(log, kind, span.from, !span.holds_from);
    const int after = value_at(log, kind, span.to, false);
    for (const Message& message : log.messages)
      if (lies_in(message.time) && kind_of(*message.event) == kind)
        leave_out(message.track, message.index);
    auto& home = edit(log.home).added;
    if (before != rest)
      home.push_back(state_event(span.from, span.holds_from ? Order::kBefore : Order::kAfter,
                                 channel.second, kind, rest));
    if (after != rest)
      home.push_back(state_event(span.to, Order::kBefore, channel.second, kind, after));
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

void Editor::put_notes(std::vector<NewEvent>& into, int channel, const std::vector<Note>& notes) {
  for (const Note& note : notes) {
    into.push_back(channel_event(note.onset, Order::kNoteOn, 0x90 | channel, note.pitch,
                                 std::clamp<int>(note.velocity, 1, 127)));
    into.push_back(
        channel_event(note.onset + note.duration, Order::kNoteOff, 0x80 | channel, note.pitch, 64));
  }
  result_.written += notes.size();
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
  const bool one_track = document_.format() == 0 && document_.tracks().size() == 1;
  TrackEdit& track = one_track ? edit(0) : edits_.new_tracks.emplace_back();
  if (!one_track) {
    if (channel.first > 0 || says_ports_)
      track.added.push_back(meta_event(Tick{0}, Order::kBefore, kPort,
                                       std::string(1, static_cast<char>(channel.first))));
    track.added.push_back(meta_event(Tick{0}, Order::kBefore, kTrackName, added.name));
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
  put_notes(track.added, channel.second, notes);
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
    put_notes(edit(to.track).added, to.channel, fitted(key(to), own.notes, limit));
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

Edited Editor::rewrite(const Rewrite& wishes) {
  std::set<ChannelKey> channels;
  const auto& tracks = document_.music().score.tracks;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const bool goes =
        std::find(wishes.replaced.begin(), wishes.replaced.end(), i) != wishes.replaced.end();
    if (goes) channels.insert(key(part(i)));
    for (std::size_t n = 0; n < notes(i).size(); ++n) {
      const Note& note = notes(i)[n];
      if (goes && note.onset >= wishes.from - wishes.early &&
          note.onset < wishes.to - wishes.early) {
        leave_out_note(i, n);
        ++result_.removed;
      } else {
        kept_[key(part(i))].push_back(note);
      }
    }
  }
  for (auto& [channel, notes] : kept_) std::sort(notes.begin(), notes.end());
  for (const PartNotes& fresh : wishes.music.notes) channels.insert(key(part(fresh.part)));
  for (const ChannelKey& channel : channels)
    for (const Span& span : free_spans(channel, wishes.from, wishes.to))
      bring_to_rest(channel, span);
  const Tick forever{std::numeric_limits<std::int64_t>::max() / 4};
  put_music(wishes.music, forever, document_.music().end);
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
    const int rest = rest_value(log, kind, cut);
    if (value_at(log, kind, cut, true) == rest) continue;
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
  for (auto& [channel, log] : logs_)
    for (auto message = log.messages.rbegin(); message != log.messages.rend(); ++message) {
      if (message->time >= cut) continue;
      const int kind = kind_of(*message->event);
      const bool in_order = kind < 0 || kind == 0 || kind == 6 || kind == 32 || kind == 38 ||
                            (kind >= 96 && kind <= 101) || (kind >= 120 && kind < kBend);
      if (!in_order && !said.insert({channel, kind}).second)
        leave_out(message->track, message->index);
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
      if (end > wishes.cut || (events.off == NoteEvents::kNone && end >= wishes.cut)) {
        note.duration = std::min(end, wishes.end) - note.onset;
        edit(part(i).track)
            .added.push_back(channel_event(note.onset + note.duration, Order::kNoteOff,
                                           0x80 | part(i).channel, note.pitch, 64));
      }
      kept_[key(part(i))].push_back(note);
    }
  for (auto& [channel, notes] : kept_) std::sort(notes.begin(), notes.end());
  for (const auto& [channel, log] : logs_) settle(channel, wishes.cut);
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
  result_.bytes = document_.write(edits_);
  return std::move(result_);
}

}  // namespace

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

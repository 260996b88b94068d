#include "serve/music_file.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "midi/edit.h"
#include "midi/event.h"
#include "midi/writer.h"
#include "score/program_names.h"
#include "serve/utf8.h"

namespace sage::serve {
namespace {

using midi::Document;
using midi::Event;
using midi::NewEvent;
using midi::NoteEvents;
using midi::Order;
using midi::Part;

/// What only one of two sorted lists holds.
template <class T>
std::vector<T> without(const std::vector<T>& from, const std::vector<T>& other) {
  std::vector<T> rest;
  std::set_difference(from.begin(), from.end(), other.begin(), other.end(),
                      std::back_inserter(rest));
  return rest;
}

NewEvent tempo_event(const TempoChange& tempo) {
  const std::uint32_t us = tempo.us_per_quarter;
  const char bytes[] = {static_cast<char>(us >> 16), static_cast<char>(us >> 8),
                        static_cast<char>(us)};
  return midi::meta_event(tempo.time, Order::kBefore, midi::kTempo, {bytes, 3});
}

NewEvent meter_event(const MeterChange& change) {
  const char bytes[] = {static_cast<char>(change.meter.numerator),
                        static_cast<char>(std::bit_width(unsigned{change.meter.denominator}) - 1),
                        24, 8};
  return midi::meta_event(change.time, Order::kBefore, midi::kMeter, {bytes, 4});
}

NewEvent key_event(const KeySignature& key) {
  const char bytes[] = {static_cast<char>(key.sharps), static_cast<char>(key.minor)};
  return midi::meta_event(key.time, Order::kBefore, midi::kKey, {bytes, 2});
}

class Editor {
 public:
  explicit Editor(const Document& document) : document_(document) {
    edits_.tracks.resize(std::max<std::size_t>(document.tracks().size(), 1));
  }

  /// Notes that go. A part without any other event that stays is written here, since a reader of
  /// what is left would not find it any more.
  void notes(std::size_t part, const std::vector<Note>& gone) {
    const auto& notes = document_.music().score.tracks[part].notes;
    std::vector<bool> left(notes.size(), false);
    auto next = gone.begin();
    for (std::size_t i = 0; i < notes.size() && next != gone.end(); ++i)
      if (notes[i] == *next) {
        left[i] = true;
        ++next;
      }
    const auto links = document_.notes_of(part);
    for (std::size_t i = 0; i < notes.size(); ++i) {
      if (!left[i]) continue;
      leave_out(of(part).track, links[i].on);
      if (links[i].off != NoteEvents::kNone) leave_out(of(part).track, links[i].off);
    }
  }

  void add_raw(std::size_t part, const std::vector<Note>& notes) {
    const Part& to = of(part);
    for (const Note& note : notes) {
      add(to.track, midi::channel_event(note.onset, Order::kNoteOn, 0x90 | to.channel, note.pitch,
                                        note.velocity));
      add(to.track, midi::channel_event(note.onset + note.duration, Order::kNoteOff,
                                        0x80 | to.channel, note.pitch, 64));
    }
  }

  /// The events of a meta type at the times that are gone, or changed, and the new ones.
  template <class Change>
  void metas(int type, const std::vector<Change>& before, const std::vector<Change>& after,
             NewEvent (*event)(const Change&)) {
    const auto gone = without(before, after);
    const auto fresh = without(after, before);
    if (gone.empty() && fresh.empty()) return;
    for (std::uint32_t track = 0; track < document_.tracks().size(); ++track) {
      const auto& events = document_.tracks()[track].events;
      for (std::uint32_t i = 0; i < events.size(); ++i)
        if (events[i].is_meta() && events[i].first == type &&
            std::any_of(gone.begin(), gone.end(),
                        [&](const Change& change) { return change.time == events[i].time; }))
          leave_out(track, i);
    }
    for (const Change& change : fresh) add(0, event(change));
  }

  /// A controller's first value on a part's channel.
  void control(std::size_t part, int number, int value) {
    const Part& to = of(part);
    const Event* first = nullptr;
    std::uint32_t in_track = to.track;
    each_of(to, [&](std::uint32_t track, std::uint32_t i, const Event& event) {
      if (event.type() != 0xb0 || event.first != number) return;
      if (first != nullptr && first->time <= event.time) return;
      first = &event;
      in_track = track;
      place_ = i;
    });
    const Tick start = first_onset(part);
    if (first != nullptr && first->time <= start) leave_out(in_track, place_);
    const Tick time = first != nullptr && first->time <= start ? first->time : Tick{0};
    add(in_track,
        midi::channel_event(time, order_at(in_track, time), 0xb0 | to.channel, number, value));
  }

  /// Another program in place of the part's.
  void program(std::size_t part, int value) {
    const Part& to = of(part);
    Tick time;
    bool found = false;
    each_of(to, [&](std::uint32_t track, std::uint32_t i, const Event& event) {
      if (event.type() != 0xc0 || event.first != to.instrument.program) return;
      if (!found) time = event.time;
      found = true;
      leave_out(track, i);
      const Order order = order_at(track, event.time);
      if (order == Order::kBefore) move_banks(track, i, event);
      add(track, midi::channel_event(event.time, order, 0xc0 | to.channel, value));
    });
    if (!found) add(to.track, midi::channel_event(time, Order::kBefore, 0xc0 | to.channel, value));
  }

  void name(std::size_t part, const std::string& name) {
    const std::uint32_t track = of(part).track;
    const auto& events = document_.tracks()[track].events;
    for (std::uint32_t i = 0; i < events.size(); ++i)
      if (events[i].is_meta() && events[i].first == midi::kTrackName) leave_out(track, i);
    add(track, midi::meta_event(Tick{0}, Order::kBefore, midi::kTrackName, name));
  }

  std::vector<std::uint8_t> write() const { return document_.write(edits_); }

 private:
  const Part& of(std::size_t part) const { return document_.music().parts[part]; }
  Tick first_onset(std::size_t part) const {
    const auto& notes = document_.music().score.tracks[part].notes;
    return notes.empty() ? Tick{0} : notes.front().onset;
  }

  /// Where something goes that must count for the notes of its tick: before them, but not before a
  /// reset, which would undo it.
  Order order_at(std::uint32_t track, Tick time) const {
    for (const Event& event : document_.tracks()[track].events)
      if (event.time == time && (event.status == 0xf0 || event.status == 0xf7))
        return Order::kAfter;
    return Order::kBefore;
  }

  /// The bank of a program change counts from it on, so it moves along to the start of the tick.
  void move_banks(std::uint32_t track, std::uint32_t change, const Event& program) {
    const auto& events = document_.tracks()[track].events;
    for (std::uint32_t i = 0; i < change; ++i) {
      const Event& event = events[i];
      if (event.time != program.time || !event.is_channel() || event.type() != 0xb0 ||
          event.channel() != program.channel() || (event.first != 0 && event.first != 32))
        continue;
      leave_out(track, i);
      add(track,
          midi::channel_event(event.time, Order::kBefore, event.status, event.first, event.second));
    }
  }

  template <class Act>
  void each_of(const Part& part, Act act) {
    for (std::uint32_t track = 0; track < document_.tracks().size(); ++track) {
      const auto& events = document_.tracks()[track].events;
      int port = 0;
      for (std::uint32_t i = 0; i < events.size(); ++i) {
        const Event& event = events[i];
        if (event.is_meta() && event.first == midi::kPort) {
          const auto bytes = document_.bytes_of(document_.tracks()[track], event);
          if (bytes.size() > 3) port = bytes[3] & 0x7f;
        }
        if (event.is_channel() && event.channel() == part.channel && port == part.port)
          act(track, i, event);
      }
    }
  }

  void add(std::uint32_t track, NewEvent event) {
    edits_.tracks[track].added.push_back(std::move(event));
  }
  void leave_out(std::uint32_t track, std::uint32_t event) {
    auto& left_out = edits_.tracks[track].left_out;
    if (left_out.empty()) left_out.resize(document_.tracks()[track].events.size());
    left_out[event] = true;
  }

  const Document& document_;
  midi::Edits edits_;
  std::uint32_t place_ = 0;
};

std::string name_for(const Track& track) {
  return track.name.empty() ? std::string(program_name(track.program_or_drum())) : track.name;
}

Result<std::vector<std::size_t>> track_of_part(const Document& document, const Music& music) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> tracks(document.music().parts.size(), kNone);
  for (std::size_t i = 0; i < music.parts.size(); ++i) {
    if (!music.parts[i]) continue;
    const std::size_t part = *music.parts[i];
    if (part >= tracks.size())
      return fail(ErrorCode::kInvalidArgument, "track " + std::to_string(i) + " names part " +
                                                   std::to_string(part) + ", and the file has " +
                                                   std::to_string(tracks.size()) + " parts");
    if (tracks[part] != kNone)
      return fail(ErrorCode::kInvalidArgument,
                  "two tracks name part " + std::to_string(part) + " of the file");
    tracks[part] = i;
  }
  return tracks;
}

/// Whether a part is found again when all its notes are gone.
bool stays(const Track& part) {
  return !part.controls.empty() || !part.bends.empty() || !part.pressures.empty();
}

/// Volumes, pans of tracks that have become parts `first`, `first` + 1, ...
std::vector<std::uint8_t> with_controls(std::vector<std::uint8_t> bytes,
                                        const std::vector<const Track*>& tracks,
                                        std::size_t first) {
  auto document = Document::read(bytes);
  if (!document || document->music().parts.size() < first + tracks.size()) return bytes;
  Editor editor(*document);
  for (std::size_t i = 0; i < tracks.size(); ++i)
    for (const int number : {kVolume, kPan})
      if (const auto value = control_at_start(*tracks[i], number))
        editor.control(first + i, number, *value);
  return editor.write();
}

}  // namespace

Music music_of(const Document& document) {
  Music music{document.music().score, {}};
  for (std::size_t i = 0; i < music.score.tracks.size(); ++i) {
    music.score.tracks[i].name = utf8_of(music.score.tracks[i].name);
    music.parts.push_back(i);
  }
  for (Text& text : music.score.texts) text.text = utf8_of(text.text);
  return music;
}

Result<std::vector<std::uint8_t>> write_over(const Document& original, const Music& music) {
  auto editable = midi::editable(original);
  if (!editable) return tl::unexpected(editable.error());
  const Document& document = *editable;
  auto tracks = track_of_part(document, music);
  if (!tracks) return tl::unexpected(tracks.error());
  const Score& before = document.music().score;
  if (before.ticks_per_quarter != music.score.ticks_per_quarter)
    return fail(ErrorCode::kMismatch,
                "the music counts " + std::to_string(music.score.ticks_per_quarter) +
                    " ticks a quarter, the file " + std::to_string(before.ticks_per_quarter));
  Editor editor(document);
  std::vector<std::pair<Part, std::vector<Note>>> fresh;  // by part
  for (std::size_t part = 0; part < tracks->size(); ++part) {
    const Track& old = before.tracks[part];
    const bool named = (*tracks)[part] < music.score.tracks.size();
    static const Track kNothing;
    const Track& now = named ? music.score.tracks[(*tracks)[part]] : kNothing;
    const auto added = without(now.notes, old.notes);
    const auto gone = without(old.notes, now.notes);
    editor.notes(part, gone);
    if (!named) continue;
    if (gone.size() == old.notes.size() && !stays(old))
      editor.add_raw(part, added);
    else if (!added.empty())
      fresh.emplace_back(document.music().parts[part], added);
    for (const int number : {kVolume, kPan}) {
      const auto value = control_at_start(now, number);
      if (value && value != control_at_start(old, number)) editor.control(part, number, *value);
    }
    if (now.program != old.program && !now.is_drum && !old.is_drum)
      editor.program(part, now.program);
    if (!now.name.empty() && now.name != utf8_of(old.name)) editor.name(part, now.name);
  }
  editor.metas(midi::kTempo, before.tempos, music.score.tempos, tempo_event);
  editor.metas(midi::kMeter, before.meters, music.score.meters, meter_event);
  editor.metas(midi::kKey, before.keys, music.score.keys, key_event);

  midi::NewMusic more;
  std::vector<const Track*> controlled;
  for (std::size_t i = 0; i < music.parts.size(); ++i) {
    const Track& track = music.score.tracks[i];
    if (music.parts[i] || track.notes.empty()) continue;
    more.added.push_back({track.program_or_drum(), name_for(track), track.notes});
    controlled.push_back(&track);
  }
  std::vector<std::uint8_t> bytes = editor.write();
  if (fresh.empty() && more.added.empty()) return bytes;

  // New notes find their place among those that stayed.
  auto rest = Document::read(std::move(bytes));
  if (!rest) return tl::unexpected(rest.error());
  for (auto& [part, notes] : fresh) {
    const auto& parts = rest->music().parts;
    auto at = std::find(parts.begin(), parts.end(), part);
    if (at == parts.end())  // its program was changed
      at = std::find_if(parts.begin(), parts.end(), [&, &like = part](const Part& p) {
        return p.track == like.track && p.port == like.port && p.channel == like.channel;
      });
    if (at != parts.end())
      more.notes.push_back({static_cast<std::size_t>(at - parts.begin()), std::move(notes)});
  }
  const std::size_t old_parts = rest->music().parts.size();
  std::vector<std::uint8_t> written = midi::rewrite(*rest, {.music = std::move(more)}).bytes;
  if (controlled.empty()) return written;
  return with_controls(std::move(written), controlled, old_parts);
}

std::vector<std::uint8_t> write_new(const Music& music) {
  Score score = music.score;
  std::erase_if(score.tracks,
                [](const Track& track) { return track.notes.empty() && track.controls.empty(); });
  for (Track& track : score.tracks) track.name = name_for(track);
  return write_midi(score);
}

}  // namespace sage::serve

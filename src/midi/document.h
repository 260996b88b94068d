// A MIDI file that is edited, not rebuilt: its events as they stand, and its music as a view of
// them in which every note knows its two events.
//
// A document never changes; Edits say what to leave out and put in. Written without edits it gives
// the bytes that were read. With edits, tracks that they do not touch stay byte for byte, and of
// the others every event that stays keeps its bytes, but for running status and delta times.
// Immutable, so it may be shared by threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "midi/event.h"
#include "midi/part.h"
#include "midi/reader.h"

namespace sage::midi {

/// Where a new event goes among those of its tick that stay.
enum class Order : std::uint8_t { kNoteOff, kBefore, kAfter, kNoteOn };

struct NewEvent {
  Tick time;
  Order order = Order::kAfter;
  std::vector<std::uint8_t> bytes;  // with its status byte
};

NewEvent channel_event(Tick time, Order order, int status, int first, int second = 0);
NewEvent meta_event(Tick time, Order order, int type, std::string_view payload);

struct TrackEdit {
  std::vector<bool> left_out;  // by event; empty: none
  std::vector<NewEvent> added;
  Tick end;  // the end of track does not come before

  bool empty() const { return left_out.empty() && added.empty() && end == Tick{0}; }
};

struct Edits {
  std::vector<TrackEdit> tracks;      // as the document's
  std::vector<TrackEdit> new_tracks;  // behind them; nothing to leave out
  Tick origin;                        // becomes tick 0, and so does all that comes before
  bool cut_ends = false;              // tracks end at TrackEdit::end, unless they have later events
};

class Document {
 public:
  /// Errors as read_midi.
  static Result<Document> read(std::vector<std::uint8_t> bytes, const MidiLimits& limits = {});
  static Result<Document> read_file(const std::filesystem::path& path,
                                    const MidiLimits& limits = {});

  /// Score, parts, warnings.
  const MidiRead& music() const { return music_; }
  /// The events of the notes of a part, in the order of its track's notes in the score.
  std::span<const NoteEvents> notes_of(std::size_t part) const { return links_[part]; }
  std::span<const EventTrack> tracks() const { return file_.tracks; }
  int format() const { return file_.format; }
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  const EventFile& file() const { return file_; }

  /// An event's bytes, without its delta time; under running status without a status byte.
  std::span<const std::uint8_t> bytes_of(const EventTrack& track, const Event& event) const;

  std::vector<std::uint8_t> write(const Edits& edits = {}) const;

 private:
  std::vector<std::uint8_t> bytes_;
  EventFile file_;
  MidiRead music_;
  std::vector<std::vector<NoteEvents>> links_;
};

}  // namespace sage::midi

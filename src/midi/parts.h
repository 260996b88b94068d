// The parts of a MIDI file as people name them: by number, by the name of their track, by
// instrument.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "midi/midi_read.h"

namespace sage::midi {

/// "2 Left hand (Acoustic Grand Piano)": its number from 1, the name of its track where it has one,
/// its instrument.
std::string part_title(const MidiRead& music, std::size_t part);

/// The parts that a word names: a number from 1, the name of a track, an instrument ("bass" is any
/// bass that the file has), or a piece of exactly one track's name. Refuses what names none, with
/// the parts that there are.
Result<std::vector<std::size_t>> parts_named(const MidiRead& music, std::string_view word);

/// The same for several words, without repetition, ascending.
Result<std::vector<std::size_t>> parts_named(const MidiRead& music,
                                             std::span<const std::string> words);

/// The parts with an instrument that a word means; those with notes where there are any.
std::vector<std::size_t> parts_playing(const MidiRead& music, std::string_view instrument);

/// What instrument words ask of a file: parts that it has, and programs (0..128) that it lacks.
struct ChosenInstruments {
  std::vector<std::size_t> parts;  // ascending
  std::vector<int> programs;
};
/// Refuses a word that is no instrument.
Result<ChosenInstruments> choose_instruments(const MidiRead& music,
                                             std::span<const std::string> words);

}  // namespace sage::midi

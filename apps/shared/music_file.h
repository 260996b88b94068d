// Music files named on a command line: one door for all commands. `-` is standard input or output;
// what the reader has to say reaches the person, once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "midi/document.h"

namespace sage::cli {

/// A MIDI file and, in a line on standard error, what was odd in it. Calls a folder a folder.
Result<midi::Document> read_music(const std::string& path);
/// The same, ready for edits.
Result<midi::Document> read_editable(const std::string& path);
/// Without a word: for commands that list warnings themselves.
Result<midi::Document> read_quietly(const std::string& path);

/// The line of read_music(); empty where there is nothing to say.
std::string warnings_in_words(const std::string& path, const MidiWarnings& warnings);

/// Refuses names that promise something else than MIDI, such as x.mp3.
Result<void> check_midi_name(const std::string& path);
/// The same for --wav and --svg, which must not be `-` either.
Result<void> check_sound_name(const std::string& path);
Result<void> check_picture_name(const std::string& path);

/// Whether write_output() could write there. For `-` keeps standard output free for the data.
Result<void> check_output(const std::string& path);
Result<void> write_output(const std::string& path, std::span<const std::uint8_t> bytes);

}  // namespace sage::cli

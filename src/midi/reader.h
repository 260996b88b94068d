// Reads Standard MIDI Files: types 0, 1 and 2, metrical or SMPTE time, bare or wrapped in RIFF
// (RMID).
//
// Files in the wild are often odd. Whatever a player could make sense of is read, with warnings; a
// track that breaks off is kept up to the break. Only what has no usable header, or is beyond a
// limit, is refused. Memory grows with the input and never with what the input claims. Knows bytes
// and scores; not grids, tokens or sound.
//
// How a file becomes tracks: state belongs to port and channel, so the program changes of all
// chunks count in the order in which a player meets them (by tick, chunk, place), together with
// banks, resets and messages that make a channel drums or not (midi/instruments.h). The notes,
// controls, bends and pressures of one chunk, port, channel and instrument make one track, in the
// order (chunk, port, channel, first appearance). What comes before a channel's first note, or
// after a program change and before the next note, belongs to the instrument of that note. Tracks
// with no event at all are dropped.
//
// Notes are paired first in, first out, by chunk, channel and pitch; "all notes off" and its kin
// end what a channel holds. A note that is never released ends where its key is struck again, the
// last one with its chunk; so do those that overlap it, for their releases cannot be told apart.
// The sequences of a type 2 file are laid one after the other, each starting a new bar at 120 bpm
// and 4/4 unless it says otherwise. SMPTE time becomes a tempo of 120 or 60 bpm (a thousandth
// slower at 29.97 frames a second) whose ticks last exactly as long.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "base/error.h"
#include "midi/midi_read.h"

namespace sage {

/// Errors carry the byte offset: kMalformed (no header, division 0), kLimit.
Result<MidiRead> read_midi(std::span<const std::uint8_t> bytes, const MidiLimits& limits = {});

/// As read_midi; the message names the file.
Result<MidiRead> read_midi_file(const std::filesystem::path& path, const MidiLimits& limits = {});

}  // namespace sage

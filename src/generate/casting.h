// Parts of one instrument told apart by tokens, which know programs only: two hands of a piano, six
// strings of a guitar. Where such a part is to be written, each of them gets a program of its own,
// a stand-in of the same General MIDI family, for as long as the model writes.
//
// Drums have no stand-ins: their parts share the drum program, and each new note goes to the part
// that plays its pitch. Knows scores; not files or tokens.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "score/score.h"

namespace sage {

/// The program, 0..128, under which the model reads and writes each part.
struct Casting {
  std::vector<int> programs;  // by track of the score
  std::vector<int> added;     // by added part
};

/// `written`: tracks of the score that are to be written, ascending; `added`: programs of parts
/// that are to be added. Every melodic one of these gets a program that no other part has, as long
/// as there are any.
Casting cast_parts(const Score& score, std::span<const std::size_t> written,
                   std::span<const int> added);

/// The same for parts that are only read: all of a score's parts told apart.
Casting cast_apart(const Score& score);

/// The score with its tracks under these programs.
Score as_cast(const Score& score, const Casting& casting);

/// The notes that a score on another grid has for a program, in these ticks.
std::vector<Note> notes_of(const Score& score, int program, int ticks_per_quarter);

/// Of a program's new notes those that go to one written track or added part (by number, tracks
/// first): all, but of drums those whose pitch it plays more often than other drum tracks do. A
/// pitch that none of them plays goes to the written one with the most notes.
std::vector<Note> notes_for(std::size_t part, const Score& score, const Casting& casting,
                            std::span<const std::size_t> written, std::span<const Note> notes);

}  // namespace sage

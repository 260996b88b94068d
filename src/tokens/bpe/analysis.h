// What merges are made of: the figures of `bpe inspect` and of the study.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tokens/tokenizer.h"

namespace sage {

/// The musical content of one token by itself: what follows from a note's neighbours, such as its
/// position in the compact layout, is not known here (Crossings of the study count in context). A
/// note starts with its position and program and ends where the scheme ends it; in
/// `midi-like`, read "message" for "note".
struct MergeAnatomy {
  enum class Shape : std::uint8_t {
    kHead,       // of a bar, no part of a note
    kFragment,   // part of one note
    kWholeNote,  // one note from its pitch to its end, with or without what leads it
    kNotes,      // parts of several notes, or of a note and the next bar
  };
  Shape shape = Shape::kFragment;
  std::uint8_t attributes = 0;  // bit a: holds a token of attribute a
  // What is certain from the token alone: a crossing that only its neighbours would show counts
  // not.
  bool crosses_note = false;        // parts of two notes, or of a note and the next bar
  bool crosses_position = false;    // parts of notes at two positions of a bar
  bool crosses_bar = false;         // contains BAR after another token
  bool crosses_instrument = false;  // parts of notes of two programs
};
inline constexpr int kShapeCount = 4;
std::string_view shape_name(MergeAnatomy::Shape shape);

/// `expansion` holds base ids.
MergeAnatomy anatomy(std::span<const std::uint16_t> expansion, const Tokenizer& tokenizer);

/// Counts over tokens: over a table of merges each once, or over a corpus as often as they occur.
struct MergeComposition {
  std::uint64_t total = 0;
  std::array<std::uint64_t, kShapeCount> shapes = {};  // by MergeAnatomy::Shape
  std::uint64_t crosses_note = 0;
  std::uint64_t crosses_position = 0;
  std::uint64_t crosses_bar = 0;
  std::uint64_t crosses_instrument = 0;
  std::array<std::uint64_t, 1 << kAttributeCount> attribute_sets = {};  // by attributes

  void add(const MergeAnatomy& one, std::uint64_t times = 1);
};

/// "position + program + pitch": the attributes of a set of bits, in words.
std::string describe_attributes(unsigned attributes);

}  // namespace sage

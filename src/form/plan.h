// The plan of a piece: which sections it has, how long they are, and which of them come back. Knows
// neither models nor notes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sage {

inline constexpr int kUsualSectionBars = 8;

struct Section {
  std::string name;    // "A", "verse"
  int variations = 0;  // apostrophes: how often it is varied, 0: repeated as it was
  int bars = kUsualSectionBars;
  std::size_t source = 0;  // the first section of this name, in the plan; of a new one itself

  std::string label() const {
    return name + std::string(static_cast<std::size_t>(variations), '\'');
  }
  friend bool operator==(const Section&, const Section&) = default;
};

using FormPlan = std::vector<Section>;

/// Reads "A A' B A", "AABA", "A8 B4 A'8" or "intro4 verse chorus verse chorus8". Capital letters
/// that stand together are sections of one letter each; other words are one name. A number is a
/// length in bars, an apostrophe asks for a variation. A section without a number is as long as the
/// first one of its name, or has `usual_bars`. Errors: no section, other characters, more than 100
/// sections, lengths beyond 1..64 bars.
Result<FormPlan> parse_form(std::string_view text, int usual_bars = kUsualSectionBars);

/// All bars of a plan.
int bar_count(const FormPlan& plan);

/// "A A' B A".
std::string to_text(const FormPlan& plan);

}  // namespace sage

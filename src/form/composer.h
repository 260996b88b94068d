// A piece by a plan: sections that come back, as they were or varied, phrases that close, an
// ending.
//
// A new section is written by the model after all that stands before it. One that comes back is the
// notes of its first time, played again; of a varied one some bars of some parts are drawn anew
// among them. The last bar of a section is written several times, and the version stays that
// closes the phrase best (cadence.h); of the last section the last two, of which the model also
// says how likely the piece ends there. See docs/decisions/0033-form.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "form/plan.h"
#include "generate/constraint.h"
#include "generate/engine.h"
#include "generate/new_bars.h"
#include "generate/request.h"

namespace sage {

/// Of bars of parts that a variation keeps.
inline constexpr double kUsualFormSimilarity = 0.7;

struct FormRequest {
  /// What is asked of the notes. A prompt is the beginning of the form: its bars are the first ones
  /// of the plan. `bars`, `endings`, the limits and the changes of tempo and meter must be unset.
  Request request;
  FormPlan plan;
  double similarity = kUsualFormSimilarity;  // of A'; A'' keeps the square of it
  int closes = 8;                            // versions of a section's last bar; 1: no choice
  int threads = 1;
};

struct PlacedSection {
  Section section;
  Tick from, to;      // grid ticks
  int first_bar = 0;  // from 0
};

struct FormedPiece {
  NewBars bars;  // after the prompt; without a prompt all of them
  std::vector<PlacedSection> sections;
  std::vector<WishLoss> losses;  // bars from 0 in the whole piece
  std::size_t notes = 0;         // new ones, repeated ones included
  double end_odds = 0;           // see Stream::end_odds(), at the end of the piece
};

/// How many bars of the plan are there, and how many bars it has; false stops.
using FormCallback = std::function<bool(int done, int all)>;

/// Errors: Generator's and Stream's; an empty plan, one that the prompt fills; kInterrupted.
Result<FormedPiece> compose_form(std::shared_ptr<const Engine> engine, const FormRequest& request,
                                 const FormCallback& callback = {});

}  // namespace sage

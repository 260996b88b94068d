// What comes back in a piece, and how it ends.
#include "metrics/form.h"

#include "metrics/metric.h"

namespace sage {

const MetricFamily& form_metric() {
  static constexpr Metric kMetrics[] = {
      {"lag_contrast", "Lag contrast", "difference",
       "mean likeness (Dice, onsets of program and pitch) of bars 4, 8 and 16 apart, less that of "
       "bars 3, 5, 7 and 9 apart",
       Invariance::kTransposition, [](const Piece& piece) { return form_of(piece).lag_contrast; }},
      {"far_repeats", "Far repeats", "1",
       "share of the bars from the ninth on with a likeness of 0.8 or more to one 8 or more before",
       Invariance::kTransposition, [](const Piece& piece) { return form_of(piece).far_repeats; }},
      {"immediate_repeats", "Immediate repeats", "1",
       "share of the bars with a likeness of 0.8 or more to the bar before",
       Invariance::kTransposition,
       [](const Piece& piece) { return form_of(piece).immediate_repeats; }},
      {"ends_on_tonic", "Tonic ending", "1",
       "1 where the notes that sound last are of the tonic triad, the tonic lowest; key after "
       "Krumhansl and Kessler 1982",
       Invariance::kTransposition, ends_on_tonic},
  };
  static constexpr MetricFamily kFamily = {"form", kMetrics};
  return kFamily;
}

}  // namespace sage

// Which pitches a piece uses.
#include "metrics/definitions.h"
#include "metrics/metric.h"

namespace sage {

const MetricFamily& pitch_metric() {
  static constexpr Metric kMetrics[] = {
      {"pitch_class_entropy", "Pitch class entropy", "bits",
       "-sum p log2 p over pitch classes; Wu and Yang 2020, MusPy", Invariance::kTransposition,
       pitch_class_entropy},
      {"pitch_entropy", "Pitch entropy", "bits", "-sum p log2 p over pitches; MusPy",
       Invariance::kTransposition, pitch_entropy},
      {"scale_consistency", "Scale consistency", "1",
       "largest share of notes in one of 24 scales; Mogren 2016, MusPy", Invariance::kTransposition,
       scale_consistency},
      {"pitch_in_scale_rate", "Pitch in C major", "1",
       "share of notes in C major; Dong et al. 2018, MusPy with root 0, major", Invariance::kNone,
       [](const Piece& piece) { return pitch_in_scale_rate(piece, 0, Mode::kMajor); }},
      {"pitch_range", "Pitch range", "semitones", "highest less lowest pitch; MusPy",
       Invariance::kTransposition, pitch_range},
      {"n_pitches_used", "Pitches used", "pitches", "number of pitches; MusPy",
       Invariance::kTransposition, pitches_used},
      {"n_pitch_classes_used", "Pitch classes used", "classes", "number of pitch classes; MusPy",
       Invariance::kTransposition, pitch_classes_used},
      {"polyphony", "Polyphony", "pitches", "sounding pitches a time step that has one; MusPy",
       Invariance::kTransposition, polyphony},
      {"polyphony_rate", "Polyphony rate", "1",
       "share of time steps with more than two pitches; Dong et al. 2018, MusPy, threshold 2",
       Invariance::kTransposition, [](const Piece& piece) { return polyphony_rate(piece); }},
  };
  static constexpr MetricFamily kFamily = {"pitch", kMetrics};
  return kFamily;
}

}  // namespace sage

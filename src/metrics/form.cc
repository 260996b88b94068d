#include "metrics/form.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>

#include "base/nan.h"

namespace sage {
namespace {

/// The mean of the values that are there.
class Mean {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double get() const { return count_ > 0 ? sum_ / count_ : kNaN; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

double mean_of(const std::array<double, kMostLag>& by_lag,
               std::initializer_list<std::size_t> lags) {
  Mean mean;
  for (const std::size_t lag : lags) mean.add(by_lag[lag - 1]);
  return mean.get();
}

bool repeats(const BarOnsets& a, const BarOnsets& b) { return likeness(a, b) >= kRepeatLikeness; }

double far_repeats(const std::vector<BarOnsets>& bars) {
  constexpr std::size_t kFar = 8;
  Mean mean;
  for (std::size_t i = kFar; i < bars.size(); ++i) {
    if (bars[i].empty()) continue;
    bool found = false;
    for (std::size_t j = 0; j + kFar <= i && !found; ++j) found = repeats(bars[i], bars[j]);
    mean.add(found);
  }
  return mean.get();
}

double immediate_repeats(const std::vector<BarOnsets>& bars) {
  Mean mean;
  for (std::size_t i = 1; i < bars.size(); ++i)
    if (!bars[i].empty()) mean.add(repeats(bars[i], bars[i - 1]));
  return mean.get();
}

using Profile = std::array<double, 12>;
constexpr Profile kMajorProfile = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09,
                                   2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
constexpr Profile kMinorProfile = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53,
                                   2.54, 4.75, 3.98, 2.69, 3.34, 3.17};

/// Pearson's correlation of durations by pitch class with a profile whose tonic is `tonic`.
double correlation(const Profile& durations, const Profile& profile, std::size_t tonic) {
  const double a = std::accumulate(durations.begin(), durations.end(), 0.0) / 12;
  const double b = std::accumulate(profile.begin(), profile.end(), 0.0) / 12;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t k = 0; k < 12; ++k) {
    const double x = durations[(tonic + k) % 12] - a, y = profile[k] - b;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace

std::vector<BarOnsets> onsets_by_bar(const Piece& piece) {
  std::vector<BarOnsets> bars(piece.bars.size());
  for (const Track& track : piece.score.tracks) {
    const auto program = static_cast<std::uint64_t>(track.program_or_drum());
    std::size_t bar = 0;
    for (const Note& note : track.notes) {  // sorted by onset
      while (bar + 1 < piece.bars.size() && piece.bars[bar + 1].start <= note.onset) ++bar;
      const auto position = static_cast<std::uint64_t>((note.onset - piece.bars[bar].start).count);
      bars[bar].push_back(position << 16 | program << 8 | note.pitch);
    }
  }
  for (BarOnsets& onsets : bars) std::sort(onsets.begin(), onsets.end());
  return bars;
}

double likeness(const BarOnsets& a, const BarOnsets& b) {
  if (a.empty() && b.empty()) return kNaN;
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j])
      ++common, ++i, ++j;
    else if (a[i] < b[j])
      ++i;
    else
      ++j;
  }
  return 2.0 * static_cast<double>(common) / static_cast<double>(a.size() + b.size());
}

Form form_of(const Piece& piece) {
  const std::vector<BarOnsets> bars = onsets_by_bar(piece);
  Form out;
  for (std::size_t lag = 1; lag <= kMostLag; ++lag) {
    Mean mean;
    for (std::size_t i = lag; i < bars.size(); ++i) mean.add(likeness(bars[i], bars[i - lag]));
    out.by_lag[lag - 1] = mean.get();
  }
  out.lag_contrast = std::isnan(out.by_lag[7]) || std::isnan(out.by_lag[8])
                         ? kNaN
                         : mean_of(out.by_lag, {4, 8, 16}) - mean_of(out.by_lag, {3, 5, 7, 9});
  out.far_repeats = far_repeats(bars);
  out.immediate_repeats = immediate_repeats(bars);
  return out;
}

double prompt_likeness(const Piece& part, const Piece& prompt) {
  const std::vector<BarOnsets> before = onsets_by_bar(prompt);
  Mean mean;
  for (const BarOnsets& bar : onsets_by_bar(part)) {
    double most = kNaN;
    for (const BarOnsets& other : before)
      if (!bar.empty() && !other.empty()) most = std::fmax(most, likeness(bar, other));
    mean.add(most);
  }
  return mean.get();
}

EstimatedKey estimate_key(const Piece& piece) {
  Profile durations = {};
  bool any = false;
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes) {
      if (track.is_drum) break;
      durations[note.pitch % 12] += static_cast<double>(note.duration.count);
      any = true;
    }
  EstimatedKey best;
  double most = -2;
  for (std::size_t tonic = 0; any && tonic < 12; ++tonic)
    for (const bool minor : {false, true}) {
      const double r = correlation(durations, minor ? kMinorProfile : kMajorProfile, tonic);
      if (r <= most) continue;
      most = r;
      best = {static_cast<int>(tonic), minor};
    }
  return best;
}

double ends_on_tonic(const Piece& piece) {
  const EstimatedKey key = estimate_key(piece);
  if (key.tonic < 0) return kNaN;
  Tick last;
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes)
      if (!track.is_drum) last = std::max(last, note.onset + note.duration);
  int lowest = 128;
  bool triad = true;
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes) {
      if (track.is_drum || note.onset + note.duration < last) continue;
      lowest = std::min<int>(lowest, note.pitch);
      const int interval = (note.pitch - key.tonic + 120) % 12;
      triad = triad && (interval == 0 || interval == 3 || interval == 4 || interval == 7);
    }
  return triad && lowest % 12 == key.tonic ? 1 : 0;
}

}  // namespace sage

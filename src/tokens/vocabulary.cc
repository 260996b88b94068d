#include "tokens/vocabulary.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "score/meter_text.h"
#include "score/program_names.h"

namespace sage {
namespace {

constexpr int kTempoBins = 48;
constexpr double kSlowest = 24.0;   // bpm
constexpr double kFastest = 240.0;  // bpm
constexpr int kVelocityBins = 32;

std::vector<Meter> all_meters() {
  std::vector<Meter> meters;
  for (const int denominator : {1, 2, 4, 8, 16})
    for (int numerator = 1; numerator <= 3 * denominator; ++numerator)
      meters.push_back(
          {static_cast<std::uint8_t>(numerator), static_cast<std::uint8_t>(denominator)});
  return meters;
}

std::vector<std::uint32_t> all_tempos() {
  std::vector<std::uint32_t> tempos;
  for (int i = 0; i < kTempoBins; ++i) {
    const double bpm = kSlowest * std::pow(kFastest / kSlowest, i / double{kTempoBins - 1});
    tempos.push_back(static_cast<std::uint32_t>(std::lround(60e6 / bpm)));
  }
  return tempos;
}

/// Every length up to a quarter; then coarser, but never more than 9/7 apart, so that the nearest
/// one is within 12.5 % of any length up to 64 quarters.
std::vector<int> all_durations(int grid) {
  std::set<int> lengths;
  for (int n = 1; n <= grid; ++n) lengths.insert(n);
  for (int n = 1; n <= 4; ++n) lengths.insert(grid + n * grid / 4);
  for (int n = 1; n <= 4; ++n) lengths.insert(2 * grid + n * grid / 2);
  if (grid % 3 == 0) {
    for (int n = 1; n <= 3; ++n) lengths.insert(grid + n * grid / 3);
    for (int n = 1; n <= 3; ++n) lengths.insert(2 * grid + n * 2 * grid / 3);
  }
  for (const int quarters : {5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64})
    lengths.insert(quarters * grid);
  return {lengths.begin(), lengths.end()};
}

/// For every whole length up to the longest, the index of the last duration within it. Durations
/// begin at 1 and are fewer than 256.
std::vector<std::uint8_t> last_within(const std::vector<int>& durations) {
  std::vector<std::uint8_t> last(static_cast<std::size_t>(durations.back()) + 1, 0);
  for (std::size_t i = 0; i < durations.size(); ++i)
    std::fill(last.begin() + durations[i], last.end(), static_cast<std::uint8_t>(i));
  return last;
}

}  // namespace

Vocabulary::Vocabulary(int grid, const KindSet& kinds)
    : grid_(grid),
      meters_(all_meters()),
      tempos_(all_tempos()),
      durations_(all_durations(grid)),
      last_within_(last_within(durations_)) {
  const auto count = [&](Kind kind) -> int {
    if (!kinds.has(kind)) return 0;
    switch (kind) {
      case Kind::kTimeSignature:
        return static_cast<int>(meters_.size());
      case Kind::kTempo:
        return static_cast<int>(tempos_.size());
      case Kind::kPosition:
      case Kind::kTimeShift:
        return max_bar();
      case Kind::kProgram:
        return kProgramCount;
      case Kind::kPitch:
      case Kind::kDrum:
      case Kind::kNoteOff:
      case Kind::kDrumOff:
        return 128;
      case Kind::kVelocity:
        return kVelocityBins;
      case Kind::kBeat:
        return max_bar() / grid_;
      case Kind::kSubBeat:
        return grid_;
      case Kind::kDuration:
        return static_cast<int>(durations_.size());
      default:
        return 1;
    }
  };
  for (int k = 0; k < kKindCount; ++k) {
    const auto kind = static_cast<Kind>(k);
    const auto n = static_cast<std::size_t>(count(kind));
    kinds_.insert(kinds_.end(), n, kind);
    first_[static_cast<std::size_t>(k) + 1] = static_cast<TokenId>(kinds_.size());
  }
}

std::vector<std::uint8_t> Vocabulary::attributes() const {
  std::vector<std::uint8_t> attributes;
  for (const Kind kind : kinds_)
    attributes.push_back(static_cast<std::uint8_t>(attribute_of(kind)));
  return attributes;
}

std::optional<int> Vocabulary::meter_index(Meter meter) const {
  const auto found = std::find(meters_.begin(), meters_.end(), meter);
  if (found == meters_.end()) return std::nullopt;
  return static_cast<int>(found - meters_.begin());
}

int Vocabulary::tempo_index(double us_per_quarter) const {
  // Bins are log-spaced, so the nearest one is nearest in the logarithm.
  const double bpm = 60e6 / std::max(us_per_quarter, 1.0);
  const double place = std::log(bpm / kSlowest) / std::log(kFastest / kSlowest) * (kTempoBins - 1);
  return static_cast<int>(std::lround(std::clamp(place, 0.0, double{kTempoBins - 1})));
}

int Vocabulary::duration_index(double steps) const {
  if (!(steps < durations_.back())) return static_cast<int>(durations_.size()) - 1;
  if (!(steps > durations_.front())) return 0;
  // Durations are whole, so the last one within the length is the last one within its floor.
  const std::size_t below = last_within_[static_cast<std::size_t>(steps)];
  const bool up = steps - durations_[below] > durations_[below + 1] - steps;
  return static_cast<int>(up ? below + 1 : below);
}

int Vocabulary::nearest_length(double steps) const {
  if (has(Kind::kDuration)) return durations_[static_cast<std::size_t>(duration_index(steps))];
  return static_cast<int>(std::lround(std::clamp(steps, 1.0, double{1.0 * durations_.back()})));
}

std::uint8_t Vocabulary::velocity_of(int bin) const {
  const int bins = velocity_bins();
  if (bins == 0) return kDefaultVelocity;
  return static_cast<std::uint8_t>((bin * 128 + 64) / bins);
}

int Vocabulary::velocity_bin(int velocity) const {
  return std::clamp(velocity * velocity_bins() / 128, 0, std::max(velocity_bins() - 1, 0));
}

std::string Vocabulary::describe(TokenId id) const {
  if (!contains(id)) return "token " + std::to_string(id) + " (not in the vocabulary)";
  const auto [kind, value] = event(id);
  std::string text(kind_name(kind));
  switch (kind) {
    case Kind::kTimeSignature:
      return text + " " + meter_text(meters_[static_cast<std::size_t>(value)]);
    case Kind::kTempo:
      return text + " " +
             std::to_string(std::lround(60e6 / tempos_[static_cast<std::size_t>(value)])) + " bpm";
    case Kind::kProgram:
      return text + " " + std::to_string(value) + " " + std::string(program_name(value));
    case Kind::kPitch:
    case Kind::kNoteOff: {
      static constexpr const char* kNames[] = {"C",  "C#", "D",  "D#", "E",  "F",
                                               "F#", "G",  "G#", "A",  "A#", "B"};
      return text + " " + kNames[value % 12] + std::to_string(value / 12 - 1);
    }
    case Kind::kDuration:
      return text + " " + std::to_string(durations_[static_cast<std::size_t>(value)]) + "/" +
             std::to_string(grid_);
    case Kind::kTimeShift:
      return text + " " + std::to_string(value + 1);
    case Kind::kPosition:
    case Kind::kDrum:
    case Kind::kVelocity:
    case Kind::kDrumOff:
    case Kind::kBeat:
    case Kind::kSubBeat:
      return text + " " + std::to_string(value);
    default:
      return text;
  }
}

}  // namespace sage

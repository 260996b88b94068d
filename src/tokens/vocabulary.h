// Token ids: each kind occupies a contiguous range. Immutable once built; shared freely.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "score/score.h"
#include "tokens/mask.h"
#include "tokens/token.h"

namespace sage {

class Vocabulary {
 public:
  /// The ids of these kinds; base_vocabulary() of tokenization.h has those of a config.
  /// Precondition: the grid is a multiple of 4 (Tokenizer::create checks it).
  Vocabulary(int grid, const KindSet& kinds);

  int size() const { return first_[kKindCount]; }
  /// All ids of one kind (empty where the config has no such kind).
  IdRange range(Kind kind) const {
    const auto k = static_cast<std::size_t>(kind);
    return {first_[k], first_[k + 1]};
  }
  bool has(Kind kind) const { return range(kind).begin < range(kind).end; }
  TokenId id(Kind kind, int value = 0) const {
    return first_[static_cast<std::size_t>(kind)] + value;
  }
  bool contains(TokenId id) const { return id >= 0 && id < size(); }
  /// Precondition: contains(id).
  TokenEvent event(TokenId id) const {
    const Kind kind = kinds_[static_cast<std::size_t>(id)];
    return {kind, id - range(kind).begin};
  }
  Attribute attribute(TokenId id) const { return attribute_of(event(id).kind); }
  /// The attribute of every id in order, as a model's config holds them.
  std::vector<std::uint8_t> attributes() const;
  /// The id of the same token `semitones` higher: differs for pitched kinds only (drums
  /// stay). Precondition: contains(id), and the pitch stays within 0..127.
  TokenId transposed(TokenId id, int semitones) const {
    return is_pitched(kinds_[static_cast<std::size_t>(id)]) ? id + semitones : id;
  }
  /// In words, e.g. "Pitch C4" or "Program 32 acoustic bass".
  std::string describe(TokenId id) const;

  int grid() const { return grid_; }
  /// Longest bar in grid steps: three whole notes.
  int max_bar() const { return 12 * grid_; }

  /// Every meter n/d with d of 1, 2, 4, 8, 16 whose bar is at most three whole notes.
  std::span<const Meter> meters() const { return meters_; }
  std::optional<int> meter_index(Meter meter) const;
  int bar_steps(Meter meter) const { return meter.numerator * 4 * grid_ / meter.denominator; }

  /// Tempo bins as microseconds a quarter note, slow to fast (24 to 240 bpm, log-spaced).
  std::span<const std::uint32_t> tempos() const { return tempos_; }
  int tempo_index(double us_per_quarter) const;

  /// Note lengths in grid steps, ascending; the last one is the longest note of any scheme.
  std::span<const int> durations() const { return durations_; }
  /// The nearest of durations(), the shorter one of two.
  int duration_index(double steps) const;
  /// The nearest length that this vocabulary can represent: one of durations(), or, where
  /// notes end by an event of their own, any whole number of steps from 1 to the longest.
  int nearest_length(double steps) const;

  /// Velocity bins; 0 where the config leaves velocity out.
  int velocity_bins() const { return range(Kind::kVelocity).end - range(Kind::kVelocity).begin; }
  std::uint8_t velocity_of(int bin) const;
  int velocity_bin(int velocity) const;

 private:
  int grid_;
  std::array<TokenId, kKindCount + 1> first_ = {};
  std::vector<Kind> kinds_;  // of each id
  std::vector<Meter> meters_;
  std::vector<std::uint32_t> tempos_;
  std::vector<int> durations_;
  std::vector<std::uint8_t> last_within_;  // (longest + 1): index of the last duration <= n
};

}  // namespace sage

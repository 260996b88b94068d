#include "tokens/foreign/miditok_tokens.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "score/meter_text.h"

namespace sage::miditok {
namespace {

constexpr int kLongest = 64;  // quarters; the longest duration of a vocabulary

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "beats.positions.resolution" in grid steps; nothing for a length between two steps.
std::optional<int> steps_of(std::string_view text, int grid) {
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (first == last) return std::nullopt;
  const auto beats = number_of<int>(text.substr(0, first));
  const auto positions = number_of<int>(text.substr(first + 1, last - first - 1));
  const auto resolution = number_of<int>(text.substr(last + 1));
  const auto within = [](std::optional<int> n, int low) { return n && *n >= low && *n <= 4096; };
  if (!within(beats, 0) || !within(positions, 0) || !within(resolution, 1)) return std::nullopt;
  const int parts = (*beats * *resolution + *positions) * grid;
  if (parts % *resolution != 0) return std::nullopt;
  return parts / *resolution;
}

/// All of "beats.positions.resolution" but the length of nothing.
std::vector<std::string> lengths(const std::array<LengthRange, 2>& ranges) {
  std::vector<std::string> all;
  const auto add = [&](int beat, int position, int resolution) {
    all.push_back(std::to_string(beat) + "." + std::to_string(position) + "." +
                  std::to_string(resolution));
  };
  int beat = 0;
  for (const auto& [end, resolution] : ranges)
    for (; beat < end; ++beat)
      for (int position = beat == 0 ? 1 : 0; position < resolution; ++position)
        add(beat, position, resolution);
  add(ranges.back().end, 0, ranges.back().resolution);
  return all;
}

/// As Python writes a number rounded to hundredths: 24.0, 25.2, 120.17.
std::string hundredths(double value) {
  std::array<char, 32> text;
  const int size = std::snprintf(text.data(), text.size(), "%.2f", value);
  std::string number(text.data(), static_cast<std::size_t>(size));
  if (number.back() == '0') number.pop_back();
  return number;
}

}  // namespace

// ----------------------------------------------------------------------------------------------
// meaning of tokens

std::optional<TokenId> Meanings::id(std::string_view token) const {
  const std::size_t gap = token.find('_');
  if (gap == std::string_view::npos) return std::nullopt;
  const std::string_view type = token.substr(0, gap), value = token.substr(gap + 1);
  const auto number = number_of<int>(value);
  if (type == "Bar" && (value == "None" || number)) return at(Kind::kBar, 0);
  if (type == "Position") return at(Kind::kPosition, number);
  if (type == "Pitch") return at(Kind::kPitch, number);
  if (type == "PitchDrum") return at(Kind::kDrum, number);
  if (type == "Program") return program(number);
  if (type == "Velocity") return velocity(number);
  if (type == "Duration") return duration(value);
  if (type == "TimeShift") return time_shift(value);
  if (type == "TimeSig") return meter(value);
  if (type == "Tempo") return tempo(value);
  return std::nullopt;
}

std::optional<TokenId> Meanings::at(Kind kind, std::optional<int> value) const {
  const IdRange range = vocabulary_.range(kind);
  if (!value || *value < 0 || *value >= range.end - range.begin) return std::nullopt;
  return range.begin + *value;
}

/// MidiTok's program of drums is -1.
std::optional<TokenId> Meanings::program(std::optional<int> value) const {
  if (value == kDrumProgram) return std::nullopt;
  return at(Kind::kProgram, value == -1 ? kDrumProgram : value);
}

std::optional<TokenId> Meanings::velocity(std::optional<int> value) const {
  if (!velocities_ || !value || *value < 0 || *value > 127) return std::nullopt;
  return at(Kind::kVelocity, vocabulary_.velocity_bin(*value));
}

std::optional<TokenId> Meanings::duration(std::string_view value) const {
  const auto steps = steps_of(value, vocabulary_.grid());
  const auto known = vocabulary_.durations();
  const auto found = std::find(known.begin(), known.end(), steps.value_or(0));
  if (found == known.end()) return std::nullopt;
  return at(Kind::kDuration, static_cast<int>(found - known.begin()));
}

std::optional<TokenId> Meanings::time_shift(std::string_view value) const {
  return at(Kind::kTimeShift, steps_of(value, vocabulary_.grid()).value_or(0) - 1);
}

std::optional<TokenId> Meanings::meter(std::string_view value) const {
  const std::size_t slash = value.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto numerator = number_of<std::uint8_t>(value.substr(0, slash));
  const auto denominator = number_of<std::uint8_t>(value.substr(slash + 1));
  if (!numerator || !denominator) return std::nullopt;
  return at(Kind::kTimeSignature, vocabulary_.meter_index({*numerator, *denominator}));
}

/// The bin of a tempo within half a bin of the bin's centre.
std::optional<TokenId> Meanings::tempo(std::string_view value) const {
  const auto bpm = number_of<double>(value);
  if (!bpm || !(*bpm >= 1 && *bpm <= 1000)) return std::nullopt;
  const auto bins = vocabulary_.tempos();  // slow to fast, log-spaced, microseconds a quarter
  const double width = std::log(static_cast<double>(bins.front()) / bins.back()) /
                       static_cast<double>(bins.size() - 1);
  const int bin = vocabulary_.tempo_index(60e6 / *bpm);
  const double distance = std::log(60e6 / *bpm / bins[static_cast<std::size_t>(bin)]);
  if (std::abs(distance) > 0.501 * width) return std::nullopt;  // a bin is itself rounded
  return at(Kind::kTempo, bin);
}

// ----------------------------------------------------------------------------------------------
// which tokens there are

std::array<LengthRange, 2> length_ranges(const Tokenizer& tokenizer) {
  // Durations are multiples of a step up to a whole note and then of a quarter; the time shifts of
  // tsd are any number of steps up to the longest bar.
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const bool shifts = tokenizer.config().scheme == "tsd";
  return {LengthRange{shifts ? vocabulary.max_bar() / vocabulary.grid() : 4, vocabulary.grid()},
          LengthRange{kLongest, 1}};
}

std::array<int, 2> tempo_range(const Vocabulary& vocabulary) {
  const auto bpm = [](std::uint32_t us) { return static_cast<int>(std::lround(60e6 / us)); };
  return {bpm(vocabulary.tempos().front()), bpm(vocabulary.tempos().back())};
}

std::vector<std::string> base_tokens(const Tokenizer& tokenizer) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const bool bars = tokenizer.config().scheme == "remi+";
  const auto times = lengths(length_ranges(tokenizer));
  std::vector<std::string> tokens(kSpecialTokens.begin(), kSpecialTokens.end());
  const auto count = [&](const std::string& type, int first, int end) {
    for (int n = first; n < end; ++n) tokens.push_back(type + "_" + std::to_string(n));
  };
  const auto all_times = [&](const std::string& type) {
    for (const std::string& time : times) tokens.push_back(type + "_" + time);
  };
  if (bars) tokens.push_back("Bar_None");
  count("Pitch", 0, 128);
  for (int bin = 1; bin <= vocabulary.velocity_bins(); ++bin)
    tokens.push_back("Velocity_" + std::to_string(bin * 127 / vocabulary.velocity_bins()));
  all_times("Duration");
  if (bars) {
    int beats = 0;  // MidiTok's positions are as many a beat in every meter
    for (const Meter meter : vocabulary.meters()) beats = std::max(beats, int{meter.numerator});
    count("Position", 0, beats * vocabulary.grid());
  } else {
    all_times("TimeShift");
  }
  count("PitchDrum", 0, 128);
  const auto [slow, fast] = tempo_range(vocabulary);
  const auto last = static_cast<double>(vocabulary.tempos().size() - 1);
  for (double i = 0; i <= last; ++i)
    tokens.push_back("Tempo_" + hundredths(slow * std::pow(double(fast) / slow, i / last)));
  count("Program", -1, 128);
  for (const Meter meter : vocabulary.meters()) tokens.push_back("TimeSig_" + meter_text(meter));
  return tokens;
}

}  // namespace sage::miditok

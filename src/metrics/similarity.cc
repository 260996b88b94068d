#include "metrics/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace sage {
namespace {

double norm2(std::span<const double> v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return sum;
}

double cosine(std::span<const double> a, std::span<const double> b) {
  const double aa = norm2(a), bb = norm2(b);
  if (aa == 0 || bb == 0) return aa == bb ? 1.0 : 0.0;
  double ab = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) ab += a[i] * b[i];
  return std::min(ab / std::sqrt(aa * bb), 1.0);
}

/// A chroma of length 1, with a thirteenth place that stands for silence: then the product of two
/// is the cosine, also where one or both are silent. Padded for vector units.
using Direction = std::array<float, 16>;

Direction direction(const Chroma& chroma) {
  Direction out = {};
  const double length = std::sqrt(norm2(chroma));
  if (length == 0) out[12] = 1;
  for (std::size_t k = 0; k < chroma.size() && length > 0; ++k)
    out[k] = static_cast<float>(chroma[k] / length);
  return out;
}

float product(const Direction& a, const Direction& b) {
  float sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

/// The half beats of two pieces, bar by bar, where both have them; and how many there are where
/// only one has.
struct Aligned {
  std::vector<Direction> output, reference;
  std::size_t unmatched = 0;
};

Aligned align_halves(const Features& g, const Features& r) {
  Aligned out;
  for (std::size_t bar = 0; bar < std::max(g.bars.size(), r.bars.size()); ++bar) {
    const std::size_t in_g = bar < g.bars.size() ? g.bars[bar].halves : 0;
    const std::size_t in_r = bar < r.bars.size() ? r.bars[bar].halves : 0;
    for (std::size_t k = 0; k < std::min(in_g, in_r); ++k) {
      out.output.push_back(direction(g.sounding_chroma[g.bars[bar].half + k]));
      out.reference.push_back(direction(r.sounding_chroma[r.bars[bar].half + k]));
    }
    out.unmatched += std::max(in_g, in_r) - std::min(in_g, in_r);
  }
  return out;
}

double structure_term(const Features& g, const Features& r) {
  const Aligned cells = align_halves(g, r);
  const std::size_t matched = cells.output.size();
  double difference = 0;  // over matched pairs i < j; those of i = j are all alike
  for (std::size_t i = 0; i < matched; ++i) {
    float row = 0;
    for (std::size_t j = i + 1; j < matched; ++j)
      row += std::abs(product(cells.output[i], cells.output[j]) -
                      product(cells.reference[i], cells.reference[j]));
    difference += row;
  }
  const auto both = static_cast<double>(matched);
  const double all = both + static_cast<double>(cells.unmatched);
  if (all == 0) return 1.0;
  const double missing = all * all - both * both;  // entries that only one matrix has
  // To six places: what differs by less is rounding, which no test should take for a finding.
  return std::round((1.0 - (2 * difference + missing) / (all * all)) * 1e6) / 1e6;
}

double density_term(const Features& g, const Features& r) {
  double distance = 0;
  std::size_t cells = 0;
  for (std::size_t bar = 0; bar < std::max(g.bars.size(), r.bars.size()); ++bar) {
    const std::size_t in_g = bar < g.bars.size() ? g.bars[bar].sixteenths : 0;
    const std::size_t in_r = bar < r.bars.size() ? r.bars[bar].sixteenths : 0;
    const std::size_t both = std::min(in_g, in_r), all = std::max(in_g, in_r);
    for (std::size_t k = 0; k < both; ++k) {
      const double a = g.sounding[g.bars[bar].sixteenth + k];
      const double b = r.sounding[r.bars[bar].sixteenth + k];
      distance += std::abs(a - b) / std::max({a, b, 1.0});
    }
    distance += static_cast<double>(all - both);
    cells += all;
  }
  return cells == 0 ? 1.0 : 1.0 - distance / static_cast<double>(cells);
}

std::span<const double> groove_of(const Features& features, std::size_t bar) {
  return std::span(features.onsets).subspan(features.bars[bar].step, features.bars[bar].steps);
}

}  // namespace

Similarity similarity(const Features& output, const Features& reference) {
  const std::size_t both = std::min(output.bars.size(), reference.bars.size());
  const auto all = static_cast<double>(std::max(output.bars.size(), reference.bars.size()));
  Similarity out;
  for (std::size_t bar = 0; bar < both; ++bar) {
    out.chroma += cosine(output.onset_chroma[bar], reference.onset_chroma[bar]);
    out.groove += cosine(groove_of(output, bar), groove_of(reference, bar));
  }
  out.chroma /= all;
  out.groove /= all;
  out.structure = structure_term(output, reference);
  out.density = density_term(output, reference);
  return out;
}

EnergyScore energy_score(std::span<const Features> takes, const Features& reference) {
  EnergyScore out;
  const auto count = static_cast<double>(takes.size());
  for (std::size_t i = 0; i < takes.size(); ++i) {
    out.to_reference += (100 - similarity(takes[i], reference).nmsi()) / count;
    for (std::size_t j = 0; j < i; ++j)
      out.between += (100 - similarity(takes[i], takes[j]).nmsi()) / (count * (count - 1) / 2);
  }
  out.score = out.to_reference - out.between / 2;
  return out;
}

double self_similarity(const Features& features) {
  // The sum of all products is the square of the sum, which spares the matrix.
  const auto count = static_cast<double>(features.sounding_chroma.size());
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  std::array<double, 13> sum = {};
  for (const Chroma& chroma : features.sounding_chroma) {
    const Direction d = direction(chroma);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += d[k];
  }
  return (norm2(sum) - count) / (count * (count - 1));
}

}  // namespace sage

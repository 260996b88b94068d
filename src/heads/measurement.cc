#include "heads/measurement.h"

#include <algorithm>
#include <cmath>

namespace sage {
namespace {

/// Kullback-Leibler divergence in bits. Where q is 0, p must be.
double divergence(std::span<const double> p, std::span<const double> q) {
  double bits = 0;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] > 0 && q[i] > 0) bits += p[i] * std::log2(p[i] / q[i]);
  return std::max(bits, 0.0);
}

double shannon(std::span<const double> p, std::span<const double> q) {
  std::vector<double> middle(p.begin(), p.end());
  for (std::size_t i = 0; i < middle.size(); ++i) middle[i] = (middle[i] + q[i]) / 2;
  return (divergence(p, middle) + divergence(q, middle)) / 2;
}

/// The mean over a head's queries of rows that belong to their attributes.
template <class Row>
std::vector<double> mean_row(const HeadMeasurement& measured, int head, const Row& row) {
  std::vector<double> mean(measured.attributes.size());
  for (int query = 0; query < static_cast<int>(mean.size()); ++query) {
    const std::span<const double> values = row(query);
    for (std::size_t key = 0; key < mean.size(); ++key)
      mean[key] += measured.weight(head, query) * values[key];
  }
  return mean;
}

}  // namespace

double HeadMeasurement::weight(int head, int query) const {
  const auto of_head = std::span(queries).subspan(
      static_cast<std::size_t>(head) * attributes.size(), attributes.size());
  double total = 0;
  for (const double count : of_head) total += count;
  return total > 0 ? of_head[static_cast<std::size_t>(query)] / total : 0;
}

std::vector<double> key_shares(const HeadMeasurement& measured, int layer, int head) {
  return mean_row(measured, head, [&](int query) { return measured.mass_of(layer, head, query); });
}

std::vector<double> uniform_shares(const HeadMeasurement& measured, int head) {
  return mean_row(measured, head, [&](int query) { return measured.uniform_of(head, query); });
}

double specialisation(const HeadMeasurement& measured, int layer, int head) {
  double bits = 0;
  for (int query = 0; query < static_cast<int>(measured.attributes.size()); ++query)
    bits += measured.weight(head, query) *
            divergence(measured.mass_of(layer, head, query), measured.uniform_of(head, query));
  return bits;
}

double head_distance(const HeadMeasurement& measured, int layer, int first, int second) {
  double bits = 0;
  for (int query = 0; query < static_cast<int>(measured.attributes.size()); ++query)
    bits += (measured.weight(first, query) + measured.weight(second, query)) / 2 *
            shannon(measured.mass_of(layer, first, query), measured.mass_of(layer, second, query));
  return std::sqrt(bits);
}

}  // namespace sage

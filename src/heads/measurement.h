// What the heads of a model look at: attention mass by attribute of query and key.
//
// A plain value with its definitions; made by meter.h, read by cluster.h and picture.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sage {

/// L layers, h query heads, A attributes. For layer l, head i and attributes a, b:
///
///   mass(l, i, a, b)   mean, over the tokens of attribute a for which head i sees any key, of the
///                      attention (softmax) that the head gives to all keys of attribute b together
///   uniform(i, a, b)   the same if the head gave every key that it sees as much as any other
///   queries(i, a)      the number of those tokens
///
/// Where queries(i, a) > 0, mass and uniform sum to 1 over b; elsewhere they are 0.
struct HeadMeasurement {
  std::string model;  // Weights::hash() of the file that was measured
  std::int64_t pieces = 0;
  std::int64_t tokens = 0;
  int layers = 0;
  int heads = 0;
  std::vector<std::string> attributes;  // (A): their names
  std::vector<double> mass;             // (L, h, A, A)
  std::vector<double> uniform;          // (h, A, A)
  std::vector<double> queries;          // (h, A)

  std::span<const double> mass_of(int layer, int head, int query) const {
    return row(mass, std::size_t(layer) * std::size_t(heads) + std::size_t(head), query);
  }
  std::span<const double> uniform_of(int head, int query) const {
    return row(uniform, std::size_t(head), query);
  }
  /// The share of a head's queries that have this attribute.
  double weight(int head, int query) const;

 private:
  std::span<const double> row(const std::vector<double>& of, std::size_t head, int query) const {
    const std::size_t size = attributes.size();
    return std::span(of).subspan((head * size + std::size_t(query)) * size, size);
  }
};

/// (A): the share of a head's attention that goes to keys of each attribute, over all its queries.
std::vector<double> key_shares(const HeadMeasurement& measured, int layer, int head);
/// (A): the same of uniform attention.
std::vector<double> uniform_shares(const HeadMeasurement& measured, int head);

/// How far a head's attention is from uniform attention over the same keys, as far as attributes
/// show it: the Kullback-Leibler divergence of mass from uniform in bits, mean over the queries. 0
/// for a head that heeds no attribute.
double specialisation(const HeadMeasurement& measured, int layer, int head);

/// How differently two heads of a layer attend, in [0, 1]: the root of the Jensen-Shannon
/// divergence (base 2) of their masses, mean over the queries; a metric (Endres and Schindelin
/// 2003).
double head_distance(const HeadMeasurement& measured, int layer, int first, int second);

}  // namespace sage

// Which heads of a layer can share a K/V head: those that attend alike.
#pragma once

#include <optional>
#include <vector>

#include "base/error.h"
#include "heads/measurement.h"

namespace sage {

/// For each layer the K/V head of each query head, (L, h): ModelConfig::kv_groups. K/V heads are
/// numbered in the order of their first query head.
using HeadTables = std::vector<std::vector<int>>;

/// How many K/V heads may be left. Exactly one of these.
struct MergeBudget {
  int kv_heads = 0;                // of all layers together; layers may differ
  std::vector<int> layer_heads;    // of each layer; one number for all
  std::optional<double> distance;  // clusters nearer than this are merged
};

/// Agglomerative clustering with average linkage (UPGMA, Sokal and Michener 1958) on head_distance,
/// within every layer: the two nearest clusters become one until the budget is met, for kv_heads
/// the nearest of all layers first. Deterministic: of equal distances, the lowest layer and heads.
Result<HeadTables> cluster_heads(const HeadMeasurement& measured, const MergeBudget& budget);

/// The control: consecutive heads together in groups as equal as they can be, as in GQA, whatever
/// they attend to. kv_heads are spread evenly over the layers. Refuses a distance.
Result<HeadTables> neighbouring_heads(int layers, int heads, const MergeBudget& budget);

}  // namespace sage

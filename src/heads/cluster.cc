#include "heads/cluster.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace sage {
namespace {

struct Join {
  double distance;
  int layer;
  int first, second;  // the lowest heads of the two clusters, first < second
};

/// All h - 1 joins of a layer, nearest first.
std::vector<Join> joins_of(const HeadMeasurement& measured, int layer) {
  const auto heads = static_cast<std::size_t>(measured.heads);
  std::vector<std::vector<double>> distance(heads, std::vector<double>(heads));
  for (std::size_t a = 0; a < heads; ++a)
    for (std::size_t b = a + 1; b < heads; ++b)
      distance[a][b] = distance[b][a] =
          head_distance(measured, layer, static_cast<int>(a), static_cast<int>(b));
  std::vector<std::size_t> clusters, sizes(heads, 1);  // a cluster is named by its lowest head
  for (std::size_t head = 0; head < heads; ++head) clusters.push_back(head);
  std::vector<Join> joins;
  while (clusters.size() > 1) {
    std::size_t first = clusters[0], second = clusters[1];
    for (std::size_t i = 0; i < clusters.size(); ++i)
      for (std::size_t j = i + 1; j < clusters.size(); ++j)
        if (distance[clusters[i]][clusters[j]] < distance[first][second])
          first = clusters[i], second = clusters[j];
    // With average linkage no join is nearer than one before it, but for rounding.
    const double before = joins.empty() ? 0 : joins.back().distance;
    joins.push_back({std::max(before, distance[first][second]), layer, static_cast<int>(first),
                     static_cast<int>(second)});
    const auto a = static_cast<double>(sizes[first]), b = static_cast<double>(sizes[second]);
    for (const std::size_t other : clusters)
      distance[first][other] = distance[other][first] =
          (a * distance[first][other] + b * distance[second][other]) / (a + b);
    sizes[first] += sizes[second];
    std::erase(clusters, second);
  }
  return joins;
}

/// K/V heads numbered in the order of their first query head, from each head's cluster.
std::vector<int> numbered(const std::vector<int>& cluster_of) {
  std::vector<int> seen, table;
  for (const int cluster : cluster_of) {
    const auto at = std::find(seen.begin(), seen.end(), cluster);
    table.push_back(static_cast<int>(at - seen.begin()));
    if (at == seen.end()) seen.push_back(cluster);
  }
  return table;
}

tl::unexpected<Error> refuse(std::string why) {
  return fail(ErrorCode::kInvalidArgument, std::move(why));
}

Result<void> check(int layers, int heads, const MergeBudget& budget) {
  const bool total = budget.kv_heads != 0, each = !budget.layer_heads.empty();
  if (int{total} + int{each} + int{budget.distance.has_value()} != 1)
    return refuse(
        "say how many K/V heads shall be left in one way: in all layers together, in "
        "each layer, or by a distance");
  if (total && (budget.kv_heads < layers || budget.kv_heads > layers * heads))
    return refuse("the model can keep " + std::to_string(layers) + " to " +
                  std::to_string(layers * heads) + " K/V heads in all layers together, not " +
                  std::to_string(budget.kv_heads));
  if (each && budget.layer_heads.size() != 1 &&
      budget.layer_heads.size() != static_cast<std::size_t>(layers))
    return refuse("give one number of K/V heads, or one for each of the " + std::to_string(layers) +
                  " layers");
  for (const int count : budget.layer_heads)
    if (count < 1 || count > heads)
      return refuse("a layer can keep 1 to " + std::to_string(heads) + " K/V heads, not " +
                    std::to_string(count));
  if (budget.distance && !(*budget.distance >= 0 && *budget.distance <= 1))
    return refuse("the distance of two heads is from 0 to 1");
  return {};
}

int heads_of(const MergeBudget& budget, int layer) {
  return budget.layer_heads[budget.layer_heads.size() == 1 ? 0 : static_cast<std::size_t>(layer)];
}

}  // namespace

Result<HeadTables> cluster_heads(const HeadMeasurement& measured, const MergeBudget& budget) {
  if (auto ok = check(measured.layers, measured.heads, budget); !ok)
    return tl::unexpected(ok.error());
  std::vector<Join> joins;
  for (int layer = 0; layer < measured.layers; ++layer) {
    auto of_layer = joins_of(measured, layer);
    if (!budget.layer_heads.empty())
      of_layer.resize(static_cast<std::size_t>(measured.heads - heads_of(budget, layer)));
    joins.insert(joins.end(), of_layer.begin(), of_layer.end());
  }
  std::stable_sort(joins.begin(), joins.end(), [](const Join& a, const Join& b) {
    return std::tie(a.distance, a.layer) < std::tie(b.distance, b.layer);
  });
  if (budget.kv_heads > 0)
    joins.resize(static_cast<std::size_t>(measured.layers * measured.heads - budget.kv_heads));
  if (budget.distance)
    std::erase_if(joins, [&](const Join& join) { return join.distance >= *budget.distance; });

  HeadTables tables(static_cast<std::size_t>(measured.layers));
  for (auto& table : tables)
    for (int head = 0; head < measured.heads; ++head) table.push_back(head);
  for (const Join& join : joins) {
    auto& table = tables[static_cast<std::size_t>(join.layer)];
    std::replace(table.begin(), table.end(), join.second, join.first);
  }
  for (auto& table : tables) table = numbered(table);
  return tables;
}

Result<HeadTables> neighbouring_heads(int layers, int heads, const MergeBudget& budget) {
  if (auto ok = check(layers, heads, budget); !ok) return tl::unexpected(ok.error());
  if (budget.distance) return refuse("neighbours have no distance; give a number of K/V heads");
  HeadTables tables;
  for (int layer = 0; layer < layers; ++layer) {
    const int groups = budget.kv_heads > 0
                           ? budget.kv_heads / layers + (layer < budget.kv_heads % layers ? 1 : 0)
                           : heads_of(budget, layer);
    auto& table = tables.emplace_back();
    for (int head = 0; head < heads; ++head) table.push_back(head * groups / heads);
  }
  return tables;
}

}  // namespace sage

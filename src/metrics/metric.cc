#include "metrics/metric.h"

#include <vector>

namespace sage {

std::span<const Metric> all_metrics() {
  static const std::vector<Metric> all = [] {
    std::vector<Metric> list;
    for (const MetricFamily* family : metric_registry())
      list.insert(list.end(), family->metrics.begin(), family->metrics.end());
    return list;
  }();
  return all;
}

}  // namespace sage

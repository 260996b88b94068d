#include "heads/picture.h"

#include <cmath>
#include <limits>

#include "plot/heat_map.h"

namespace sage {
namespace {

constexpr int kRoomy = 8;  // heads a layer up to which cells are large enough for numbers

/// Bits by which a share is larger than what uniform attention gives.
double lift(double share, double uniform) {
  if (uniform <= 0) return std::numeric_limits<double>::quiet_NaN();
  return share > 0 ? std::log2(share / uniform) : -64.0;
}

std::string in_bits(double bits) {
  const std::string hundredths = std::to_string(std::lround(100 * bits) + 1000);
  return std::to_string(std::lround(100 * bits) / 100) + "." +
         hundredths.substr(hundredths.size() - 2) + " bits";
}

}  // namespace

std::string head_picture(const HeadMeasurement& measured, const std::string& title) {
  HeatMap map;
  map.title = title;
  map.row_label = "query";
  map.column_label = "columns: attribute of the key; numbers: per cent of the attention";
  map.low = -3, map.high = 3;
  map.low_text = "1/8", map.zero_text = "as uniform attention", map.high_text = "8 times";
  map.panels_a_row = measured.heads;
  map.cell = measured.heads <= kRoomy ? 30 : 14;
  std::vector<int> used;
  for (int a = 0; a < static_cast<int>(measured.attributes.size()); ++a) {
    double count = 0;
    for (int head = 0; head < measured.heads; ++head) count += measured.weight(head, a);
    if (count > 0) used.push_back(a);
  }
  for (const int a : used) map.rows.push_back(measured.attributes[static_cast<std::size_t>(a)]);
  map.columns = map.rows;
  for (int layer = 0; layer < measured.layers; ++layer) {
    map.panel_rows.push_back("layer " + std::to_string(layer));
    for (int head = 0; head < measured.heads; ++head) {
      HeatPanel& panel = map.panels.emplace_back();
      panel.title =
          "head " + std::to_string(head) + ": " + in_bits(specialisation(measured, layer, head));
      for (const int query : used)
        for (const int key : used) {
          const double share = measured.mass_of(layer, head, query)[static_cast<std::size_t>(key)];
          panel.values.push_back(
              lift(share, measured.uniform_of(head, query)[static_cast<std::size_t>(key)]));
          panel.texts.push_back(std::to_string(std::lround(100 * share)));
        }
    }
  }
  return heat_map_svg(map);
}

}  // namespace sage

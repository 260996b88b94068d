#include "plot/heat_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sage {
namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++found;
  return found;
}

HeatMap small_map() {
  HeatMap map;
  map.title = "A < B";
  map.rows = {"one", "two"};
  map.columns = {"x", "y", "z"};
  map.panels = {{"first", {0, 1, 2, -1, NAN, INFINITY}, {"a", "b", "c", "d", "e", "f"}},
                {"second", {0, 0, 0, 0, 0, 0}, {}}};
  map.panels_a_row = 1;
  map.low = -2, map.high = 2;
  return map;
}

TEST(HeatMap, DrawsACellForEveryFiniteValue) {
  const std::string svg = heat_map_svg(small_map());
  const std::size_t scale = 18;  // nine steps each way
  EXPECT_EQ(occurrences(svg, "fill-opacity"), scale + 4 + 6);
  EXPECT_EQ(occurrences(svg, "A &lt; B"), 1u);
  EXPECT_EQ(occurrences(svg, "nan") + occurrences(svg, "inf"), 0u);
  for (const char* text : {">a<", ">f<", ">first<", ">second<", ">one<", ">z<"})
    EXPECT_GE(occurrences(svg, text), 1u) << text;
  EXPECT_EQ(occurrences(svg, ">one<"), 2u);  // beside each row of panels
  EXPECT_EQ(occurrences(svg, ">z<"), 1u);    // below the last
}

TEST(HeatMap, ColourGrowsWithTheValueToItsEnd) {
  HeatMap map = small_map();
  map.panels.resize(1);
  map.panels[0].values = {-9, -1, 0, 1, 2, 9};
  const std::string svg = heat_map_svg(map);
  const auto cells = svg.substr(svg.find(">first<"));
  EXPECT_EQ(occurrences(cells, "#3b82f6"), 2u);
  EXPECT_EQ(occurrences(cells, "fill-opacity=\"0.75\""), 3u);
  EXPECT_EQ(occurrences(cells, "fill-opacity=\"0.38\""), 2u);
  EXPECT_EQ(occurrences(cells, "fill-opacity=\"0.00\""), 1u);
}

TEST(HeatMap, SmallCellsHaveNoTexts) {
  HeatMap map = small_map();
  map.cell = 12;
  EXPECT_EQ(occurrences(heat_map_svg(map), ">a<"), 0u);
}

}  // namespace
}  // namespace sage

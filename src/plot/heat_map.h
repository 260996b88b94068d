// Heat maps as one self-contained SVG: panels of equal grids, in rows, with one scale of colours.
//
// For reports, like chart.h: readable on light and on dark pages, alone in a file or inside a page.
// A pure function of its data; knows nothing of what the numbers mean.
#pragma once

#include <string>
#include <vector>

namespace sage {

struct HeatPanel {
  std::string title;
  std::vector<double> values;      // (rows, columns): the colours; not finite: left blank
  std::vector<std::string> texts;  // (rows, columns): written into the cells; may be empty
};

struct HeatMap {
  std::string title;
  std::string row_label, column_label;     // what the rows and the columns of a panel are
  std::vector<std::string> rows, columns;  // their names, at least one each
  std::vector<HeatPanel> panels;
  int panels_a_row = 4;
  std::vector<std::string> panel_rows;  // names of the rows of panels; may be empty
  /// Values of full colour: `low` in one hue, `high` in the other, 0 without any. Values beyond get
  /// no more. Preconditions: low <= 0 < high.
  double low = 0, high = 1;
  std::string low_text, high_text, zero_text;  // beside the scale of colours
  int cell = 30;                               // pixels, 8 to 80; texts need 24
};

/// The picture as SVG text in UTF-8.
std::string heat_map_svg(const HeatMap& map);

}  // namespace sage

// Tables of a report that read the same as Markdown and as HTML. Internal to eval.
#pragma once

#include <string>
#include <vector>

#include "eval/report.h"

namespace sage {

struct ReportTable {
  struct Row {
    std::vector<std::string> cells;  // the first one names the row
    bool calibration = false;        // a row that says what the values mean
  };
  std::string title;
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::string note;
};

/// Whether the new notes fit the kept ones; without rows where the task has no holes.
ReportTable listening_table(const Report& report);

/// What the systems wrote in probes, which have a known right answer; without rows where none was
/// asked.
ReportTable probe_table(const Report& report);

/// The energy score of several takes; without rows where there is one take only.
ReportTable energy_table(const Report& report);
/// How bars come back, and how much of a continuation is the prompt again.
ReportTable form_table(const Report& report);
/// Whether a classifier can tell the systems from composers, and by what.
ReportTable detection_table(const Report& report);

/// All of them, in the order of the report.
std::vector<ReportTable> report_tables(const Report& report);

}  // namespace sage

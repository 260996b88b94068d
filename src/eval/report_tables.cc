#include "eval/report_tables.h"

#include "eval/text.h"

namespace sage {
namespace {

/// One row for each system, the reference and each calibration; none where `cells` gives nothing.
template <class Cells>
std::vector<ReportTable::Row> rows_of(const Report& report, const Cells& cells) {
  std::vector<ReportTable::Row> rows;
  const auto add = [&](const SystemSummary& s) {
    std::vector<std::string> values = cells(s);
    if (values.empty()) return;
    values.insert(values.begin(), s.name);
    rows.push_back({std::move(values), s.calibration});
  };
  for (const SystemSummary& s : report.summary.systems) add(s);
  add(report.summary.reference);
  for (const SystemSummary& s : report.summary.calibrations) add(s);
  return rows;
}

}  // namespace

ReportTable listening_table(const Report& report) {
  ReportTable table{
      "Listening",
      {"system", "clash ratio", "clashing", "rotated", "doubling", "pieces",
       "notes / composers' notes", "matching notes"},
      {},
      "Clashing: share of the new notes' sounding time that lies a semitone or a "
      "major seventh from a kept pitched note of another instrument. Rotated: the "
      "same after the new notes were moved in time within the hole. Clash ratio: one "
      "over the other, 1 for parts that share a key and nothing else. Doubling: share "
      "of the time in unison or octaves with a kept note; far above the reference's, "
      "the kept part was copied. Matching "
      "notes: F1 of program, onset and pitch against the composer's notes. 95 % "
      "bootstrap intervals over pieces."};
  table.rows = rows_of(report, [](const SystemSummary& s) -> std::vector<std::string> {
    if (!s.listening) return {};
    const ListeningSummary& l = *s.listening;
    return {
        interval_text(l.clash_ratio, 2), interval_text(l.clashing, 3), interval_text(l.rotated, 3),
        interval_text(l.doubling, 2),    count_text(l.pieces),         interval_text(l.density, 2),
        interval_text(l.matches, 3)};
  });
  return table;
}

ReportTable probe_table(const Report& report) {
  ReportTable table{"Listening tests",
                    {"test", "system", "value", "chance", "probes"},
                    {},
                    "Pieces made by rule, in which only the kept part tells what to write; a right "
                    "answer scores 1. Chance: what the same notes score against music that they "
                    "were not written to."};
  for (const SystemSummary& s : report.summary.systems)
    for (const ProbeSummary& probe : s.probes)
      table.rows.push_back(
          {{std::string(describe(probe.kind)), s.name, interval_text(probe.value, 2),
            interval_text(probe.chance, 2), count_text(probe.probes)},
           false});
  return table;
}

std::vector<ReportTable> report_tables(const Report& report) {
  return {listening_table(report), probe_table(report)};
}

}  // namespace sage

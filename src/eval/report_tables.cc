#include "eval/report_tables.h"

#include <algorithm>
#include <cmath>

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

ReportTable energy_table(const Report& report) {
  ReportTable table{
      "Several takes",
      {"system", "energy score", "distance to the composer", "distance of takes"},
      {},
      "Distance: 100 - NMSI. Energy score: the distance to the composer less half the "
      "distance between two takes, a proper score; lower is better. One safe answer "
      "again and again pays for having no variety."};
  table.rows = rows_of(report, [](const SystemSummary& s) -> std::vector<std::string> {
    if (!s.energy) return {};
    return {interval_text(s.energy->score, 1), interval_text(s.energy->to_reference, 1),
            interval_text(s.energy->between, 1)};
  });
  return table;
}

ReportTable form_table(const Report& report) {
  constexpr std::size_t kLags[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16};
  ReportTable table{"Form",
                    {"likeness of bars by distance in bars"},
                    {},
                    "Mean likeness (Dice, onsets of program and pitch) of two bars at a distance, "
                    "where pieces are that long. Composers' bars come back after 4 and 8 bars more "
                    "than after 3, 5 or 7. Prompt: how much of a continuation is the prompt again, "
                    "the mean of each bar's likeness to the prompt's most like bar; far above the "
                    "reference's is copying, far below is another piece."};
  for (const std::size_t lag : kLags) table.columns.push_back(std::to_string(lag));
  const bool prompts = report.summary.reference.form.prompt_likeness.has_value();
  if (prompts) table.columns.emplace_back("prompt");
  table.rows = rows_of(report, [&](const SystemSummary& s) {
    std::vector<std::string> cells;
    for (const std::size_t lag : kLags)
      cells.push_back(fixed_text(s.form.likeness_by_lag[lag - 1].mean, 3));
    if (prompts)
      cells.push_back(s.form.prompt_likeness ? interval_text(*s.form.prompt_likeness, 2) : "-");
    return cells;
  });
  return table;
}

ReportTable detection_table(const Report& report) {
  constexpr std::size_t kShown = 8;
  ReportTable table{
      "Detectability",
      {"system", "accuracy", "works", "gives it away", "weight", "AUC", "composers", "system's"},
      {},
      "Accuracy of a classifier (ridge logistic regression on the metrics of single "
      "pieces) that was trained on half of the works, on the other half, over 50 "
      "splits: 50 % cannot be told from composers. Below it the features with the "
      "largest weights, the means of both, and the chance that the system's value is "
      "the higher one (AUC)."};
  for (const SystemSummary& s : report.summary.systems) {
    if (!s.detection) continue;
    const Detection& d = *s.detection;
    table.rows.push_back(
        {{s.name,
          std::isfinite(d.accuracy.mean) ? fixed_text(100 * d.accuracy.mean, 1) + " % (" +
                                               fixed_text(100 * d.accuracy.low, 1) + " to " +
                                               fixed_text(100 * d.accuracy.high, 1) + ")"
                                         : "-",
          count_text(d.works), "", "", "", "", ""},
         false});
    for (std::size_t k = 0; k < std::min(kShown, d.giveaways.size()); ++k) {
      const Giveaway& g = d.giveaways[k];
      table.rows.push_back({{"", "", "", g.feature, fixed_text(g.weight, 2), fixed_text(g.auc, 2),
                             fixed_text(g.reference_mean, digits_for(g.reference_mean)),
                             fixed_text(g.system_mean, digits_for(g.system_mean))},
                            false});
    }
  }
  return table;
}

std::vector<ReportTable> report_tables(const Report& report) {
  return {energy_table(report), listening_table(report), probe_table(report), form_table(report),
          detection_table(report)};
}

}  // namespace sage

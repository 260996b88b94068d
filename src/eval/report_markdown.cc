#include <algorithm>
#include <limits>

#include "eval/report.h"
#include "eval/report_tables.h"
#include "eval/text.h"
#include "metrics/metric.h"

namespace sage {
namespace markdown {
namespace {

/// For a cell of a table: no bars, no line breaks.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& text : cells) line += " " + cell(text) + " |";
  return line + "\n";
}

std::string header(const std::vector<std::string>& cells) {
  std::string line = row(cells) + "|---|";
  for (std::size_t i = 1; i < cells.size(); ++i) line += "---:|";
  return line + "\n";
}

/// Every row of a table: systems, the reference, calibrations.
template <class Add>
void each_row(const Report& report, const Add& add) {
  for (const SystemSummary& s : report.summary.systems) add(s);
  add(report.summary.reference);
  for (const SystemSummary& s : report.summary.calibrations) add(s);
}

std::string row_name(const SystemSummary& s) { return s.calibration ? "*" + s.name + "*" : s.name; }

std::string league(const Report& report) {
  std::string out =
      "## League table\n\n" + header({"system", "NMSI", "chroma", "groove", "structure", "density",
                                      "pieces", "missing", "unreadable", "silent"});
  each_row(report, [&](const SystemSummary& s) {
    std::vector<std::string> cells = {row_name(s)};
    for (std::size_t m = 0; m < s.measures.size(); ++m)
      cells.push_back(interval_text(s.measures[m], m == 0 ? 1 : 3));
    for (const std::size_t count : {s.pieces, s.missing, s.unreadable, s.silent})
      cells.push_back(count_text(count));
    out += row(cells);
  });
  return out +
         "\nMeans over pieces with 95 % bootstrap intervals. Missing and unreadable outputs score "
         "0. Rows in italics say what the values mean: " +
         calibration_text(report) + "\n\n";
}

std::string kinds(const Report& report) {
  const auto& kinds = report.summary.reference.kinds;
  if (kinds.empty()) return "";
  std::vector<std::string> cells = {"NMSI by what is missing"};
  for (const KindSummary& kind : kinds)
    cells.push_back(std::string(to_string(kind.kind)) + " (" + count_text(kind.pieces) + ")");
  std::string out = header(cells);
  each_row(report, [&](const SystemSummary& s) {
    cells = {row_name(s)};
    for (const KindSummary& kind : s.kinds) cells.push_back(interval_text(kind.nmsi, 1));
    out += row(cells);
  });
  return out + "\n";
}

std::string rest(const Report& report) {
  if (!report.scores.holes) return "";
  std::string out =
      "## What was to stay as it was\n\n" +
      header({"system", "notes", "lost", "added", "other length", "pieces disturbed"});
  for (const SystemSummary& s : report.summary.systems)
    out += row({s.name, count_text(s.rest.notes), count_text(s.rest.lost), count_text(s.rest.added),
                count_text(s.rest.changed), count_text(s.disturbed)});
  return out + "\n";
}

std::string text_of(const ReportTable& table) {
  if (table.rows.empty()) return "";
  std::string out = "## " + table.title + "\n\n" + header(table.columns);
  for (const ReportTable::Row& line : table.rows) {
    std::vector<std::string> cells = line.cells;
    if (line.calibration) cells.front() = "*" + cells.front() + "*";
    out += row(cells);
  }
  return out + "\n" + table.note + "\n\n";
}

std::string tests(const Report& report) {
  if (report.summary.tests.empty()) return "";
  std::string out = "## Paired tests\n\n" + header({"systems", "measure", "difference", "effect d",
                                                    "p", "p (Holm)", "finding"});
  for (const PairedTest& t : report.summary.tests) {
    const bool first = t.difference.mean > 0;
    out += row({t.a + " - " + t.b, measure(t.measure).title,
                interval_text(t.difference, t.measure == 0 ? 1 : 3), fixed_text(t.effect, 2),
                p_text(t.p), p_text(t.p_holm),
                t.shown() ? (first ? t.a : t.b) + " is higher" : "no difference shown"});
  }
  return out +
         "\nTwo-sided permutation tests on the same references; Holm's correction over all "
         "rows.\n\n";
}

std::string metrics(const Report& report) {
  std::string out =
      "## Metrics of single pieces\n\n" +
      header({"metric", "unit", "system", "mean", "pieces", "overlapping area", "KL, nats"});
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    const Metric& metric = all_metrics()[k];
    if (metric.reading != Reading::kDistribution) continue;
    const auto add = [&](const SystemSummary& s) {
      const MetricSummary& m = s.metrics[k];
      out +=
          row({std::string(metric.title), std::string(metric.unit), s.name,
               interval_text(m.mean, digits_for(m.mean.mean)), count_text(m.values),
               fixed_text(m.to_reference.overlapping_area, 3), fixed_text(m.to_reference.kl, 3)});
    };
    add(report.summary.reference);
    for (const SystemSummary& s : report.summary.systems) add(s);
  }
  return out +
         "\nOverlapping area and KL divergence are those of the per-piece values and the "
         "references'.\n\n";
}

std::string failures(const Report& report) {
  std::vector<std::string> cells = {"share of pieces with", "references"};
  for (const SystemSummary& s : report.summary.systems) cells.push_back(s.name);
  std::string out = "## Failure rates\n\n" + header(cells);
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    const Metric& metric = all_metrics()[k];
    if (metric.reading != Reading::kRate) continue;
    cells = {std::string(metric.title), rate_text(report.summary.reference.metrics[k])};
    for (const SystemSummary& s : report.summary.systems) cells.push_back(rate_text(s.metrics[k]));
    out += row(cells);
  }
  return out +
         "\nWith 95 % Wilson intervals, and the number of pieces that could have the fault.\n\n";
}

std::string fault_definitions() {
  std::string out = "## What counts as a failure\n\n";
  for (const Metric& metric : all_metrics())
    if (metric.reading == Reading::kRate)
      out += "- " + std::string(metric.title) + ": " + std::string(metric.reference) + "\n";
  return out + "\n";
}

std::string latency(const Report& report) {
  if (report.latencies.empty()) return "";
  std::string out = "## Speed\n\n" + header({"system", "first note p50", "p95", "p99", "p99.9",
                                             "ms a note p50", "p95", "p99", "p99.9", "notes/s",
                                             "pieces at once", "wall, s", "memory, MB"});
  for (const Latency& l : report.latencies) {
    std::vector<std::string> cells = {l.system};
    for (const double ms : l.first_note_ms) cells.push_back(fixed_text(ms, 1));
    for (const double ms : l.note_ms) cells.push_back(fixed_text(ms, 2));
    cells.push_back(fixed_text(l.notes_per_second, 0));
    cells.push_back(std::to_string(l.jobs));
    cells.push_back(fixed_text(l.wall_seconds, 1));
    cells.push_back(fixed_text(l.peak_memory_mb, 0));
    out += row(cells);
  }
  return out +
         "\nMilliseconds from the request, prompt included, to the first note; then from note "
         "to note. Holes are filled whole, without such times.\n\n";
}

/// At most so many of a list.
std::string skipped_list(const std::string& title, const std::vector<Skipped>& skipped,
                         std::size_t most) {
  if (skipped.empty()) return "";
  std::string out = "**" + title + "** (" + count_text(skipped.size()) + ")\n\n";
  for (std::size_t i = 0; i < std::min(most, skipped.size()); ++i)
    out += "- " + cell(skipped[i].name) + ": " + cell(skipped[i].why) + "\n";
  if (skipped.size() > most) out += "- and " + count_text(skipped.size() - most) + " more\n";
  return out + "\n";
}

std::string left_out(const Report& report, std::size_t most) {
  std::string out =
      skipped_list("References that count for nobody", report.scores.skipped_references, most);
  for (const SystemScores& system : report.scores.systems) {
    std::vector<Skipped> zeros;
    for (const PieceScore& piece : system.pieces)
      if (!piece.why.empty()) zeros.push_back({piece.name, piece.why});
    out +=
        skipped_list(system.name + ": outputs that are missing, unreadable or silent", zeros, most);
    out += skipped_list(system.name + ": files that answer no reference", system.skipped, most);
  }
  return "## What was left out\n\n" + (out.empty() ? "Nothing was left out.\n\n" : out);
}

std::string provenance(const Report& report) {
  const Provenance& p = report.provenance;
  std::string out = "## Where this comes from\n\n";
  out += "- command: `" + p.command + "`\n- program: sage-music " + p.version + ", " + p.system +
         ", kernels " + p.instruction_set + "\n- machine: " + p.machine +
         "\n- references: SHA-256 " + report.scores.data_hash + "\n";
  if (report.scores.holes) out += "- plan of holes: SHA-256 " + report.scores.plan_hash + "\n";
  for (const SystemSummary& s : report.summary.systems)
    out += "- outputs of " + s.name + ": SHA-256 " + s.data_hash + "\n";
  for (const Latency& l : report.latencies)
    out += "- model of " + l.system + ": " + l.model_hash + "\n";
  return out + "- seed " + std::to_string(report.summary.options.seed) + ", " +
         count_text(static_cast<std::size_t>(report.summary.options.resamples)) +
         " bootstrap resamples\n";
}

}  // namespace
}  // namespace markdown

std::string calibration_text(const Report& report) {
  std::string out = "the reference against itself";
  for (const SystemSummary& s : report.summary.calibrations)
    out += "; " + s.name + ": " + s.meaning;
  return out + ".";
}

namespace markdown {
namespace {

std::string findings(const Report& report) {
  std::string out = "# " + report.title + "\n\n" + report.task + "\n\n" +
                    count_text(report.scores.pieces.size()) + " references count, " +
                    count_text(report.scores.skipped_references.size()) + " do not.\n\n";
  if (report.scores.paired) out += league(report) + kinds(report);
  for (const ReportTable& table : report_tables(report)) out += text_of(table);
  if (report.scores.paired) out += rest(report) + tests(report);
  return out + failures(report) + latency(report);
}

}  // namespace
}  // namespace markdown

std::string report_brief(const Report& report) {
  using namespace markdown;
  constexpr std::size_t kMost = 10;
  return findings(report) + left_out(report, kMost);
}

std::string report_markdown(const Report& report) {
  using namespace markdown;
  return findings(report) + metrics(report) + fault_definitions() +
         left_out(report, std::numeric_limits<std::size_t>::max()) + provenance(report);
}

}  // namespace sage

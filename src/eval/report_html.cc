#include <algorithm>

#include "eval/html.h"
#include "eval/report.h"
#include "eval/report_charts.h"
#include "eval/report_tables.h"
#include "eval/text.h"
#include "metrics/metric.h"
#include "plot/chart.h"

namespace sage {
namespace html {
namespace {

/// Every row of a table: systems, the reference, calibrations.
template <class Add>
void each_row(const Report& report, const Add& add) {
  for (const SystemSummary& s : report.summary.systems) add(s);
  add(report.summary.reference);
  for (const SystemSummary& s : report.summary.calibrations) add(s);
}

std::string league(const Report& report) {
  std::string out = tag("h2", "League table") +
                    table_head({"system", "NMSI", "chroma", "groove", "structure", "density",
                                "pieces", "missing", "unreadable", "silent"});
  each_row(report, [&](const SystemSummary& s) {
    std::vector<std::string> cells = {s.name};
    for (std::size_t m = 0; m < s.measures.size(); ++m)
      cells.push_back(m == 0 ? interval_text(s.measures[m], 1) : fixed_text(s.measures[m].mean, 3));
    for (const std::size_t count : {s.pieces, s.missing, s.unreadable, s.silent})
      cells.push_back(count_text(count));
    out += row(cells, s.calibration ? "calibration" : "");
  });
  out += kTableEnd;
  out += small(
      "Means over the pieces, with 95 % bootstrap intervals. Missing and unreadable outputs score "
      "0 "
      "and stay in the denominator. The rows in italics say what a value means: " +
      calibration_text(report));
  return out + wide(terms_chart(report)) + "<div class=\"grid\">" + nmsi_chart(report) +
         pareto_chart(report) + "</div>\n";
}

std::string kinds(const Report& report) {
  const auto& kinds = report.summary.reference.kinds;
  if (kinds.empty()) return "";
  std::vector<std::string> cells = {"NMSI by what is missing"};
  for (const KindSummary& kind : kinds)
    cells.push_back(std::string(to_string(kind.kind)) + ", " + count_text(kind.pieces) + " pieces");
  std::string out = table_head(cells);
  each_row(report, [&](const SystemSummary& s) {
    cells = {s.name};
    for (const KindSummary& kind : s.kinds) cells.push_back(interval_text(kind.nmsi, 1));
    out += row(cells, s.calibration ? "calibration" : "");
  });
  out += kTableEnd;
  return out + small("bars: all instruments; tracks: two or more of them, not all; part: one.");
}

std::string rest(const Report& report) {
  if (!report.scores.holes) return "";
  std::string out =
      tag("h2", "What was to stay as it was") +
      table_head({"system", "notes", "lost", "added", "other length", "pieces disturbed"});
  for (const SystemSummary& s : report.summary.systems)
    out += row({s.name, count_text(s.rest.notes), count_text(s.rest.lost), count_text(s.rest.added),
                count_text(s.rest.changed), count_text(s.disturbed)});
  out += kTableEnd;
  return out + small("Notes around the holes, on the metric grid, beside the reference's.");
}

std::string html_of(const ReportTable& table) {
  if (table.rows.empty()) return "";
  std::string out = tag("h2", table.title) + table_head(table.columns);
  for (const ReportTable::Row& line : table.rows)
    out += row(line.cells, line.calibration ? "calibration" : "");
  out += kTableEnd;
  return out + small(table.note);
}

/// Many rows are folded away.
std::string tests(const Report& report) {
  constexpr std::size_t kManyTests = 20;
  const auto& all = report.summary.tests;
  if (all.empty()) return "";
  const auto shown = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const PairedTest& t) { return t.shown(); }));
  std::string out =
      tag("h2", "Paired tests") + (all.size() > kManyTests ? "<details>" : "<details open>") +
      tag("summary",
          count_text(all.size()) + " tests, " + count_text(shown) + " of them show a difference") +
      table_head({"systems", "measure", "difference", "effect d", "p", "p (Holm)", "finding"});
  for (const PairedTest& t : report.summary.tests) {
    const std::string& higher = t.difference.mean > 0 ? t.a : t.b;
    out += "<tr>";
    for (const std::string& cell :
         {t.a + " \xe2\x88\x92 " + t.b, std::string(measure(t.measure).title),
          interval_text(t.difference, t.measure == 0 ? 1 : 3), fixed_text(t.effect, 2), p_text(t.p),
          p_text(t.p_holm)})
      out += tag("td", cell);
    out += t.shown() ? "<td class=\"found\">" + escape_xml(higher) + " is higher</td></tr>\n"
                     : "<td>no difference shown</td></tr>\n";
  }
  out += kTableEnd;
  return out + "</details>\n" +
         small(
             "Two-sided permutation tests on the same references, Holm's correction over all "
             "rows, Cohen's d of the paired differences.");
}

std::string metrics(const Report& report) {
  std::string out = tag("h2", "Distributions") +
                    small(
                        "Bars: references. Lines: systems. Overlapping area (1 for equal "
                        "distributions) and KL divergence (0) compare the per-piece values with "
                        "the references'.");
  std::vector<std::string> cells = {"metric", "unit", "references"};
  for (const SystemSummary& s : report.summary.systems)
    for (const char* what : {"mean", "overlap", "KL"}) cells.push_back(s.name + ", " + what);
  out += table_head(cells);
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    const Metric& metric = all_metrics()[k];
    if (metric.reading != Reading::kDistribution) continue;
    const double mean = report.summary.reference.metrics[k].mean.mean;
    cells = {std::string(metric.title), metric.unit == "1" ? "" : std::string(metric.unit),
             fixed_text(mean, digits_for(mean))};
    for (const SystemSummary& s : report.summary.systems) {
      const MetricSummary& m = s.metrics[k];
      cells.push_back(interval_text(m.mean, digits_for(mean)));
      cells.push_back(fixed_text(m.to_reference.overlapping_area, 3));
      cells.push_back(fixed_text(m.to_reference.kl, 3));
    }
    out += row(cells);
  }
  out += kTableEnd;
  out += "<div class=\"grid\">";
  for (std::size_t k = 0; k < all_metrics().size(); ++k)
    if (all_metrics()[k].reading == Reading::kDistribution) out += metric_chart(report, k);
  out += "</div>\n";
  out += wide(
      time_chart(report, "Note lengths, in parts of a whole note", &SystemSummary::note_lengths));
  return out + wide(time_chart(report, "Times between onsets of a part, in parts of a whole note",
                               &SystemSummary::inter_onsets));
}

std::string failures(const Report& report) {
  std::vector<std::string> cells = {"share of pieces with", "references"};
  for (const SystemSummary& s : report.summary.systems) cells.push_back(s.name);
  std::string out = tag("h2", "Failure rates") + wide(failure_chart(report)) + table_head(cells);
  std::string definitions = "<details><summary>What counts as a failure</summary><dl>";
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    const Metric& metric = all_metrics()[k];
    if (metric.reading != Reading::kRate) continue;
    cells = {std::string(metric.title), rate_text(report.summary.reference.metrics[k])};
    for (const SystemSummary& s : report.summary.systems) cells.push_back(rate_text(s.metrics[k]));
    out += row(cells);
    definitions += tag("dt", std::string(metric.title)) + tag("dd", std::string(metric.reference));
  }
  out += kTableEnd;
  return out +
         small(
             "With 95 % Wilson intervals, and the number of pieces that could have the fault. "
             "Real music does all of this at times: a rate says something beside the "
             "references'.") +
         definitions + "</dl></details>\n";
}

std::string latency(const Report& report) {
  if (report.latencies.empty()) return "";
  std::string out =
      tag("h2", "Speed") +
      table_head({"system", "first note p50", "p95", "p99", "p99.9", "ms a note p50", "p95", "p99",
                  "p99.9", "notes/s", "at once", "wall, s", "memory, MB"});
  for (const Latency& l : report.latencies) {
    std::vector<std::string> cells = {l.system};
    for (const double ms : l.first_note_ms) cells.push_back(fixed_text(ms, 1));
    for (const double ms : l.note_ms) cells.push_back(fixed_text(ms, 2));
    for (const std::string& text : {fixed_text(l.notes_per_second, 0), std::to_string(l.jobs),
                                    fixed_text(l.wall_seconds, 1), fixed_text(l.peak_memory_mb, 0)})
      cells.push_back(text);
    out += row(cells);
  }
  out += kTableEnd;
  return out +
         small(
             "Milliseconds from the request, prompt included, to the first note, over "
             "pieces; then from note to note, over all notes. Holes are filled whole, without "
             "such times.");
}

/// A drawing that stands alone, so that its styles and the page's leave each other in peace.
std::string picture(const Picture& p) {
  std::string data;
  for (const char c : p.svg) {
    if (c == '%' || c == '#' || c == '"' || c == '\'' || c == '&') {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      data += '%';
      data += kHex[static_cast<unsigned char>(c) >> 4];
      data += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      data += c == '\n' ? ' ' : c;
    }
  }
  return "<figure><figcaption>" + escape_xml(p.title) + "</figcaption>" +
         wide("<img alt=\"piano roll\" src=\"data:image/svg+xml;charset=utf-8," + data + "\">") +
         "</figure>\n";
}

std::string pictures(const Report& report) {
  if (report.pictures.empty()) return "";
  std::string out = tag("h2", "Pieces");
  for (const Picture& p : report.pictures) out += picture(p);
  return out;
}

std::string piece_table(const Report& report) {
  if (!report.scores.paired) return "";
  std::vector<std::string> cells = {"piece"};
  for (const SystemScores& s : report.scores.systems) cells.push_back(s.name);
  for (const SystemScores& s : report.scores.calibrations) cells.push_back(s.name);
  std::string out = "<details><summary>NMSI of every piece</summary>\n" + table_head(cells);
  for (std::size_t i = 0; i < report.scores.pieces.size(); ++i) {
    cells = {report.scores.pieces[i]};
    const auto add = [&](const SystemScores& s) {
      const PieceScore& piece = s.pieces[i];
      const bool plain = piece.status == Status::kScored;
      cells.push_back(fixed_text(piece.similarity.nmsi(), 1) +
                      (plain ? "" : " " + std::string(to_string(piece.status))));
    };
    for (const SystemScores& s : report.scores.systems) add(s);
    for (const SystemScores& s : report.scores.calibrations) add(s);
    out += row(cells);
  }
  out += kTableEnd;
  return out + "</details>\n";
}

std::string skipped_list(const std::string& title, const std::vector<Skipped>& skipped) {
  if (skipped.empty()) return "";
  std::string out =
      "<p><b>" + escape_xml(title) + "</b>: " + count_text(skipped.size()) + "</p><ul>";
  for (const Skipped& s : skipped) out += tag("li", s.name + ": " + s.why);
  return out + "</ul>\n";
}

std::string left_out(const Report& report) {
  std::string out =
      skipped_list("References that count for nobody", report.scores.skipped_references);
  for (const SystemScores& system : report.scores.systems) {
    std::vector<Skipped> zeros;
    for (const PieceScore& piece : system.pieces)
      if (!piece.why.empty()) zeros.push_back({piece.name, piece.why});
    out += skipped_list(system.name + ", missing, unreadable or silent", zeros);
    out += skipped_list(system.name + ", files that answer no reference", system.skipped);
  }
  return tag("h2", "What was left out") + (out.empty() ? "<p>Nothing.</p>\n" : out);
}

std::string provenance(const Report& report) {
  const Provenance& p = report.provenance;
  std::string out = tag("h2", "Where this comes from") + "<dl>";
  const auto add = [&](const std::string& term, const std::string& text) {
    out += tag("dt", term) + "<dd><code>" + escape_xml(text) + "</code></dd>\n";
  };
  add("command", p.command);
  add("program", "sage-music " + p.version + ", " + p.system + ", kernels " + p.instruction_set);
  add("machine", p.machine);
  add("references", "SHA-256 " + report.scores.data_hash);
  if (report.scores.holes) add("plan of holes", "SHA-256 " + report.scores.plan_hash);
  for (const SystemSummary& s : report.summary.systems)
    add("outputs of " + s.name, "SHA-256 " + s.data_hash);
  for (const Latency& l : report.latencies) {
    add("model of " + l.system, l.model_hash);
    add("settings of " + l.system, l.settings.dump());
  }
  add("seed", std::to_string(report.summary.options.seed));
  add("resamples", count_text(static_cast<std::size_t>(report.summary.options.resamples)));
  return out + "</dl>\n";
}

}  // namespace
}  // namespace html

std::string report_html(const Report& report) {
  using namespace html;
  const std::size_t counted = report.scores.pieces.size();
  const std::size_t skipped = report.scores.skipped_references.size();
  std::string out = page_head(report.title);
  out += tag("h1", report.title) + "<p class=\"lead\">" + escape_xml(report.task) + "</p>" +
         small(count_text(counted) + " references count, " + count_text(skipped) + " do not.");
  if (report.scores.paired) out += league(report) + kinds(report);
  for (const ReportTable& table : report_tables(report)) out += html_of(table);
  if (report.scores.paired) out += rest(report) + tests(report);
  out += failures(report) + latency(report) + metrics(report) + pictures(report) +
         piece_table(report) + left_out(report) + provenance(report);
  return out + "</body></html>\n";
}

}  // namespace sage

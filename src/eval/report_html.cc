#include <algorithm>

#include "eval/report.h"
#include "eval/report_charts.h"
#include "eval/text.h"
#include "metrics/metric.h"
#include "plot/chart.h"

namespace sage {
namespace {

constexpr std::string_view kHead =
    R"(<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><style>
:root{--ink:#1e293b;--soft:#64748b;--line:#e2e8f0;--page:#fff;--shade:#f8fafc;--good:#0f766e}
@media(prefers-color-scheme:dark){:root{--ink:#e2e8f0;--soft:#94a3b8;--line:#27324a;--page:#0b1020;
--shade:#111a2e;--good:#5eead4}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:1080px;background:var(--page);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
h1{font-size:1.7rem;margin:0 0 .4rem}h2{font-size:1.2rem;margin:2.6rem 0 .7rem}
p.lead{font-size:1.05rem;color:var(--soft);margin:.2rem 0}p.small,li{color:var(--soft);font-size:.88rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;
font-size:.88rem}th,td{padding:.38rem .6rem;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600}
tr.calibration td{color:var(--soft);font-style:italic}td.found{color:var(--good);font-weight:600}
td b{font-weight:650}svg,img{max-width:100%;height:auto}.grid{display:flex;flex-wrap:wrap;gap:.6rem}
.grid svg{flex:0 1 420px}summary{cursor:pointer;color:var(--soft);margin:.8rem 0}
figure{margin:1rem 0}figcaption{color:var(--soft);font-size:.88rem}code{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;font-size:.86rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
</style>)";

std::string tag(const std::string& name, const std::string& text) {
  return "<" + name + ">" + escape_xml(text) + "</" + name + ">";
}

std::string table_head(const std::vector<std::string>& cells) {
  std::string out = "<div class=\"scroll\"><table><tr>";
  for (const std::string& cell : cells) out += tag("th", cell);
  return out + "</tr>\n";
}
constexpr std::string_view kTableEnd = "</table></div>\n";

std::string row(const std::vector<std::string>& cells, const std::string& style = "") {
  std::string out = style.empty() ? "<tr>" : "<tr class=\"" + style + "\">";
  for (const std::string& cell : cells) out += tag("td", cell);
  return out + "</tr>\n";
}

std::string league(const Report& report) {
  std::string out = tag("h2", "League table") +
                    table_head({"system", "NMSI", "chroma", "groove", "structure", "density",
                                "pieces", "missing", "unreadable", "silent"});
  const auto add = [&](const SystemSummary& s) {
    std::vector<std::string> cells = {s.name};
    for (std::size_t m = 0; m < s.measures.size(); ++m)
      cells.push_back(m == 0 ? interval_text(s.measures[m], 1) : fixed_text(s.measures[m].mean, 3));
    for (const std::size_t count : {s.pieces, s.missing, s.unreadable, s.silent})
      cells.push_back(count_text(count));
    out += row(cells, s.calibration ? "calibration" : "");
  };
  for (const SystemSummary& s : report.summary.systems) add(s);
  add(report.summary.reference);
  for (const SystemSummary& s : report.summary.calibrations) add(s);
  out += kTableEnd;
  out +=
      "<p class=\"small\">Means over the pieces, with 95 % bootstrap intervals. Missing and "
      "unreadable outputs score 0 and stay in the denominator. The rows in italics say what a "
      "value means: the reference against itself, against another piece, and its own prompt "
      "repeated.</p>\n";
  return out + terms_chart(report) + "<div class=\"grid\">" + nmsi_chart(report) +
         pareto_chart(report) + "</div>\n";
}

std::string tests(const Report& report) {
  if (report.summary.tests.empty()) return "";
  std::string out =
      tag("h2", "Paired tests") +
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
  return out +
         "<p class=\"small\">Two-sided permutation tests on the same references, Holm's "
         "correction over all rows, Cohen's d of the paired differences.</p>\n";
}

std::string metrics(const Report& report) {
  std::string out = tag("h2", "Distributions") +
                    "<p class=\"small\">Bars: references. Lines: "
                    "systems. Overlapping area (1 for equal distributions) and KL divergence (0) "
                    "compare the per-piece values with the references'.</p>\n";
  std::vector<std::string> cells = {"metric", "unit", "references"};
  for (const SystemSummary& s : report.summary.systems)
    for (const char* what : {"mean", "overlap", "KL"}) cells.push_back(s.name + ", " + what);
  out += table_head(cells);
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    const Metric& metric = all_metrics()[k];
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
  for (std::size_t k = 0; k < all_metrics().size(); ++k) out += metric_chart(report, k);
  out += "</div>\n";
  out += time_chart(report, "Note lengths, in parts of a whole note", &SystemSummary::note_lengths);
  return out + time_chart(report, "Times between onsets of a part, in parts of a whole note",
                          &SystemSummary::inter_onsets);
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
         "<p class=\"small\">Milliseconds from the request, prompt included, to the first "
         "note, over pieces; then from note to note, over all notes.</p>\n";
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
  return "<figure><figcaption>" + escape_xml(p.title) +
         "</figcaption><img alt=\"piano roll\" src=\"data:image/svg+xml;charset=utf-8," + data +
         "\"></figure>\n";
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

std::string report_html(const Report& report) {
  const std::size_t counted = report.scores.pieces.size();
  const std::size_t skipped = report.scores.skipped_references.size();
  std::string out(kHead);
  out += tag("title", report.title) + "</head><body>\n" + tag("h1", report.title) +
         "<p class=\"lead\">" + escape_xml(report.task) + "</p><p class=\"small\">" +
         count_text(counted) + " references count, " + count_text(skipped) + " do not.</p>\n";
  if (report.scores.paired) out += league(report) + tests(report);
  out += latency(report) + metrics(report) + pictures(report) + piece_table(report) +
         left_out(report) + provenance(report);
  return out + "</body></html>\n";
}

}  // namespace sage

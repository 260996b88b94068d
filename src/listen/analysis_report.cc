#include <cmath>

#include "eval/text.h"
#include "listen/analysis.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN: null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json interval_json(const MeanInterval& i) {
  return {{"mean", number(i.mean)}, {"low", number(i.low)}, {"high", number(i.high)}};
}

Json findings_json(const ListeningTest& test, const ListeningFindings& findings) {
  Json opinions = Json::array(), differences = Json::array(), wins = Json::array(), alphas;
  for (const Opinion& o : findings.opinions)
    opinions.push_back({{"system", test.systems[o.system]},
                        {"scale", kRatingScales[o.scale]},
                        {"score", interval_json(o.score)}});
  for (const OpinionDifference& d : findings.differences)
    differences.push_back({{"a", test.systems[d.a]},
                           {"b", test.systems[d.b]},
                           {"scale", kRatingScales[d.scale]},
                           {"difference", interval_json(d.difference)},
                           {"p", number(d.p)},
                           {"p_holm", number(d.p_holm)}});
  for (const WinRate& w : findings.wins)
    wins.push_back({{"a", test.systems[w.a]},
                    {"b", test.systems[w.b]},
                    {"wins", w.wins},
                    {"votes", w.votes},
                    {"rate", interval_json(w.rate)},
                    {"p_votes", number(w.p_votes)},
                    {"p", number(w.p)},
                    {"p_holm", number(w.p_holm)}});
  for (std::size_t s = 0; s < findings.alphas.size(); ++s)
    alphas[kRatingScales[s]] = number(findings.alphas[s]);
  return {{"listeners", findings.listeners},
          {"mean_opinion_scores", opinions},
          {"differences", differences},
          {"win_rates", wins},
          {"krippendorff_alpha", alphas}};
}

std::string row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (std::string cell : cells) {
    for (std::size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2)
      cell.insert(at, "\\");
    out += " " + cell + " |";
  }
  return out + "\n";
}

std::string head(const std::vector<std::string>& cells) {
  std::string rule = "|---|";
  for (std::size_t i = 1; i < cells.size(); ++i) rule += "---:|";
  return row(cells) + rule + "\n";
}

std::string p_cell(double p) { return std::isnan(p) ? "-" : p_text(p); }

std::string opinion_table(const ListeningTest& test, const ListeningFindings& findings) {
  std::vector<std::string> cells = {"system"};
  for (const char* scale : kRatingScales) cells.push_back(scale);
  std::string out = "### Mean opinion scores, 1 to 5\n\n" + head(cells);
  for (std::size_t system = 0; system < test.systems.size(); ++system) {
    cells = {test.systems[system]};
    for (const Opinion& o : findings.opinions)
      if (o.system == system) cells.push_back(interval_text(o.score, 2));
    out += row(cells);
  }
  cells = {"Krippendorff's alpha"};
  for (const double alpha : findings.alphas) cells.push_back(fixed_text(alpha, 2));
  return out + row(cells) + "\n";
}

std::string difference_table(const ListeningTest& test, const ListeningFindings& findings) {
  std::string out = "### Differences of ratings\n\n" +
                    head({"systems", "scale", "difference", "p", "p (Holm)", "finding"});
  for (const OpinionDifference& d : findings.differences) {
    const std::size_t higher = d.difference.mean > 0 ? d.a : d.b;
    out += row({test.systems[d.a] + " - " + test.systems[d.b], kRatingScales[d.scale],
                interval_text(d.difference, 2), p_cell(d.p), p_cell(d.p_holm),
                d.p_holm < 0.05 ? test.systems[higher] + " is higher" : "no difference shown"});
  }
  return out + "\n";
}

std::string win_table(const ListeningTest& test, const ListeningFindings& findings) {
  std::string out = "### Preferences\n\n" + head({"systems", "wins of the first", "rate",
                                                  "p (binomial)", "p", "p (Holm)", "finding"});
  for (const WinRate& w : findings.wins) {
    const std::size_t winner = 2 * w.wins > w.votes ? w.a : w.b;
    out += row({test.systems[w.a] + " against " + test.systems[w.b],
                std::to_string(w.wins) + " of " + std::to_string(w.votes), interval_text(w.rate, 2),
                p_cell(w.p_votes), p_cell(w.p), p_cell(w.p_holm),
                w.p_holm < 0.05 ? test.systems[winner] + " is preferred" : "no difference shown"});
  }
  return out + "\n";
}

std::string findings_text(const ListeningReport& report, const std::string& title,
                          const ListeningFindings& findings) {
  std::string out = "## " + title + ": " + count_text(findings.listeners) + " listeners\n\n";
  if (findings.listeners == 0) return out + "Nobody: nothing can be said.\n\n";
  return out + opinion_table(report.test, findings) + difference_table(report.test, findings) +
         win_table(report.test, findings);
}

std::string left_out(const ListeningReport& report) {
  std::string out = "## Left out\n\n";
  for (const Refused& refused : report.listeners.refused)
    out += "- " + refused.name + ": " + refused.why + "\n";
  for (const Listener& listener : report.listeners.failed) {
    out += "- participant " + listener.participant + ": failed";
    for (const std::string& check : listener.failed) out += " " + check;
    out += " (counts in the second part only)\n";
  }
  if (report.listeners.refused.empty() && report.listeners.failed.empty()) out += "Nothing.\n";
  return out;
}

}  // namespace

Json report_json(const ListeningReport& report) {
  Json refused = Json::array(), failed = Json::array();
  for (const Refused& r : report.listeners.refused)
    refused.push_back({{"name", r.name}, {"why", r.why}});
  for (const Listener& l : report.listeners.failed)
    failed.push_back({{"participant", l.participant}, {"checks", l.failed}});
  return {{"test", test_id(report.test)},
          {"title", report.test.title},
          {"systems", report.test.systems},
          {"pieces", report.test.pieces},
          {"allowed_failures", report.allowed_failures},
          {"level", report.options.level},
          {"resamples", report.options.resamples},
          {"seed", report.options.seed},
          {"refused", refused},
          {"failed_checks", failed},
          {"passed", findings_json(report.test, report.passed)},
          {"all", findings_json(report.test, report.all)}};
}

std::string report_markdown(const ListeningReport& report) {
  std::string out = "# " + report.test.title + "\n\nTest " + test_id(report.test) + ", " +
                    count_text(report.test.pieces.size()) + " pieces, " +
                    count_text(report.test.systems.size()) + " systems.\n\n";
  out += findings_text(report, "Who passed the checks", report.passed);
  if (!report.listeners.failed.empty())
    out += findings_text(report, "Everybody, failed checks too", report.all);
  out += left_out(report);
  return out + "\nIntervals: " + fixed_text(100 * report.options.level, 0) +
         " %, bootstrap over listeners and pieces. p: permutation test of the listeners' means; "
         "binomial: as if all votes were independent. Holm: over a table. Listeners with more "
         "than " +
         std::to_string(report.allowed_failures) + " failed checks of 4 do not pass.\n";
}

}  // namespace sage

#include "study/token_report.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/file.h"
#include "plot/chart.h"

namespace sage {
namespace {

std::string fixed(double x, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, x);
  return text;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : fixed(100 * share(part, whole), 1);
}

std::uint64_t of_shape(const MergeComposition& composition, MergeAnatomy::Shape shape) {
  return composition.shapes[static_cast<std::size_t>(shape)];
}

/// "0", "500", "20k"
std::string short_number(int merges) {
  if (merges == 0) return "0";
  return merges % 1'000 == 0 ? std::to_string(merges / 1'000) + "k" : std::to_string(merges);
}

std::vector<MusicKind> kinds_of(const TokenReport& report) {
  std::vector<MusicKind> kinds;
  for (const TokenArm& arm : report.arms)
    if (std::find(kinds.begin(), kinds.end(), arm.kind) == kinds.end()) kinds.push_back(arm.kind);
  return kinds;
}

// ------------------------------------------------------------------------------------------------
// plots

using Value = MeanInterval (*)(const TokenMeasures&);

MeanInterval exact(double value) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  return {value, kNone, kNone};
}

Chart empty_chart(const TokenReport& report, std::string title, std::string unit) {
  Chart chart;
  chart.title = std::move(title);
  chart.x.label = "merges";
  for (const TokenMeasures& measures : report.arms.front().sizes)
    chart.x.categories.push_back(short_number(measures.merges));
  chart.y.label = std::move(unit);
  chart.y.from = 0;
  return chart;
}

Series series_of(const TokenArm& arm, std::string name, Value value) {
  Series series;
  series.name = std::move(name);
  series.mark = Mark::kBoth;
  for (std::size_t i = 0; i < arm.sizes.size(); ++i) {
    Point point;
    point.x = static_cast<double>(i);
    const MeanInterval measured = value(arm.sizes[i]);
    point.y = measured.mean;
    point.low = measured.low;
    point.high = measured.high;
    series.points.push_back(point);
  }
  return series;
}

/// One line a boundary.
Chart by_boundary(const TokenReport& report, MusicKind kind, const std::string& title,
                  const std::string& unit, Value value) {
  Chart chart = empty_chart(report, title + ": " + std::string(music_kind_name(kind)), unit);
  for (const TokenArm& arm : report.arms)
    if (arm.kind == kind)
      chart.series.push_back(series_of(arm, std::string(boundary_name(arm.boundary)), value));
  return chart;
}

/// One line a kind of music.
Chart by_kind(const TokenReport& report, Boundary boundary, const std::string& title,
              const std::string& unit, Value value) {
  Chart chart =
      empty_chart(report, title + " (boundary " + std::string(boundary_name(boundary)) + ")", unit);
  for (const TokenArm& arm : report.arms)
    if (arm.boundary == boundary)
      chart.series.push_back(series_of(arm, std::string(music_kind_name(arm.kind)), value));
  return chart;
}

MeanInterval whole_notes(const TokenMeasures& m) {
  return exact(100 * share(of_shape(m.table, MergeAnatomy::Shape::kWholeNote), m.table.total));
}
MeanInterval fragments(const TokenMeasures& m) {
  return exact(100 * share(of_shape(m.table, MergeAnatomy::Shape::kFragment), m.table.total));
}

struct Plot {
  std::string file;
  Chart chart;
};

std::string file_word(MusicKind kind) {
  std::string word(music_kind_name(kind));
  std::replace(word.begin(), word.end(), ' ', '-');
  return word;
}

std::vector<Plot> plots_of(const TokenReport& report) {
  const Boundary first = report.arms.front().boundary, last = report.arms.back().boundary;
  std::vector<Plot> plots;
  const auto add = [&](const std::string& file, Boundary boundary, const std::string& title,
                       Value value) {
    plots.push_back({file + "." + std::string(boundary_name(boundary)) + ".svg",
                     by_kind(report, boundary, title, "% of merges", value)});
  };
  add("whole-notes", first, "Merges that are whole notes", whole_notes);
  if (last != first) add("whole-notes", last, "Merges that are whole notes", whole_notes);
  add("fragments", first, "Merges that are fragments of one note", fragments);
  plots.push_back({"across-instruments." + std::string(boundary_name(first)) + ".svg",
                   by_kind(report, first, "Tokens across instruments", "% of held-out tokens",
                           [](const auto& m) {
                             return exact(100 * share(m.crossings.instruments, m.crossings.tokens));
                           })});
  add("used", first, "Merges that occur in held-out pieces",
      [](const auto& m) { return exact(100 * m.merges_used); });
  for (const MusicKind kind : kinds_of(report)) {
    plots.push_back({"tokens-per-note." + file_word(kind) + ".svg",
                     by_boundary(report, kind, "Tokens a note", "tokens a note",
                                 [](const auto& m) { return m.tokens_per_note; })});
    plots.push_back({"bits-per-note." + file_word(kind) + ".svg",
                     by_boundary(report, kind, "Entropy of single tokens", "bits a note",
                                 [](const auto& m) { return exact(m.bits_per_note); })});
  }
  return plots;
}

// ------------------------------------------------------------------------------------------------
// pages

std::string with_interval(const MeanInterval& interval, int digits) {
  return fixed(interval.mean, digits) + " (" + fixed(interval.low, digits) + "-" +
         fixed(interval.high, digits) + ")";
}

std::string row(const TokenArm& arm, const TokenMeasures& m) {
  const auto& table = m.table;
  const bool none = m.merges == 0;
  std::string text = "| " + (none ? "-" : std::string(boundary_name(arm.boundary))) + " | " +
                     std::to_string(m.learned) + " | ";
  text += with_interval(m.tokens_per_note, 2) + " | ";
  text += with_interval(m.tokens_per_quarter, 1) + " | ";
  text += fixed(m.bits_per_token, 2) + " | " + fixed(m.bits_per_note, 1) + " | ";
  text += (none ? "-" : fixed(100 * m.merges_used, 1)) + " | ";
  for (const auto shape : {MergeAnatomy::Shape::kWholeNote, MergeAnatomy::Shape::kFragment,
                           MergeAnatomy::Shape::kNotes})
    text += percent(of_shape(table, shape), table.total) + " | ";
  const Crossings& crossings = m.crossings;
  for (const std::uint64_t count :
       {crossings.notes, crossings.positions, crossings.bars, crossings.instruments})
    text += percent(count, crossings.tokens) + " | ";
  text += percent(of_shape(m.use, MergeAnatomy::Shape::kWholeNote), m.use.total) + " | ";
  text += (none ? "-" : fixed(m.longest, 0)) + " |\n";
  return text;
}

std::string table_of(const TokenReport& report, MusicKind kind) {
  std::string text =
      "| boundary | merges | tokens a note | tokens a quarter | bits a token | bits a note | used "
      "% | whole notes % | fragments % | several notes % | in use: across notes % | across "
      "positions % | "
      "across bars % | across instruments % | whole notes % | longest |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  bool base_said = false;
  for (const TokenArm& arm : report.arms) {
    if (arm.kind != kind) continue;
    for (const TokenMeasures& measures : arm.sizes) {
      if (measures.merges == 0 && base_said) continue;
      base_said = base_said || measures.merges == 0;
      text += row(arm, measures);
    }
  }
  return text;
}

std::string corpora_of(const TokenReport& report) {
  std::string text =
      "| music | training pieces | notes | tokens | held-out pieces | notes | seconds to learn |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const MusicKind kind : kinds_of(report)) {
    std::string seconds;
    const TokenArm* some = nullptr;
    for (const TokenArm& arm : report.arms) {
      if (arm.kind != kind) continue;
      some = &arm;
      seconds += (seconds.empty() ? "" : ", ") + std::string(boundary_name(arm.boundary)) + " " +
                 fixed(arm.seconds, 1);
    }
    text += "| " + std::string(music_kind_name(kind)) + " | " +
            std::to_string(some->training_pieces) + " | " + std::to_string(some->training_notes) +
            " | " + std::to_string(some->training_tokens) + " | " +
            std::to_string(some->held_out_pieces) + " | " + std::to_string(some->held_out_notes) +
            " | " + seconds + " |\n";
  }
  return text;
}

std::string markdown(const TokenReport& report, const std::vector<Plot>& plots) {
  std::string text = "# Byte pair encoding, token stage\n\n";
  text += "Made by\n\n```\n" + report.command + "\n```\n\n";
  text += "Base tokens: " + describe(report.tokenizer) + ". Training files " +
          report.training_sha256 + ", held-out files " + report.held_out_sha256 +
          " (SHA-256 of the hashes of the files read, in order).\n\n";
  text +=
      "Files are sorted by their notes: one piano program, with onsets on a grid (scores) or off "
      "it (performances), or two programs and more (multi-track). Merges are learnt from the "
      "training pieces of a kind and measured on its held-out pieces, after START. Merges come on "
      "top of the base tokens, so \"500\" means 500 more than these.\n\n";
  text += "## Music\n\n" + corpora_of(report) + "\n";
  text += "## What merges are\n\n";
  for (const Plot& plot : plots)
    if (plot.file.find("per-note") == std::string::npos)
      text += "![" + plot.chart.title + "](" + plot.file + ")\n\n";
  for (const MusicKind kind : kinds_of(report)) {
    std::string title(music_kind_name(kind));
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    text += "## " + title + "\n\n";
    for (const Plot& plot : plots)
      if (plot.file.find("." + file_word(kind) + ".") != std::string::npos)
        text += "![" + plot.chart.title + "](" + plot.file + ")\n\n";
    text += table_of(report, kind) + "\n";
  }
  text +=
      "## Columns\n\n"
      "Tokens a note and a quarter: with the 95 % bootstrap interval over held-out pieces (10,000 "
      "resamples, seed 0). Bits: entropy of the distribution of single tokens in the held-out "
      "pieces, a token and a note. Used: merges that occur there at all. Whole notes: one note "
      "from its pitch to its duration, with or without the position and program that lead it. "
      "Fragments: part of one note. Several notes: parts of two or more, or of a note and the next "
      "bar. In use: shares of all held-out tokens, counted where they stand: that hold parts of "
      "several notes, of notes at different times, a bar line behind another token, notes of "
      "several instruments, exactly one note. Longest: base tokens of the longest merged token. "
      "The rest of the "
      "composition, by sets of attributes, is in report.json.\n";
  return text;
}

nlohmann::ordered_json json_of(const TokenReport& report) {
  nlohmann::ordered_json json = {{"study", "bpe"},
                                 {"stage", "tokens"},
                                 {"command", report.command},
                                 {"tokenizer", describe(report.tokenizer)},
                                 {"training_sha256", report.training_sha256},
                                 {"held_out_sha256", report.held_out_sha256},
                                 {"arms", nlohmann::ordered_json::array()}};
  for (const TokenArm& arm : report.arms) json["arms"].push_back(to_json(arm));
  return json;
}

}  // namespace

Result<void> write_token_report(const TokenReport& report, const std::filesystem::path& folder) {
  const auto plots = plots_of(report);
  for (const Plot& plot : plots)
    if (auto ok = write_text(folder / plot.file, chart_svg(plot.chart)); !ok) return ok;
  if (auto ok = write_text(folder / "report.json", json_of(report).dump(1) + "\n"); !ok) return ok;
  return write_text(folder / "report.md", markdown(report, plots));
}

}  // namespace sage

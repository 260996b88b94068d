#include "data/charts.h"

#include <algorithm>
#include <cstdio>

#include "plot/chart.h"
#include "score/program_names.h"

namespace sage {
namespace {

/// A share in per cent of what a part has.
double percent(std::uint64_t count, std::uint64_t all) {
  return all == 0 ? 0 : 100 * static_cast<double>(count) / static_cast<double>(all);
}

std::uint64_t sum(const std::vector<std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  return total;
}

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (int place = static_cast<int>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  return digits;
}

using Shares =
    std::vector<std::pair<std::string, std::pair<double, double>>>;  // name: train, valid

/// The parts side by side; validation only where there is any.
NamedChart category_chart(const std::string& file, const std::string& title,
                          const std::string& unit, const Shares& shares, bool has_valid) {
  Chart chart;
  chart.title = title;
  chart.y = {.label = unit, .from = 0.0};
  chart.width = 640, chart.height = 320;
  Series train{"train", {}, Mark::kBars, 0}, valid{"valid", {}, Mark::kBars, 1};
  for (const auto& [name, share] : shares) {
    const auto x = static_cast<double>(chart.x.categories.size());
    chart.x.categories.push_back(name);
    train.points.push_back({x, share.first});
    valid.points.push_back({x, share.second});
  }
  chart.series.push_back(std::move(train));
  if (has_valid) chart.series.push_back(std::move(valid));
  return {file, chart_svg(chart)};
}

/// The largest of a map's counts as shares of all, by the training part; the rest as one.
Shares largest(const std::map<std::string, std::uint64_t>& train,
               const std::map<std::string, std::uint64_t>& valid, std::size_t most) {
  std::uint64_t all_train = 0, all_valid = 0;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> both;
  for (const auto& [name, count] : train) both[name].first = count, all_train += count;
  for (const auto& [name, count] : valid) both[name].second = count, all_valid += count;
  std::vector<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>> rows(both.begin(),
                                                                                    both.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  Shares shares;
  std::pair<double, double> rest = {0, 0};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::pair<double, double> share = {percent(rows[i].second.first, all_train),
                                             percent(rows[i].second.second, all_valid)};
    if (i < most) {
      shares.push_back({rows[i].first, share});
    } else {
      rest.first += share.first;
      rest.second += share.second;
    }
  }
  if (rows.size() > most) shares.push_back({"others", rest});
  return shares;
}

std::map<std::string, std::uint64_t> by_program(const PartStats& part) {
  std::map<std::string, std::uint64_t> notes;
  for (int program = 0; program < kProgramCount; ++program)
    if (const auto count = part.programs[static_cast<std::size_t>(program)]; count > 0)
      notes[std::string(program_name(program))] = count;
  return notes;
}

/// About this many bytes of a UTF-8 text, whole characters only.
std::string beginning(const std::string& text, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes) + "..";
}

std::map<std::string, std::uint64_t> by_licence(const PartStats& part) {
  std::map<std::string, std::uint64_t> notes;
  for (const auto& [source, count] : part.sources) {
    // Long licences are sentences; their beginning identifies them.
    std::string name = source.licence;
    if (name.size() > 24) name = beginning(name, 22);
    notes[name] += count.notes;
  }
  return notes;
}

std::map<std::string, std::uint64_t> by_repo(const PartStats& part) {
  std::map<std::string, std::uint64_t> notes;
  for (const auto& [source, count] : part.sources) {
    const std::string name = source.repo.substr(source.repo.find('+') + 1);
    notes[name.size() > 22 ? beginning(name, 20) : name] += count.notes;
  }
  return notes;
}

Series line_of(const std::string& name, const Bins& bins, int colour, Mark mark) {
  Series series{name, {}, mark, colour};
  const std::uint64_t all = sum(bins.counts);
  for (std::size_t i = 0; i < bins.counts.size(); ++i)
    series.points.push_back({bins.at(i), percent(bins.counts[i], all)});
  return series;
}

/// What a bin holds, in per cent of all.
NamedChart histogram(const std::string& file, const std::string& title, const std::string& label,
                     const std::string& unit, const Bins& train, const Bins& valid) {
  Chart chart;
  chart.title = title;
  chart.x = {.label = label, .log = train.log};
  chart.y = {.label = unit, .from = 0.0};
  chart.width = 420, chart.height = 260;
  // Bars of equal shares of a logarithmic axis would be drawn unequal.
  chart.series.push_back(line_of("train", train, 0, train.log ? Mark::kLine : Mark::kBars));
  if (sum(valid.counts) > 0) chart.series.push_back(line_of("valid", valid, 1, Mark::kLine));
  return {file, chart_svg(chart)};
}

Bins pitch_bins(const std::vector<std::uint64_t>& pitches) {
  return {.from = -0.5, .to = 127.5, .counts = pitches};
}

std::string escaped_row(const char* tag, const std::vector<std::string>& cells) {
  std::string out = "<tr>";
  for (const std::string& cell : cells)
    out += std::string("<") + tag + ">" + escape_xml(cell) + "</" + tag + ">";
  return out + "</tr>\n";
}

std::vector<std::string> count_cells(const DataCount& count) {
  return {grouped(count.pieces), grouped(count.notes), grouped(count.bars), grouped(count.tokens),
          grouped(count.with_drums)};
}

std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\"><table>" + escaped_row("th", head);
  for (const auto& row : rows) out += escaped_row("td", row);
  return out + "</table></div>\n";
}

constexpr const char* kPageHead =
    R"(<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><style>
:root{--ink:#1e293b;--soft:#64748b;--line:#e2e8f0;--page:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e2e8f0;--soft:#94a3b8;--line:#27324a;--page:#0b1020}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:1320px;background:var(--page);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
h1{font-size:1.7rem;margin:0 0 .4rem}h2{font-size:1.2rem;margin:2.4rem 0 .7rem}p{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem;
font-variant-numeric:tabular-nums}th,td{padding:.35rem .6rem;text-align:right;
border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:600}.grid{display:grid;
grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:.6rem;align-items:start}
svg{max-width:100%;height:auto}</style>)";

}  // namespace

std::vector<NamedChart> data_charts(const DataStats& stats) {
  const PartStats &train = stats.train, &valid = stats.valid;
  const bool both = valid.total.pieces > 0;
  const auto shares = [&](const auto& of, std::size_t most) {
    return largest(of(train), of(valid), most);
  };
  const auto meters = [](const PartStats& part) { return part.meters; };
  const auto kinds = [](const PartStats& part) { return part.kinds; };
  std::vector<NamedChart> charts;
  charts.push_back(category_chart("sources", "Sources", "% of notes", shares(by_repo, 14), both));
  charts.push_back(
      category_chart("licences", "Licences", "% of notes", shares(by_licence, 10), both));
  charts.push_back(
      category_chart("programs", "Instruments", "% of notes", shares(by_program, 18), both));
  charts.push_back(category_chart("meters", "Meters", "% of bars", shares(meters, 12), both));
  charts.push_back(
      category_chart("kinds", "Tokens by kind", "% of tokens", shares(kinds, 8), both));
  charts.push_back(histogram("tempos", "Tempo", "quarter notes a minute", "% of bars", train.tempos,
                             valid.tempos));
  charts.push_back(histogram("piece-notes", "Length of a piece", "notes", "% of pieces",
                             train.piece_notes, valid.piece_notes));
  charts.push_back(histogram("piece-bars", "Length of a piece", "bars", "% of pieces",
                             train.piece_bars, valid.piece_bars));
  charts.push_back(histogram("density", "Notes a bar", "mean of a piece", "% of pieces",
                             train.notes_a_bar, valid.notes_a_bar));
  charts.push_back(histogram("range", "Range of a piece", "semitones, lowest to highest note",
                             "% of pieces", train.pitch_range, valid.pitch_range));
  charts.push_back(histogram("pitches", "Pitch (60: middle C)", "MIDI pitch, without drums",
                             "% of notes", pitch_bins(train.pitches), pitch_bins(valid.pitches)));
  if (sum(train.drums) > 0)
    charts.push_back(histogram("drums", "Drums (36: bass, 38: snare, 42: hi-hat)", "drum sound",
                               "% of drum notes", pitch_bins(train.drums),
                               pitch_bins(valid.drums)));
  return charts;
}

std::string data_page(const DataStats& stats, const std::string& title) {
  const std::vector<std::string> counted = {"pieces", "notes", "bars", "tokens", "with drums"};
  const auto with = [](std::vector<std::string> cells, const std::vector<std::string>& more) {
    cells.insert(cells.end(), more.begin(), more.end());
    return cells;
  };
  std::string out = kPageHead;
  out +=
      "<title>" + escape_xml(title) + "</title></head><body><h1>" + escape_xml(title) + "</h1>\n";
  out += "<p>" + escape_xml(describe(stats.tokenizer)) + "</p>\n";
  out += table(with({"part"}, counted), {with({"train"}, count_cells(stats.train.total)),
                                         with({"valid"}, count_cells(stats.valid.total))});
  out += "<div class=\"grid\">\n";
  for (const NamedChart& chart : data_charts(stats)) out += chart.svg + "\n";
  out += "</div>\n";
  for (const auto& [name, part] : {std::pair{"train", &stats.train}, {"valid", &stats.valid}}) {
    if (part->sources.empty()) continue;
    std::vector<std::vector<std::string>> rows;
    for (const auto& [source, count] : part->sources)
      rows.push_back(with({source.repo, source.licence}, count_cells(count)));
    out += std::string("<h2>Sources: ") + name + "</h2>\n" +
           table(with({"source", "licence"}, counted), rows);
  }
  std::vector<std::vector<std::string>> dropped;
  for (const auto& [reason, files] : stats.dropped) dropped.push_back({reason, grouped(files)});
  if (!dropped.empty()) out += "<h2>Left out</h2>\n" + table({"reason", "files"}, dropped);
  return out + "</body></html>\n";
}

}  // namespace sage

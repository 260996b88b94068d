#include "live/report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "statistics/quantiles.h"

namespace sage::live {
namespace {

constexpr std::int64_t kLateUs = 10'000;

double quantile_or_zero(std::span<const double> values, double q) {
  return values.empty() ? 0 : quantile(values, q);
}

void measure_output(const std::vector<Sent>& log, Report& report) {
  std::vector<double> off;
  double sum = 0, squares = 0;
  std::array<std::array<bool, kKeys>, kChannels> down{};
  for (const Sent& sent : log) {
    if (sent.message.is_note_on()) down[sent.message.channel()][sent.message.key()] = true;
    if (sent.message.is_note_off()) down[sent.message.channel()][sent.message.key()] = false;
    if (!sent.message.is_note_on() || sent.voice == kThru) continue;
    const double ms = static_cast<double>(sent.sent_us - sent.due_us) * 1e-3;
    off.push_back(std::abs(ms));
    sum += ms;
    squares += ms * ms;
    if (sent.sent_us - sent.due_us > kLateUs) ++report.late;
  }
  for (const auto& channel : down)
    report.stuck += static_cast<std::uint64_t>(std::count(channel.begin(), channel.end(), true));
  if (off.empty()) return;
  const auto n = static_cast<double>(off.size());
  report.jitter_ms = {quantile(off, 0.5), quantile(off, 0.95), quantile(off, 0.99),
                      quantile(off, 0.999),
                      std::sqrt(std::max(0.0, squares / n - sum / n * sum / n))};
}

/// Compares what was handed over with what was sent, note by note.
void find_lost(const Conductor& conductor, const Lineup& lineup, Report& report) {
  std::map<std::tuple<double, int, int>, int> owed;
  for (const BandNote& note : conductor.played())
    ++owed[{static_cast<double>(note.note.onset.count), lineup.of_program(note.program)->channel,
            note.note.pitch}];
  for (const Sent& sent : conductor.log())
    if (sent.message.is_note_on() && sent.voice < lineup.players.size() &&
        lineup.players[sent.voice].is_band)
      --owed[{sent.tick, sent.message.channel(), sent.message.key()}];
  for (const auto& [note, count] : owed) {
    if (count > 0) report.lost += static_cast<std::uint64_t>(count);
    if (count < 0) report.doubled += static_cast<std::uint64_t>(-count);
  }
}

}  // namespace

Report report_of(const Conductor& conductor, const Lineup& lineup) {
  Report report;
  std::vector<double> reactions, writing;
  double staleness = 0;
  for (const Interval& interval : conductor.intervals()) {
    ++report.rungs[static_cast<std::size_t>(interval.rung)];
    staleness += interval.staleness_us * 1e-3;
    writing.push_back(interval.took_us * 1e-3);
    if (interval.reaction_us >= 0) reactions.push_back(interval.reaction_us * 1e-3);
  }
  if (!conductor.intervals().empty()) {
    const auto n = static_cast<double>(conductor.intervals().size());
    report.interaction_success = static_cast<double>(report.rungs[0]) / n;
    report.staleness_ms = staleness / n;
  }
  report.first_reaction_ms = {quantile_or_zero(reactions, 0.5), quantile_or_zero(reactions, 0.99)};
  report.writing_ms_p50 = quantile_or_zero(writing, 0.5);
  report.writing_ms_p99 = quantile_or_zero(writing, 0.99);
  measure_output(conductor.log(), report);
  find_lost(conductor, lineup, report);
  report.notes = conductor.played().size();
  report.human_notes = conductor.hearing().notes().size();
  report.ignored = conductor.hearing().ignored();
  return report;
}

nlohmann::ordered_json to_json(const Report& report) {
  nlohmann::ordered_json rungs;
  for (int i = 0; i < kRungs; ++i)
    rungs[name_of(static_cast<Rung>(i))] = report.rungs[static_cast<std::size_t>(i)];
  return {
      {"interaction_success", report.interaction_success},
      {"staleness_ms", report.staleness_ms},
      {"jitter_ms",
       {{"p50", report.jitter_ms.p50}, {"p99", report.jitter_ms.p99}, {"sd", report.jitter_ms.sd}}},
      {"first_reaction_ms",
       {{"p50", report.first_reaction_ms.p50}, {"p99", report.first_reaction_ms.p99}}},
      {"lost", report.lost},
      {"doubled", report.doubled},
      {"stuck", report.stuck},
      {"late", report.late},
      {"rungs", rungs},
      {"tempo", report.tempo},
      {"details",
       {{"jitter_p95_ms", report.jitter_ms.p95},
        {"jitter_p99.9_ms", report.jitter_ms.p999},
        {"writing_ms", {{"p50", report.writing_ms_p50}, {"p99", report.writing_ms_p99}}},
        {"seconds", report.seconds},
        {"bars", report.bars},
        {"notes", report.notes},
        {"human_notes", report.human_notes},
        {"human_notes_ignored", report.ignored},
        {"input_dropped", report.input_dropped},
        {"real_time_priority", report.real_time}}}};
}

}  // namespace sage::live

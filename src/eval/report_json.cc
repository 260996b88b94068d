#include <cmath>

#include "base/file.h"
#include "eval/report.h"
#include "metrics/metric.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN: null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json interval(const MeanInterval& i) {
  return {{"mean", number(i.mean)}, {"low", number(i.low)}, {"high", number(i.high)}};
}

Json divergence_json(const Divergence& d) {
  return {{"overlapping_area", number(d.overlapping_area)}, {"kl", number(d.kl)}};
}

Json skipped_json(const std::vector<Skipped>& skipped) {
  Json list = Json::array();
  for (const Skipped& s : skipped) list.push_back({{"name", s.name}, {"why", s.why}});
  return list;
}

Json rest_json(const Rest& rest) {
  return {
      {"notes", rest.notes}, {"lost", rest.lost}, {"added", rest.added}, {"changed", rest.changed}};
}

Json listening_json(const ListeningSummary& listening) {
  return {{"clash_ratio", interval(listening.clash_ratio)},
          {"clashing", interval(listening.clashing)},
          {"clashing_rotated", interval(listening.rotated)},
          {"doubling", interval(listening.doubling)},
          {"pieces", listening.pieces},
          {"density", interval(listening.density)},
          {"matching_notes", interval(listening.matches)}};
}

Json listening_json(const Listening& listening) {
  Json json = {{"written", listening.matches.written},
               {"expected", listening.matches.expected},
               {"matching_pitch", listening.matches.pitch},
               {"matching_pitch_class", listening.matches.pitch_class}};
  if (listening.clash.defined) {
    json["clashing"] = listening.clash.clashing;
    json["clashing_rotated"] = listening.clash.rotated;
    json["doubling"] = listening.clash.doubling;
  }
  return json;
}

Json detection_json(const Detection& detection) {
  Json json = {{"accuracy", interval(detection.accuracy)}, {"works", detection.works}};
  for (const Giveaway& g : detection.giveaways)
    json["giveaways"].push_back({{"feature", g.feature},
                                 {"weight", number(g.weight)},
                                 {"auc", number(g.auc)},
                                 {"reference_mean", number(g.reference_mean)},
                                 {"system_mean", number(g.system_mean)}});
  return json;
}

Json summary_json(const SystemSummary& system) {
  Json json = {{"name", system.name},
               {"calibration", system.calibration},
               {"folder", system.folder},
               {"data_hash", system.data_hash},
               {"pieces", system.pieces},
               {"missing", system.missing},
               {"unreadable", system.unreadable},
               {"silent", system.silent}};
  if (!system.meaning.empty()) json["meaning"] = system.meaning;
  for (std::size_t m = 0; m < system.measures.size(); ++m)
    json[measure(m).name] = interval(system.measures[m]);
  for (const KindSummary& kind : system.kinds)
    json["by_kind"][std::string(to_string(kind.kind))] = {{"pieces", kind.pieces},
                                                          {"nmsi", interval(kind.nmsi)}};
  if (system.rest.notes > 0) {
    json["rest"] = rest_json(system.rest);
    json["rest"]["disturbed_pieces"] = system.disturbed;
  }
  if (system.energy)
    json["energy_score"] = {{"score", interval(system.energy->score)},
                            {"to_reference", interval(system.energy->to_reference)},
                            {"between_takes", interval(system.energy->between)}};
  for (const MeanInterval& likeness : system.form.likeness_by_lag)
    json["likeness_by_lag"].push_back(interval(likeness));
  if (system.form.prompt_likeness) json["prompt_likeness"] = interval(*system.form.prompt_likeness);
  if (system.detection) json["detection"] = detection_json(*system.detection);
  if (system.listening) json["listening"] = listening_json(*system.listening);
  for (const ProbeSummary& probe : system.probes)
    json["probes"][std::string(to_string(probe.kind))] = {{"probes", probe.probes},
                                                          {"value", interval(probe.value)},
                                                          {"chance", interval(probe.chance)}};
  for (std::size_t k = 0; k < system.metrics.size(); ++k) {
    const MetricSummary& metric = system.metrics[k];
    Json entry = interval(metric.mean);
    entry["values"] = metric.values;
    if (all_metrics()[k].reading == Reading::kDistribution)
      entry.update(divergence_json(metric.to_reference));
    json["metrics"][all_metrics()[k].name] = std::move(entry);
  }
  json["note_lengths"] = {{"shares", system.note_lengths}};
  json["note_lengths"].update(divergence_json(system.note_length_divergence));
  json["inter_onset_times"] = {{"shares", system.inter_onsets}};
  json["inter_onset_times"].update(divergence_json(system.inter_onset_divergence));
  return json;
}

Json test_json(const PairedTest& test) {
  return {{"a", test.a},
          {"b", test.b},
          {"measure", measure(test.measure).name},
          {"difference", interval(test.difference)},
          {"p", number(test.p)},
          {"p_holm", number(test.p_holm)},
          {"effect_size", number(test.effect)},
          {"difference_shown", test.shown()}};
}

Json piece_json(const PieceScore& piece, bool paired) {
  Json json = {{"status", to_string(piece.status)}};
  if (!piece.why.empty()) json["why"] = piece.why;
  if (paired)
    for (std::size_t m = 0; m < kMeasureCount; ++m)
      json[measure(m).name] = measure(m).of(piece.similarity);
  json["notes"] = piece.notes;
  if (piece.rest) json["rest"] = rest_json(*piece.rest);
  if (piece.listening) json["listening"] = listening_json(*piece.listening);
  if (piece.energy)
    json["energy_score"] = {{"score", piece.energy->score},
                            {"to_reference", piece.energy->to_reference},
                            {"between_takes", piece.energy->between}};
  if (piece.prompt_likeness) json["prompt_likeness"] = number(*piece.prompt_likeness);
  for (std::size_t k = 0; k < piece.metrics.size(); ++k)
    json[std::string(all_metrics()[k].name)] = number(piece.metrics[k]);
  return json;
}

Json pieces_json(const SystemScores& system, bool paired) {
  Json json = Json::object();
  for (const PieceScore& piece : system.pieces) json[piece.name] = piece_json(piece, paired);
  return json;
}

Json latency_json(const Latency& latency) {
  const auto list = [](const std::vector<double>& values) {
    Json json;
    constexpr const char* kNames[] = {"p50", "p95", "p99", "p99.9"};
    for (std::size_t i = 0; i < values.size(); ++i) json[kNames[i]] = number(values[i]);
    return json;
  };
  return {{"system", latency.system},
          {"model", latency.model_hash},
          {"pieces", latency.pieces},
          {"notes", latency.notes},
          {"time_to_first_note_ms", list(latency.first_note_ms)},
          {"ms_a_note", list(latency.note_ms)},
          {"notes_per_second", latency.notes_per_second},
          {"jobs", latency.jobs},
          {"threads", latency.threads},
          {"wall_seconds", latency.wall_seconds},
          {"peak_memory_mb", latency.peak_memory_mb},
          {"settings", latency.settings}};
}

Json metrics_json() {
  Json list;
  for (const Metric& metric : all_metrics())
    list[std::string(metric.name)] = {
        {"unit", metric.unit},
        {"definition", metric.reference},
        {"reading", metric.reading == Reading::kRate ? "rate" : "distribution"}};
  return list;
}

}  // namespace

Json report_json(const Report& report) {
  const Scores& scores = report.scores;
  Json json = {{"benchmark", "SAGE-Music"},
               {"title", report.title},
               {"task", report.task},
               {"provenance",
                {{"command", report.provenance.command},
                 {"version", report.provenance.version},
                 {"machine", report.provenance.machine},
                 {"system", report.provenance.system},
                 {"instruction_set", report.provenance.instruction_set},
                 {"references_hash", scores.data_hash},
                 {"seed", report.summary.options.seed},
                 {"resamples", report.summary.options.resamples},
                 {"interval", "95 % percentile bootstrap over pieces; of rates Wilson's"}}},
               {"scope", {{"skip_bars", scores.scope.skip}, {"bars", scores.scope.bars}}},
               {"pieces", scores.pieces.size()},
               {"skipped_references", skipped_json(scores.skipped_references)}};
  if (scores.holes)
    json["holes"] = {{"task", to_string(*scores.holes)}, {"plan_hash", scores.plan_hash}};
  json["systems"] = Json::array();
  for (const SystemSummary& s : report.summary.systems) json["systems"].push_back(summary_json(s));
  json["calibrations"] = Json::array({summary_json(report.summary.reference)});
  for (const SystemSummary& s : report.summary.calibrations)
    json["calibrations"].push_back(summary_json(s));
  json["tests"] = Json::array();
  for (const PairedTest& test : report.summary.tests) json["tests"].push_back(test_json(test));
  json["latency"] = Json::array();
  for (const Latency& latency : report.latencies) json["latency"].push_back(latency_json(latency));
  json["metrics"] = metrics_json();
  json["scores"]["reference"] = pieces_json(scores.reference, scores.paired);
  for (const SystemScores& system : scores.systems) {
    json["scores"][system.name] = pieces_json(system, scores.paired);
    json["skipped_outputs"][system.name] = skipped_json(system.skipped);
  }
  for (const SystemScores& row : scores.calibrations)
    json["scores"][row.name] = pieces_json(row, scores.paired);
  return json;
}

Result<void> write_report(const Report& report, const std::string& name) {
  const auto replace = Json::error_handler_t::replace;  // names of files need not be UTF-8
  if (auto ok = write_text(name + ".json", report_json(report).dump(1, ' ', false, replace) + "\n");
      !ok)
    return ok;
  if (auto ok = write_text(name + ".md", report_markdown(report)); !ok) return ok;
  return write_text(name + ".html", report_html(report));
}

}  // namespace sage

#include "eval/summary.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "base/nan.h"
#include "metrics/metric.h"

namespace sage {
namespace {

constexpr std::array<Measure, kMeasureCount> kMeasures = {{
    {"nmsi", "NMSI", [](const Similarity& s) { return s.nmsi(); }},
    {"sim_chr", "chroma", [](const Similarity& s) { return s.chroma; }},
    {"sim_grv", "groove", [](const Similarity& s) { return s.groove; }},
    {"sim_ssm", "structure", [](const Similarity& s) { return s.structure; }},
    {"sim_nd", "density", [](const Similarity& s) { return s.density; }},
}};

std::vector<double> values_of(const SystemScores& system, const Measure& m) {
  std::vector<double> values;
  for (const PieceScore& piece : system.pieces) values.push_back(m.of(piece.similarity));
  return values;
}

/// The values of a metric over the pieces that have one.
std::vector<double> metric_values(const SystemScores& system, std::size_t metric) {
  std::vector<double> values;
  for (const PieceScore& piece : system.pieces)
    if (metric < piece.metrics.size() && piece.metrics[metric] == piece.metrics[metric])
      values.push_back(piece.metrics[metric]);
  return values;
}

TimeHistogram pooled(const SystemScores& system, TimeHistogram PieceScore::*part) {
  TimeHistogram sum = {};
  for (const PieceScore& piece : system.pieces)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += (piece.*part)[k];
  const double all = std::accumulate(sum.begin(), sum.end(), 0.0);
  for (double& x : sum) x /= std::max(all, 1.0);
  return sum;
}

MetricSummary summarise_metric(const SystemScores& system, const SystemScores& reference,
                               std::size_t k, const BootstrapOptions& bootstrap) {
  const auto values = metric_values(system, k);
  if (all_metrics()[k].reading == Reading::kRate) {
    const auto found = std::count_if(values.begin(), values.end(), [](double x) { return x > 0; });
    return {share_interval(static_cast<std::uint64_t>(found), values.size()), values.size(), {}};
  }
  return {bootstrap_mean(values, bootstrap), values.size(),
          divergence(values, metric_values(reference, k))};
}

std::vector<KindSummary> by_kind(const SystemScores& system, const std::vector<HoleKind>& kinds,
                                 const BootstrapOptions& bootstrap) {
  std::map<HoleKind, std::vector<double>> values;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    values[kinds[i]].push_back(system.pieces[i].similarity.nmsi());
  std::vector<KindSummary> out;
  for (const auto& [kind, nmsi] : values)
    out.push_back({kind, nmsi.size(), bootstrap_mean(nmsi, bootstrap)});
  return out.size() > 1 ? out : std::vector<KindSummary>();
}

std::optional<ListeningSummary> summarise_listening(const SystemScores& system,
                                                    const BootstrapOptions& bootstrap) {
  std::vector<double> clashing, rotated, doubling, written, expected, matched;
  for (const PieceScore& piece : system.pieces) {
    if (!piece.listening) continue;
    const auto& [clash, matches] = *piece.listening;
    if (clash.defined) {
      clashing.push_back(clash.clashing);
      rotated.push_back(clash.rotated);
      doubling.push_back(clash.doubling);
    }
    written.push_back(static_cast<double>(matches.written));
    expected.push_back(static_cast<double>(matches.expected));
    matched.push_back(matches.pitch_share());
  }
  if (written.empty()) return std::nullopt;
  return ListeningSummary{bootstrap_ratio(clashing, rotated, bootstrap),
                          bootstrap_mean(clashing, bootstrap),
                          bootstrap_mean(rotated, bootstrap),
                          bootstrap_mean(doubling, bootstrap),
                          clashing.size(),
                          bootstrap_ratio(written, expected, bootstrap),
                          bootstrap_mean(matched, bootstrap)};
}

std::optional<EnergySummary> summarise_energy(const SystemScores& system,
                                              const BootstrapOptions& bootstrap) {
  std::vector<double> scores, to_reference, between;
  for (const PieceScore& piece : system.pieces) {
    if (!piece.energy) continue;
    scores.push_back(piece.energy->score);
    to_reference.push_back(piece.energy->to_reference);
    between.push_back(piece.energy->between);
  }
  if (scores.empty()) return std::nullopt;
  return EnergySummary{bootstrap_mean(scores, bootstrap), bootstrap_mean(to_reference, bootstrap),
                       bootstrap_mean(between, bootstrap)};
}

/// The mean of what is no NaN, over the pieces.
template <class Value>
MeanInterval mean_over(const SystemScores& system, const BootstrapOptions& bootstrap,
                       const Value& value) {
  std::vector<double> values;
  for (const PieceScore& piece : system.pieces)
    if (const double x = value(piece); x == x) values.push_back(x);
  return bootstrap_mean(values, bootstrap);
}

FormSummary summarise_form(const SystemScores& system, const BootstrapOptions& bootstrap) {
  FormSummary out;
  for (std::size_t k = 0; k < kMostLag; ++k)
    out.likeness_by_lag[k] = mean_over(system, bootstrap, [&](const PieceScore& piece) {
      return piece.metrics.empty() ? kNaN : piece.likeness_by_lag[k];
    });
  if (std::any_of(system.pieces.begin(), system.pieces.end(),
                  [](const PieceScore& piece) { return piece.prompt_likeness.has_value(); }))
    out.prompt_likeness = mean_over(system, bootstrap, [&](const PieceScore& piece) {
      return piece.prompt_likeness.value_or(kNaN);
    });
  return out;
}

/// What the classifier sees of a piece: its metrics, and of a continuation how far they are from
/// the prompt's and how much of it is the prompt again.
std::vector<double> detection_features(const PieceScore& piece) {
  std::vector<double> features = piece.metrics;
  features.insert(features.end(), piece.prompt_change.begin(), piece.prompt_change.end());
  if (piece.prompt_likeness) features.push_back(*piece.prompt_likeness);
  return features;
}

std::optional<Detection> summarise_detection(const SystemScores& system,
                                             const SystemScores& reference,
                                             const SummaryOptions& options) {
  std::vector<std::string> names;
  std::vector<std::vector<double>> composers, outputs;
  for (std::size_t i = 0; i < reference.pieces.size(); ++i) {
    if (system.pieces[i].metrics.empty()) continue;
    composers.push_back(detection_features(reference.pieces[i]));
    outputs.push_back(detection_features(system.pieces[i]));
  }
  if (composers.empty()) return std::nullopt;
  for (const Metric& metric : all_metrics()) names.emplace_back(metric.title);
  if (composers.front().size() > names.size()) {
    for (const Metric& metric : all_metrics())
      names.push_back(std::string(metric.title) + ", distance from the prompt's");
    names.push_back("Likeness to the prompt");
  }
  return detect(names, composers, outputs, {.seed = options.seed, .resamples = options.resamples});
}

SystemSummary summarise(const SystemScores& system, const Scores& scores,
                        const SummaryOptions& options) {
  const SystemScores& reference = scores.reference;
  SystemSummary out;
  out.name = system.name;
  out.meaning = system.meaning;
  out.folder = system.folder;
  out.data_hash = system.data_hash;
  out.calibration = system.calibration;
  out.pieces = system.pieces.size();
  for (const PieceScore& piece : system.pieces) {
    out.missing += piece.status == Status::kMissing;
    out.unreadable += piece.status == Status::kUnreadable;
    out.silent += piece.status == Status::kSilent;
    if (!piece.rest) continue;
    out.rest += *piece.rest;
    out.disturbed += piece.rest->violations() > 0;
  }
  const BootstrapOptions bootstrap{.resamples = options.resamples, .seed = options.seed};
  for (const Measure& m : kMeasures)
    if (scores.paired) out.measures.push_back(bootstrap_mean(values_of(system, m), bootstrap));
  for (std::size_t k = 0; k < all_metrics().size(); ++k)
    out.metrics.push_back(summarise_metric(system, reference, k, bootstrap));
  out.listening = summarise_listening(system, bootstrap);
  out.energy = summarise_energy(system, bootstrap);
  out.form = summarise_form(system, bootstrap);
  if (scores.paired && !system.calibration)
    out.detection = summarise_detection(system, reference, options);
  out.probes = summarise(system.probes, bootstrap);
  out.kinds = by_kind(system, scores.kinds, bootstrap);
  out.note_lengths = pooled(system, &PieceScore::note_lengths);
  out.inter_onsets = pooled(system, &PieceScore::inter_onsets);
  out.note_length_divergence =
      histogram_divergence(out.note_lengths, pooled(reference, &PieceScore::note_lengths));
  out.inter_onset_divergence =
      histogram_divergence(out.inter_onsets, pooled(reference, &PieceScore::inter_onsets));
  return out;
}

PairedTest test(const SystemScores& a, const SystemScores& b, std::size_t index,
                const SummaryOptions& options) {
  const auto x = values_of(a, kMeasures[index]), y = values_of(b, kMeasures[index]);
  std::vector<double> differences;
  for (std::size_t i = 0; i < x.size(); ++i) differences.push_back(x[i] - y[i]);
  PairedTest out;
  out.a = a.name;
  out.b = b.name;
  out.measure = index;
  out.difference =
      bootstrap_mean(differences, {.resamples = options.resamples, .seed = options.seed});
  out.p = paired_permutation_test(differences, {.seed = options.seed});
  out.effect = paired_effect_size(differences);
  return out;
}

std::vector<PairedTest> test_all(const Scores& scores, const std::vector<std::size_t>& order,
                                 const SummaryOptions& options) {
  std::vector<PairedTest> tests;
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = i + 1; j < order.size(); ++j)
      for (std::size_t m = 0; m < kMeasureCount; ++m)
        tests.push_back(test(scores.systems[order[i]], scores.systems[order[j]], m, options));
  std::vector<double> p;
  for (const PairedTest& t : tests) p.push_back(t.p);
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < tests.size(); ++i) tests[i].p_holm = adjusted[i];
  return tests;
}

}  // namespace

const Measure& measure(std::size_t index) { return kMeasures[index]; }

Summary summarise(const Scores& scores, const SummaryOptions& options) {
  Summary out;
  out.options = options;
  const auto row = [&](const SystemScores& system) { return summarise(system, scores, options); };
  out.reference = row(scores.reference);
  for (const SystemScores& system : scores.calibrations) out.calibrations.push_back(row(system));
  std::vector<SystemSummary> rows;
  for (const SystemScores& system : scores.systems) rows.push_back(row(system));
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (scores.paired) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return rows[a].measures[0].mean > rows[b].measures[0].mean;
    });
    out.tests = test_all(scores, order, options);
  }
  for (const std::size_t i : order) out.systems.push_back(std::move(rows[i]));
  return out;
}

}  // namespace sage

#include "study/analysis.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/nan.h"

namespace sage {
namespace {

constexpr std::array<ArmMeasure, kArmMeasures> kMeasures = {{
    {"nats_per_note", "nats a note", true, 3},
    {"nmsi", "NMSI", false, 2},
    {"sim_chr", "chroma", false, 3},
    {"sim_grv", "groove", false, 3},
    {"sim_ssm", "structure", false, 3},
    {"sim_nd", "density", false, 3},
}};

double mean_of(const std::vector<double>& values) {
  return values.empty() ? kNaN
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

/// Values by seed and piece, where every seed has every piece.
struct Grid {
  std::vector<std::vector<double>> rows;  // (seeds, pieces)

  std::vector<double> seed_means() const {
    std::vector<double> means;
    for (const auto& row : rows) means.push_back(mean_of(row));
    return means;
  }
  std::vector<double> piece_means() const {
    std::vector<double> means(rows.front().size());
    for (const auto& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i)
        means[i] += row[i] / static_cast<double>(rows.size());
    return means;
  }
  /// Over the seeds; of a single seed over its pieces.
  MeanInterval interval() const {
    return rows.size() == 1 ? bootstrap_mean(rows.front()) : t_interval(seed_means());
  }
};

/// `value(seed, piece)` for all of both; a piece without a value for some seed is excluded.
template <class Value>
Grid make_grid(std::size_t seeds, std::size_t pieces, const Value& value) {
  Grid grid{std::vector<std::vector<double>>(seeds)};
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    std::vector<double> column;
    for (std::size_t seed = 0; seed < seeds; ++seed) column.push_back(value(seed, piece));
    if (std::any_of(column.begin(), column.end(), [](double x) { return std::isnan(x); })) continue;
    for (std::size_t seed = 0; seed < seeds; ++seed) grid.rows[seed].push_back(column[seed]);
  }
  return grid;
}

template <class Member>
double mean_over(const std::vector<ArmResult>& results, const Member& member) {
  std::vector<double> values;
  for (const ArmResult& result : results) values.push_back(member(result));
  return mean_of(values);
}

ArmSummary summarise(const std::string& arm, const std::vector<ArmResult>& results) {
  ArmSummary out;
  out.arm = arm;
  for (const ArmResult& result : results) out.seeds.push_back(result.seed);
  for (std::size_t m = 0; m < kArmMeasures; ++m)
    out.measures[m] = make_grid(results.size(), piece_count(results.front(), m),
                                [&](std::size_t seed, std::size_t piece) {
                                  return arm_value(results[seed], m, piece);
                                })
                          .interval();
  double nats = 0, notes = 0, tokens = 0;
  for (const ArmResult& result : results)
    for (const PieceNats& piece : result.pieces) {
      nats += piece.nats;
      notes += static_cast<double>(piece.notes);
      tokens += static_cast<double>(piece.tokens);
    }
  out.pooled_nats_per_note = nats / notes;
  out.tokens_per_note = tokens / notes;
  out.steps_per_note = out.tokens_per_note / results.front().model.fields;
  out.notes_per_second = mean_over(results, [](const ArmResult& r) {
    return static_cast<double>(r.written_notes) / r.writing_seconds;
  });
  out.training_seconds = mean_over(results, [](const ArmResult& r) { return r.training.seconds; });
  out.training_notes = mean_over(results, [](const ArmResult& r) { return r.training.notes(); });
  return out;
}

const ArmResult* of_seed(const std::vector<ArmResult>& results, std::uint64_t seed) {
  const auto at = std::find_if(results.begin(), results.end(),
                               [&](const ArmResult& r) { return r.seed == seed; });
  return at == results.end() ? nullptr : &*at;
}

/// Results of the contrast's arms, (seeds, arms), for the seeds that all of them have.
std::vector<std::vector<const ArmResult*>> shared(const Contrast& contrast,
                                                  const ArmResults& results) {
  std::vector<std::vector<const ArmResult*>> rows;
  const auto first = results.find(contrast.weights.front().first);
  if (first == results.end()) return rows;
  for (const ArmResult& one : first->second) {
    std::vector<const ArmResult*> row;
    for (const auto& [arm, weight] : contrast.weights) {
      const auto at = results.find(arm);
      row.push_back(at == results.end() ? nullptr : of_seed(at->second, one.seed));
    }
    if (std::find(row.begin(), row.end(), nullptr) == row.end()) rows.push_back(std::move(row));
  }
  return rows;
}

Finding find(const std::string& question, const Contrast& contrast, std::size_t measure,
             const std::vector<std::vector<const ArmResult*>>& rows) {
  Finding out;
  out.question = question;
  out.contrast = contrast.name;
  out.is_difference = contrast.weights.size() == 2;
  out.measure = measure;
  for (const auto& row : rows) out.seeds.push_back(row.front()->seed);
  const std::size_t pieces = piece_count(*rows.front().front(), measure);
  const Grid grid = make_grid(rows.size(), pieces, [&](std::size_t seed, std::size_t piece) {
    double sum = 0;
    for (std::size_t i = 0; i < contrast.weights.size(); ++i)
      sum += contrast.weights[i].second * arm_value(*rows[seed][i], measure, piece);
    return sum;
  });
  out.value = grid.interval();
  const std::vector<double> of_piece = grid.piece_means();
  out.pieces = of_piece.size();
  out.p = paired_permutation_test(of_piece);
  out.effect = paired_effect_size(of_piece);
  if (out.is_difference) {
    std::vector<double> base;
    for (const auto& row : rows)
      for (std::size_t piece = 0; piece < pieces; ++piece)
        if (const double x = arm_value(*row[1], measure, piece); !std::isnan(x)) base.push_back(x);
    out.relative = out.value.mean / mean_of(base);
  }
  return out;
}

}  // namespace

const ArmMeasure& arm_measure(std::size_t index) { return kMeasures[index]; }

double arm_value(const ArmResult& result, std::size_t measure, std::size_t piece) {
  if (measure == 0) {
    const PieceNats& one = result.pieces[piece];
    return one.notes == 0 ? kNaN : one.nats / static_cast<double>(one.notes);
  }
  const Similarity& one = result.continuations[piece];
  const double values[] = {one.nmsi(), one.chroma, one.groove, one.structure, one.density};
  return values[measure - 1];
}

std::size_t piece_count(const ArmResult& result, std::size_t measure) {
  return measure == 0 ? result.pieces.size() : result.continuations.size();
}

Analysis analyse(const StudyPlan& plan, const ArmResults& results) {
  Analysis out;
  for (const ArmSpec& arm : plan.arms)
    if (const auto at = results.find(arm.name); at != results.end() && !at->second.empty())
      out.arms.push_back(summarise(arm.name, at->second));
  for (const Question& question : plan.questions)
    for (const Contrast& contrast : question.contrasts) {
      const auto rows = shared(contrast, results);
      if (rows.empty()) continue;
      for (std::size_t m = 0; m < kTestedMeasures; ++m)
        out.findings.push_back(find(question.text, contrast, m, rows));
    }
  std::vector<double> p;
  for (const Finding& finding : out.findings) p.push_back(finding.p);
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) out.findings[i].p_holm = adjusted[i];
  return out;
}

}  // namespace sage

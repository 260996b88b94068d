// The benchmark's measures in Python.
#include "convert.h"
#include "eval/scoring.h"
#include "eval/summary.h"
#include "metrics/metric.h"
#include "metrics/similarity.h"

namespace sage::python {
namespace {

Features features(const Score& score) { return unwrap(features_of(unwrap(on_grid(score)))); }

py::dict interval(const MeanInterval& of) {
  py::dict out;
  out["mean"] = of.mean;
  out["low"] = of.low;
  out["high"] = of.high;
  return out;
}

py::dict metrics(const Score& score) {
  const Piece piece = unwrap(on_grid(score));
  py::dict out;
  for (const Metric& metric : all_metrics())
    out[py::str(std::string(metric.name))] = metric.of(piece);
  return out;
}

py::dict energy(const std::vector<Score>& takes, const Score& reference) {
  if (takes.size() < 2) throw py::value_error("the energy score needs two takes or more");
  EnergyScore found;
  {
    py::gil_scoped_release release;
    std::vector<Features> of;
    for (const Score& take : takes) of.push_back(features(take));
    found = energy_score(of, features(reference));
  }
  py::dict out;
  out["score"] = found.score;
  out["to_reference"] = found.to_reference;
  out["between"] = found.between;
  return out;
}

/// Piece by piece, as `sage-music eval score` compares files of the same names.
Scores scores_of(const std::vector<Score>& outputs, const std::vector<Score>& references) {
  Scores scores;
  scores.systems.emplace_back().name = "outputs";
  for (std::size_t i = 0; i < references.size(); ++i) {
    const Piece reference = unwrap(on_grid(references[i]));
    const Features of_reference = unwrap(features_of(reference));
    scores.pieces.push_back(std::to_string(i));
    scores.reference.pieces.push_back(score_piece(reference, of_reference));
    scores.systems[0].pieces.push_back(score_piece(unwrap(on_grid(outputs[i])), of_reference));
  }
  return scores;
}

py::dict evaluate(const std::vector<Score>& outputs, const std::vector<Score>& references,
                  std::uint64_t seed) {
  if (outputs.size() != references.size() || outputs.empty())
    throw py::value_error("evaluate() needs as many outputs as references, one or more");
  Scores scores;
  Summary summary;
  {
    py::gil_scoped_release release;
    scores = scores_of(outputs, references);
    summary = summarise(scores, {.seed = seed});
  }
  const SystemSummary& system = summary.systems.at(0);
  py::dict out, measures, by_metric;
  for (std::size_t i = 0; i < system.measures.size(); ++i)
    measures[measure(i).name] = interval(system.measures[i]);
  for (std::size_t i = 0; i < system.metrics.size(); ++i) {
    py::dict row;
    row["outputs"] = interval(system.metrics[i].mean);
    row["references"] = interval(summary.reference.metrics.at(i).mean);
    by_metric[py::str(std::string(all_metrics()[i].name))] = row;
  }
  std::vector<double> nmsi;
  for (const PieceScore& piece : scores.systems[0].pieces) nmsi.push_back(piece.similarity.nmsi());
  out["similarity"] = measures;
  out["metrics"] = by_metric;
  out["nmsi"] = to_array(std::move(nmsi));
  out["detectability"] = py::none();
  if (system.detection && system.detection->works >= 4)
    out["detectability"] = interval(system.detection->accuracy);
  return out;
}

}  // namespace

void add_metrics(py::module_& module) {
  using namespace py::literals;  // NOLINT
  module.def(
      "similarity",
      [](const Score& a, const Score& b) {
        Similarity found;
        {
          py::gil_scoped_release release;
          found = similarity(features(a), features(b));
        }
        py::dict out;
        out["nmsi"] = found.nmsi();
        out["chroma"] = found.chroma;
        out["groove"] = found.groove;
        out["structure"] = found.structure;
        out["density"] = found.density;
        return out;
      },
      "a"_a, "b"_a);
  module.def("metrics", &metrics, "score"_a);
  module.def("energy_score", &energy, "takes"_a, "reference"_a);
  module.def("evaluate", &evaluate, "outputs"_a, "references"_a, "seed"_a = 0);
}

}  // namespace sage::python

#include <cmath>
#include <limits>

#include "eval/sheet.h"
#include "eval/text.h"

namespace sage {
namespace {

/// Mean difference of every work, over the pieces that both models have.
std::vector<double> differences(const SheetMeasure& a, const SheetMeasure& b, const WorkOf& works) {
  std::map<std::string, std::pair<double, int>> sums;
  for (const auto& [piece, value] : a.pieces) {
    const auto other = b.pieces.find(piece);
    if (other == b.pieces.end()) continue;
    const auto work = works.find(piece);
    auto& [sum, count] = sums[work == works.end() ? piece : work->second];
    sum += other->second - value;
    ++count;
  }
  std::vector<double> means;
  for (const auto& [work, sum] : sums) means.push_back(sum.first / sum.second);
  return means;
}

const SheetMeasure* same_measure(const Sheet& sheet, const SheetMeasure& like) {
  for (const SheetMeasure& measure : sheet.measures)
    if (measure.task == like.task && measure.name == like.name) return &measure;
  return nullptr;
}

}  // namespace

std::vector<Verdict> compare(const Sheet& a, const Sheet& b, const WorkOf& works, double margin) {
  std::vector<Verdict> verdicts;
  std::vector<double> p_values;
  for (const SheetMeasure& of_a : a.measures) {
    const SheetMeasure* of_b = same_measure(b, of_a);
    if (of_b == nullptr || of_a.pieces.empty()) continue;
    const auto all = differences(of_a, *of_b, works);
    if (all.size() < 2) continue;
    Verdict verdict;
    verdict.measure = &of_a;
    verdict.works = all.size();
    verdict.difference = t_interval(all);
    double mean = 0;
    for (const auto& [piece, value] : of_a.pieces) mean += value;
    verdict.margin = margin * std::abs(mean) / static_cast<double>(of_a.pieces.size());
    verdict.p_same = equivalence_test(all, verdict.margin);
    p_values.push_back(paired_permutation_test(all));
    verdicts.push_back(verdict);
  }
  const auto adjusted = holm(p_values);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    Verdict& verdict = verdicts[i];
    verdict.p_holm = adjusted[i];
    const bool up = verdict.difference.mean > 0;
    if (verdict.p_holm < 0.05)
      verdict.finding =
          up == verdict.measure->higher_is_better ? Relation::kBetter : Relation::kWorse;
    else if (verdict.p_same < 0.05)
      verdict.finding = Relation::kSame;
  }
  return verdicts;
}

std::string in_words(const Verdict& verdict, const std::string& a, const std::string& b) {
  const SheetMeasure& measure = *verdict.measure;
  const auto said = [&]() -> std::string {
    switch (verdict.finding) {
      case Relation::kBetter:
        return b + " is better than " + a;
      case Relation::kWorse:
        return b + " is worse than " + a;
      case Relation::kSame:
        return "the two are the same within " + fixed_text(verdict.margin, measure.digits);
      case Relation::kOpen:
        break;
    }
    return "not decided";
  };
  return measure.task + ", " + measure.name + ": " + said() + " (difference " +
         interval_text(verdict.difference, measure.digits) + " over " + count_text(verdict.works) +
         " works, p " + p_text(verdict.p_holm) + ")";
}

}  // namespace sage

// The training studies as data: which arms there are, and which questions they answer.
//
// To add an arm, add a line to the study in plan.cc; what is done already stays done.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "study/arm.h"

namespace sage {

/// The size and the tokens of a study's models, where its arms do not differ in them.
struct StudyShape {
  int d_model = 128, layers = 4, heads = 8, d_ff = 352;
  int context = 512;          // steps of an example
  TokenizerConfig tokenizer;  // without merges
  friend bool operator==(const StudyShape&, const StudyShape&) = default;
};
Json to_json(const StudyShape& shape);
Result<StudyShape> study_shape_from_json(const nlohmann::json& json);

/// A question that a sum of arms' values answers, each with its weight: with 1 and -1 the
/// difference of two arms.
struct Contrast {
  std::string name;  // "as-kvhs-1 - mqa"
  std::vector<std::pair<std::string, double>> weights;
};
struct Question {
  std::string text;
  std::vector<Contrast> contrasts;
};

/// Arms along an axis, for charts: a line for each row.
struct Sweep {
  struct Row {
    std::string name;
    std::vector<std::string> arms;  // one a category
  };
  std::string file, title, axis;
  std::vector<std::string> categories;
  std::vector<Row> rows;
};

struct StudyPlan {
  std::string title;
  std::string summary;  // what the study is about, a sentence or two
  std::vector<ArmSpec> arms;
  std::vector<Question> questions;
  std::vector<Sweep> sweeps;
  std::string baseline;                  // the arm whose speed is 1
  std::vector<std::string> speed_lines;  // arms whose speed-up is drawn

  const ArmSpec* find(std::string_view name) const;
};

/// "attention" or "bpe".
Result<StudyPlan> make_plan(std::string_view study, const StudyShape& shape);

}  // namespace sage

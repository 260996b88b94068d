// The options of `generate`, what they must be together, and the files that they name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/shared/model_choice.h"
#include "apps/shared/playing_options.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/wish_options.h"
#include "form/composer.h"
#include "generate/request.h"

namespace sage::cli {

/// What is asked for.
struct GenerateOptions {
  ModelChoice model;
  Request request;
  WishOptions wishes;
  std::string prompt;
  std::vector<std::string> parts;        // of the prompt
  std::vector<std::string> instruments;  // of the prompt, else new ones
  bool only_new = false;
  std::string output;
  RenderOutputs renderings;
  PlayingChoice playing;
  int takes = 1;
  std::optional<int> endings;
  std::string form;  // see parse_form(); empty: bars that go on
  int section_bars = kUsualSectionBars;
  double similarity = kUsualFormSimilarity;
  bool no_drafts = false;
  bool no_provenance = false;
  bool json = false;
};

/// What one command writes; of the takes one, from 1.
struct Outputs {
  std::string midi;
  RenderOutputs renderings;
};
Outputs outputs_of(const GenerateOptions& options, int take);

void add_generate_options(CLI::App& command, const std::shared_ptr<GenerateOptions>& options);

}  // namespace sage::cli

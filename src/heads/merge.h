// From a trained mha model to an as-kvhs-merged one.
#pragma once

#include <memory>

#include "base/error.h"
#include "heads/cluster.h"
#include "nn/weights.h"

namespace sage {

/// Refuses a model whose heads cannot be merged: any but mha.
Result<void> check_mergeable(const ModelConfig& config);

/// Refuses a measurement of another model.
Result<void> check_measured(const HeadMeasurement& measured, const Weights& weights);

/// The model with the K and V projections of each cluster replaced by their mean, as in the
/// up-training of GQA (Ainslie et al. 2023, section 2.1), in the type of `mha`. Query heads keep
/// their numbers, and everything else its values. Equal heads merge without any change to the
/// logits; else it is worth training on. `how` states in the file's metadata how the tables came
/// about. Refuses a model that is not mha, and tables that are not for it.
Result<std::shared_ptr<const Weights>> merge_heads(const Weights& mha, const HeadTables& tables,
                                                   const std::string& how);

}  // namespace sage

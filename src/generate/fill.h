// Holes filled by the model's FILL tokens: it reads a stretch of bars with holes and then writes
// what belongs into them, far from the bars around it; what it has written is context for the next
// stretch. Needs a model that was trained with holes (WindowOptions::hole_probability).
#pragma once

#include "generate/infill.h"

namespace sage {

/// Errors: as infill()'s; a context too short for the holes of one bar. Of a bar that is longer
/// than the context the model reads only some instruments.
Result<Infilled> infill_by_fill(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                                const InfillCallback& callback);

}  // namespace sage

// Holes written in place, from left to right: kept notes are read as they come, and only the
// programs that are asked for are drawn, so that every new note answers all that stands before it.
//
// Between two kept notes the kept programs are known to be silent. So the next note is drawn under
// that condition: where the model proposes a position, it is taken with the share of its
// probability there that falls on programs that are asked for, and proposed again otherwise. That
// is the model's own distribution given what is known to be kept up to the next kept note
// (docs/decisions/0025-holes-in-place.md).
#pragma once

#include "generate/infill.h"

namespace sage {

/// Precondition: can_stream(). Errors: as infill()'s.
Result<Infilled> infill_in_place(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                                 const InfillCallback& callback);

}  // namespace sage

// Whether wishes can be meant: each by itself, and all together.
#pragma once

#include <span>

#include "base/error.h"
#include "generate/wishes.h"

namespace sage {

/// Errors, of kInvalidArgument and with the names of the wishes: a text that is no key, chord or
/// pattern; numbers out of range; two wishes of a word for one instrument; an instrument that is
/// not among `programs` (empty: any may be); two wishes that contradict each other.
Result<void> check_wishes(const Wishes& wishes, std::span<const int> programs = {});

}  // namespace sage

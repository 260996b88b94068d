// What a command wrote for whom: as lines and as JSON, the same for all commands that write parts.
#pragma once

#include <string>
#include <vector>

#include "apps/shared/cli.h"
#include "generate/rewriting.h"

namespace sage::cli {

/// "replaced 2 Left hand (Acoustic Grand Piano): 34 notes, before 40".
void say_parts(const std::vector<WrittenPart>& parts, const std::string& action);

/// [{"part": 2, "title": ..., "instrument": ..., "action": "replaced", "removed": 40, "written":
/// 34}]; "part" is null for an added one.
Json parts_json(const std::vector<WrittenPart>& parts, const std::string& action);

/// Parts that were asked for and are silent: says so and has the program end with 3.
void say_silent(const std::vector<std::string>& silent, const std::string& output);

}  // namespace sage::cli

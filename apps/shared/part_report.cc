#include "apps/shared/part_report.h"

#include "apps/shared/process.h"
#include "score/program_names.h"

namespace sage::cli {
namespace {

std::string notes_in_words(std::size_t notes) {
  return grouped(static_cast<long long>(notes)) + (notes == 1 ? " note" : " notes");
}

std::string action_of(const WrittenPart& part, const std::string& action) {
  if (part.written == 0 && part.kept > 0) return "kept";
  if (part.written == 0) return "silent";
  return part.part ? action : "added";
}

}  // namespace

void say_parts(const std::vector<WrittenPart>& parts, const std::string& action) {
  for (const WrittenPart& part : parts)
    say(action_of(part, action) + " " + printable(part.title) + ": " +
        notes_in_words(part.written) +
        (part.kept > 0 ? ", kept " + grouped(static_cast<long long>(part.kept)) : "") +
        (part.removed > 0 ? ", replaced " + grouped(static_cast<long long>(part.removed)) : ""));
}

Json parts_json(const std::vector<WrittenPart>& parts, const std::string& action) {
  Json all = Json::array();
  for (const WrittenPart& part : parts)
    all.push_back({{"part", part.part ? Json(*part.part + 1) : Json()},
                   {"title", part.title},
                   {"instrument", program_name(part.program)},
                   {"action", action_of(part, action)},
                   {"removed", part.removed},
                   {"written", part.written},
                   {"kept", part.kept}});
  return all;
}

void say_silent(const std::vector<std::string>& silent, const std::string& output) {
  if (silent.empty()) return;
  std::string names;
  for (const std::string& name : silent) names += (names.empty() ? "" : ", ") + name;
  note("silent in " + output + ": " + names +
       "; another --seed, more --bars or fewer instruments may help");
  end_unfulfilled();
}

}  // namespace sage::cli

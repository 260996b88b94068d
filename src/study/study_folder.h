// A study on disk: study.json (what all arms have in common), arms/RUN.json (a finished arm with a
// seed each), speed.json, and the report. Everything in it is small and can be committed; a study
// that was committed is gone on with by the command that made it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "study/arm.h"
#include "study/plan.h"
#include "study/speed.h"

namespace sage {

/// The content of study.json.
struct StudyFacts {
  std::string study;    // "attention" or "bpe"
  std::string command;  // that made it last
  StudyShape shape;
  StudySettings settings;
  std::map<MusicKind, MusicHashes> music;
};

class StudyFolder {
 public:
  /// Creates the folder, or continues the study in it. Refuses one that holds a study with another
  /// shape, other settings or other music.
  static Result<StudyFolder> open(const std::filesystem::path& path, StudyFacts facts);
  /// Reads what is there, for a report. Refuses a folder without a study.
  static Result<StudyFolder> read(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const StudyFacts& facts() const { return facts_; }
  std::string key(const ArmSpec& arm, std::uint64_t seed) const;

  /// The result of an arm that was made under the same conditions.
  std::optional<ArmResult> find(const ArmSpec& arm, std::uint64_t seed) const;
  /// All seeds that there are of an arm, ascending.
  std::vector<ArmResult> results(const ArmSpec& arm) const;
  /// Atomically.
  Result<void> keep(const ArmResult& result) const;

  /// None where there is no file of them, or none that can be read.
  std::vector<SpeedSession> speed() const;
  Result<void> keep(const std::vector<SpeedSession>& sessions) const;

 private:
  StudyFolder(std::filesystem::path path, StudyFacts facts)
      : path_(std::move(path)), facts_(std::move(facts)) {}
  std::filesystem::path arm_path(const std::string& arm, std::uint64_t seed) const {
    return path_ / "arms" / (run_name(arm, seed) + ".json");
  }

  std::filesystem::path path_;
  StudyFacts facts_;
};

}  // namespace sage

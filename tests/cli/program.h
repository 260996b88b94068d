// Runs the program as a user would, and returns the result.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sage::test {

struct Ran {
  int code = -1;  // exit code; 128 + signal for a program that a signal ended
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
  /// Standard error is exactly one line that is not empty.
  bool one_line() const { return err.size() > 1 && err.find('\n') == err.size() - 1; }
};

/// Ends a program that runs longer than two minutes or takes more than SAGE_PROGRAM_GIB of memory.
/// `environment` ("NAME=value") comes on top of the tests' own.
Ran run_program(const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment = {});

/// A program that runs on while the test does other things.
class Running {
 public:
  explicit Running(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {});
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { finish(9); }
  /// False once it has ended.
  bool going();
  /// Sends a signal and waits for the end; returns what Ran::code would be.
  int finish(int signal);

 private:
  int child_ = -1;
  int code_ = -1;
};

/// A fresh folder that goes when the object does.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// The model that the repository ships.
std::string shipped_model();

}  // namespace sage::test

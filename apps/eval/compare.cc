// sage-music eval compare: two models by their `eval all` folders, in words.
#include <memory>
#include <sstream>

#include "apps/eval/commands.h"
#include "apps/shared/files.h"
#include "base/file.h"
#include "eval/sheet.h"

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

struct CompareOptions {
  std::string a, b, works;
  double margin = 0.05;
  bool json = false;
};

Result<Sheet> read_sheet(const fs::path& folder) {
  Sheet sheet;
  for (const char* task : {"continuation", "infill", "accompany"}) {
    const auto report = read_report(folder / task / "report.json");
    if (!report) return fail("is it a folder of `sage-music eval all`?", report.error());
    if (auto ok = add_report(*report, sheet); !ok) return tl::unexpected(ok.error());
  }
  const auto likelihood = read_report(folder / "likelihood.json");
  if (!likelihood) return tl::unexpected(likelihood.error());
  if (auto ok = add_likelihood(*likelihood, sheet); !ok) return tl::unexpected(ok.error());
  return sheet;
}

/// Columns "file" and "work" of a table like docs/benchmark/public.tsv.
Result<WorkOf> read_works(const std::string& path) {
  WorkOf works;
  if (path.empty()) return works;
  auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  std::istringstream lines(*text);
  std::string line, cell;
  std::size_t file = 0, work = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> cells;
    for (std::istringstream row(line); std::getline(row, cell, '\t');) cells.push_back(cell);
    if (file == work) {  // the head of the table
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i] == "file") file = i;
        if (cells[i] == "work") work = i;
      }
      if (file == work)
        return fail(ErrorCode::kMalformed, path + " has no columns `file` and `work`");
    } else if (cells.size() > std::max(file, work)) {
      works[fs::path(cells[file]).replace_extension().string()] = cells[work];
    }
  }
  return works;
}

Result<void> act(const CompareOptions& options) {
  const auto a = read_sheet(options.a), b = read_sheet(options.b);
  if (!a || !b) return tl::unexpected(a ? b.error() : a.error());
  if (a->data != b->data)
    return fail(ErrorCode::kMismatch, "the two were measured on different pieces");
  const auto works = read_works(options.works);
  if (!works) return tl::unexpected(works.error());
  const auto verdicts = compare(*a, *b, *works, options.margin);
  if (options.json) {
    Json list = Json::array();
    for (const Verdict& v : verdicts)
      list.push_back({{"task", v.measure->task},
                      {"measure", v.measure->name},
                      {"works", v.works},
                      {"difference", v.difference.mean},
                      {"low", v.difference.low},
                      {"high", v.difference.high},
                      {"p_holm", v.p_holm},
                      {"p_same", v.p_same},
                      {"margin", v.margin},
                      {"verdict", in_words(v, "A", "B")}});
    say_json({{"a", a->model}, {"b", b->model}, {"verdicts", list}});
    return {};
  }
  for (const Verdict& verdict : verdicts) say(in_words(verdict, options.a, options.b));
  return {};
}

}  // namespace

void add_eval_compare(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command =
      add_command(eval, cli, "compare", "Compare two models by their `eval all` folders, in words",
                  "  sage-music eval compare out/small out/base\n"
                  "  sage-music eval compare out/small out/base --works docs/benchmark/public.tsv",
                  [options] { return act(*options); });
  command->add_option("a", options->a, "folder of `eval all` for model A")->required();
  command->add_option("b", options->b, "folder of `eval all` for model B")->required();
  command->add_option("--works", options->works,
                      "table with columns `file` and `work`: pieces of one work count as one");
  command
      ->add_option("--margin", options->margin,
                   "share of A's mean up to which the two count as the same")
      ->check(CLI::Range(0.001, 1.0))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli

// sage-music heads measure: attention mass by attribute, as a table, a file and a picture.
#include <memory>

#include "apps/heads/commands.h"
#include "apps/shared/files.h"
#include "base/file.h"
#include "heads/measurement_file.h"
#include "heads/meter.h"
#include "heads/picture.h"
#include "midi/reader.h"

namespace sage::cli {
namespace {

struct HeadsMeasureOptions {
  std::string model, output, svg;
  std::vector<std::string> data;
  int limit = 100;
  bool json = false;
};

Result<HeadMeasurement> measure(const HeadsMeasureOptions& options, const Engine& engine) {
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  install_stop_handler();
  HeadMeter meter(engine);
  const auto chosen = thin(*std::move(files), options.limit);
  std::size_t done = 0;
  for (const auto& path : chosen) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto read = read_midi_file(path);
    const auto ids = read ? engine.tokenizer().encode(read->score)
                          : Result<std::vector<TokenId>>(tl::unexpected(read.error()));
    if (ids && !ids->empty()) meter.add(*ids);
    show_progress("read " + grouped(static_cast<long long>(++done)) + " of " +
                  grouped(static_cast<long long>(chosen.size())) + " files");
  }
  end_progress();
  HeadMeasurement result = meter.result();
  if (result.pieces == 0) return fail(ErrorCode::kInvalidArgument, "no file could be read");
  return result;
}

Json rows_of(const HeadMeasurement& measured, const ModelConfig& config) {
  Json rows = Json::array();
  const auto named = [&](const std::vector<double>& shares) {
    Json object = Json::object();
    for (std::size_t i = 0; i < shares.size(); ++i) object[measured.attributes[i]] = shares[i];
    return object;
  };
  for (int layer = 0; layer < measured.layers; ++layer) {
    const AttentionSpec spec = attention_of(config, layer);
    for (int head = 0; head < measured.heads; ++head)
      rows.push_back({{"layer", layer},
                      {"head", head},
                      {"kv_head", spec.kv_head_of[static_cast<std::size_t>(head)]},
                      {"bits_from_uniform", specialisation(measured, layer, head)},
                      {"keys", named(key_shares(measured, layer, head))},
                      {"keys_uniform", named(uniform_shares(measured, head))}});
  }
  return rows;
}

void say_heads(const Json& rows) {
  std::string names = "| layer | head | K/V head | bits from uniform |", rule = "|---|---|---|---|";
  for (const auto& [name, share] : rows[0]["keys_uniform"].items()) {
    if (share.get<double>() == 0) continue;  // no token has this attribute
    names += " " + name + " |";
    rule += "---|";
  }
  say("Where attention goes: per cent to keys of each attribute (times what uniform attention "
      "gives).");
  say(names);
  say(rule);
  for (const Json& row : rows) {
    std::string line = "| " + row["layer"].dump() + " | " + row["head"].dump() + " | " +
                       row["kv_head"].dump() + " | " + fixed(row["bits_from_uniform"], 3) + " |";
    for (const auto& [name, share] : row["keys"].items()) {
      const double uniform = row["keys_uniform"][name];
      if (rows[0]["keys_uniform"][name].get<double>() == 0) continue;
      line += " " + fixed(100 * share.get<double>(), 1);
      line += uniform > 0 ? " (" + fixed(share.get<double>() / uniform, 2) + ") |" : " |";
    }
    say(line);
  }
}

Result<void> act(const HeadsMeasureOptions& options) {
  for (const std::string& path : {options.output, options.svg})
    if (!path.empty())
      if (auto ok = check_writable(path); !ok) return ok;
  const auto engine = Engine::open(options.model);
  if (!engine) return tl::unexpected(engine.error());
  const ModelConfig& config = (*engine)->model().config();
  if (config.fields > 1)
    return fail(ErrorCode::kUnsupported,
                options.model +
                    ": its steps are compound, and heads are measured token by token; "
                    "take a flat model");
  const auto measured = measure(options, **engine);
  if (!measured) return tl::unexpected(measured.error());
  if (!options.output.empty())
    if (auto done = write_measurement(options.output, *measured); !done) return done;
  if (!options.svg.empty()) {
    const std::string title = "Attention of " + describe(config) + ": " +
                              grouped(measured->pieces) + " pieces, " + grouped(measured->tokens) +
                              " tokens";
    if (auto done = write_text(options.svg, head_picture(*measured, title)); !done) return done;
  }
  const Json rows = rows_of(*measured, config);
  if (options.json)
    say_json({{"model", measured->model},
              {"pieces", measured->pieces},
              {"tokens", measured->tokens},
              {"heads", rows}});
  else
    say_heads(rows);
  return {};
}

}  // namespace

void add_heads_measure(CLI::App& heads, Cli& cli) {
  auto options = std::make_shared<HeadsMeasureOptions>();
  CLI::App* command = add_command(
      heads, cli, "measure", "Measure attention by attribute of queries and keys",
      "  sage-music heads measure runs/mha/model.safetensors --data held_out -o heads.json --svg "
      "heads.svg",
      [options] { return act(*options); });
  command->add_option("model", options->model, "model file with any attention")->required();
  command->add_option("-d,--data", options->data, "MIDI files or folders of held-out music")
      ->required();
  command->add_option("--limit", options->limit, "maximum number of files (approximate); 0: all")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("-o,--output", options->output,
                      "measurement file to write, for `heads merge`");
  command->add_option("--svg", options->svg, "SVG file to write");
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli

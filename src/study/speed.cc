#include "study/speed.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "eval/bench_runner.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

/// Random weights and a vocabulary whose attributes take turns.
Result<std::shared_ptr<const Weights>> weights_of(const SpeedCase& one,
                                                  const SpeedOptions& options) {
  ModelConfig model = one.model;
  const int longest = *std::max_element(options.contexts.begin(), options.contexts.end());
  model.context = model.window = longest + options.steps;
  model.token_attributes.resize(static_cast<std::size_t>(model.vocab_size));
  for (std::size_t i = 0; i < model.token_attributes.size(); ++i)
    model.token_attributes[i] =
        static_cast<std::uint8_t>(i % static_cast<std::size_t>(model.attributes));
  const auto type = weight_type_from_string(options.type);
  if (!type) return tl::unexpected(type.error());
  return Weights::random(model, *type, 1);
}

}  // namespace

const SpeedRow* SpeedSession::find(const std::string& arm, int context) const {
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const SpeedRow& row) {
    return row.arm == arm && row.context == context;
  });
  return at == rows.end() ? nullptr : &*at;
}

Result<SpeedSession> measure_speed(const std::vector<SpeedCase>& cases, const SpeedOptions& options,
                                   const Progress& progress) {
  SpeedSession session;
  session.options = options;
  session.instruction_set = default_kernels().name;
  std::vector<std::shared_ptr<const Model>> models;
  for (const SpeedCase& one : cases) {
    auto weights = weights_of(one, options);
    if (!weights) return fail("arm " + one.arm, weights.error());
    models.push_back(std::make_shared<Model>(*std::move(weights)));
  }
  const DType cache = weight_type_from_string(options.type).value();
  const std::size_t total = options.contexts.size() * static_cast<std::size_t>(options.rounds + 1);
  std::size_t done = 0;
  for (const int context : options.contexts) {
    std::vector<BenchRunner> runners;
    const std::size_t first = session.rows.size();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!progress(done, total)) return fail(ErrorCode::kInterrupted, "interrupted");
      auto runner = BenchRunner::create(
          models[i], {.context = context, .tokens = options.steps, .cache = cache});
      if (!runner) return tl::unexpected(runner.error());
      runner->prefill();
      runner->decode();  // warms up
      session.rows.push_back(
          {cases[i].arm, context, {}, runner->bytes_read_once(), runner->kv_bytes_per_token()});
      runners.push_back(*std::move(runner));
    }
    ++done;
    for (int round = 0; round < options.rounds; ++round) {
      if (!progress(done++, total)) return fail(ErrorCode::kInterrupted, "interrupted");
      for (std::size_t k = 0; k < runners.size(); ++k) {
        // Another one begins each round.
        const std::size_t i = (k + static_cast<std::size_t>(round)) % runners.size();
        session.rows[first + i].seconds_per_step.push_back(1 / runners[i].decode());
      }
    }
  }
  return session;
}

Json to_json(const SpeedSession& session) {
  const SpeedOptions& options = session.options;
  Json rows = Json::array();
  for (const SpeedRow& row : session.rows) {
    Json times = Json::array();
    for (const double seconds : row.seconds_per_step)
      times.push_back(std::round(seconds * 1e8) / 1e2);
    rows.push_back({{"arm", row.arm},
                    {"context", row.context},
                    {"microseconds_per_step", times},
                    {"bytes_read_once", row.bytes_read_once},
                    {"kv_bytes_per_token", row.kv_bytes_per_token}});
  }
  return {{"shape", session.shape},
          {"machine", session.machine},
          {"instruction_set", session.instruction_set},
          {"contexts", options.contexts},
          {"rounds", options.rounds},
          {"steps", options.steps},
          {"type", options.type},
          {"rows", rows}};
}

std::optional<SpeedSession> speed_session_from_json(const nlohmann::json& json) try {
  SpeedSession session;
  session.shape = json.at("shape");
  session.machine = json.at("machine");
  session.instruction_set = json.at("instruction_set");
  session.options.contexts = json.at("contexts").get<std::vector<int>>();
  session.options.rounds = json.at("rounds");
  session.options.steps = json.at("steps");
  session.options.type = json.at("type");
  for (const auto& entry : json.at("rows")) {
    SpeedRow row;
    row.arm = entry.at("arm");
    row.context = entry.at("context");
    for (const double us : entry.at("microseconds_per_step").get<std::vector<double>>())
      row.seconds_per_step.push_back(us * 1e-6);
    row.bytes_read_once = entry.at("bytes_read_once");
    row.kv_bytes_per_token = entry.at("kv_bytes_per_token");
    session.rows.push_back(std::move(row));
  }
  return session;
} catch (const nlohmann::json::exception&) {
  return std::nullopt;
}

}  // namespace sage

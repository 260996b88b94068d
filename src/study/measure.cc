#include "study/measure.h"

#include "eval/generation.h"
#include "eval/journal.h"
#include "generate/likelihood.h"
#include "midi/reader.h"
#include "nn/tensor_spec.h"

namespace sage {
namespace {

void describe_model(const Engine& engine, ArmResult& result) {
  const ModelConfig& config = engine.model().config();
  result.model = config;
  result.model_hash = engine.weights().hash();
  result.parameters = parameter_count(config);
  result.embedding_parameters =
      std::int64_t{config.vocab_size} * config.d_model * (config.tied ? 1 : 2);
  const Tokenizer& tokenizer = engine.tokenizer();
  result.merges.reset();
  if (!tokenizer.has_merges()) return;
  result.merges.emplace();
  for (TokenId id = tokenizer.vocabulary().size(); id < tokenizer.size(); ++id)
    result.merges->add(anatomy(tokenizer.expansion(id), tokenizer));
}

PieceNats nats_of(const Engine& engine, const PieceFile& file, Workspace& workspace) {
  const auto midi = read_midi_file(file.path);
  const auto ids = midi ? engine.tokenizer().encode(midi->score)
                        : Result<std::vector<TokenId>>(tl::unexpected(midi.error()));
  if (!ids) return {};
  const auto one = likelihood(engine, *ids, workspace);
  if (!one) return {};
  return {one->nats, static_cast<std::int64_t>(one->notes), static_cast<std::int64_t>(one->tokens)};
}

}  // namespace

Result<void> measure_model(const std::filesystem::path& model, const HeldOut& held_out,
                           const StudySettings& settings, const std::filesystem::path& outputs,
                           const Progress& progress, ArmResult& result) {
  const auto engine = Engine::open(model);
  if (!engine) return tl::unexpected(engine.error());
  describe_model(**engine, result);

  const std::size_t pieces = held_out.likelihood.size(), prompts = held_out.continuation.size();
  const std::size_t total = pieces + prompts;
  Workspace workspace((*engine)->model().config(), {.threads = 1});
  result.pieces.clear();
  for (const PieceFile& file : held_out.likelihood) {
    if (!progress(result.pieces.size(), total)) return fail(ErrorCode::kInterrupted, "interrupted");
    result.pieces.push_back(nats_of(**engine, file, workspace));
  }

  const GenerationOptions options{.task = GenerationTask::kContinuation,
                                  .scope = settings.scope,
                                  .sampler = {.top_p = settings.top_p},
                                  .presence = 0,  // what the model does by itself
                                  .seed = result.seed};
  const auto generated = generate_outputs(
      *engine, held_out.continuation, outputs, options,
      [&](std::size_t done, std::size_t) { return progress(pieces + done, total); });
  if (!generated) return tl::unexpected(generated.error());
  auto folder = list_folder(outputs);
  if (!folder) return tl::unexpected(folder.error());
  ScoringTask task;
  task.references = held_out.continuation;
  task.systems = {{result.arm, outputs, *std::move(folder)}};
  task.scope = settings.scope;
  const auto scores =
      score_systems(task, [&](std::size_t, std::size_t) { return progress(total, total); });
  if (!scores) return tl::unexpected(scores.error());
  result.continuations.clear();
  result.unanswered = 0;
  for (const PieceScore& piece : scores->systems.front().pieces) {
    result.continuations.push_back(piece.similarity);
    result.unanswered += piece.status == Status::kMissing || piece.status == Status::kUnreadable;
  }
  const auto nmsi = [&](std::size_t calibration) {
    double sum = 0;
    for (const PieceScore& piece : scores->calibrations[calibration].pieces)
      sum += piece.similarity.nmsi();
    return sum / static_cast<double>(scores->pieces.size());
  };
  result.other_piece_nmsi = nmsi(0);
  result.repeated_prompt_nmsi = nmsi(1);
  if (const auto latency = read_latency(outputs, result.arm)) {
    result.written_notes = static_cast<std::int64_t>(latency->notes);
    result.writing_seconds = latency->notes_per_second > 0
                                 ? static_cast<double>(latency->notes) / latency->notes_per_second
                                 : 0;
  }
  return {};
}

}  // namespace sage

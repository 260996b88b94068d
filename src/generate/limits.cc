#include "generate/limits.h"

#include <algorithm>
#include <string>

#include "generate/wishes_check.h"
#include "score/meter_text.h"

namespace sage {

Result<void> check_program(int program) {
  if (program >= 0 && program < kProgramCount) return {};
  return fail(ErrorCode::kInvalidArgument,
              "program " + std::to_string(program) + " is not in 0..128");
}

Result<void> check_tempo(double bpm) {
  if (bpm >= 24 && bpm <= 240) return {};
  return fail(ErrorCode::kInvalidArgument, "the tempo must lie between 24 and 240 bpm");
}

Result<void> check_presence(double presence) {
  if (presence >= 0 && presence <= 100) return {};
  return fail(ErrorCode::kInvalidArgument, "presence must lie between 0 (off) and 100");
}

Result<void> check_meter(const Vocabulary& vocabulary, Meter meter) {
  if (vocabulary.meter_index(meter)) return {};
  return fail(ErrorCode::kInvalidArgument,
              "the model has no time signature " + meter_text(meter) +
                  "; it has n/1, n/2, n/4, n/8, n/16 up to three whole notes a bar");
}

namespace {

Result<void> check_numbers(const Request& request) {
  if (request.bars < 1 || request.bars > 100'000)
    return fail(ErrorCode::kInvalidArgument, "bars must lie between 1 and 100000");
  if (request.max_notes < 0 || !(request.max_seconds >= 0))
    return fail(ErrorCode::kInvalidArgument, "limits on notes and seconds must not be negative");
  if (request.endings < 0 || request.endings > 1'000)
    return fail(ErrorCode::kInvalidArgument, "endings must lie between 0 and 1000");
  if (auto ok = check_presence(request.presence); !ok) return ok;
  for (const int program : request.programs)
    if (auto ok = check_program(program); !ok) return ok;
  if (request.bpm) return check_tempo(*request.bpm);
  return {};
}

Result<void> check_request_wishes(const Tokenizer& tokenizer, const Request& request) {
  if (request.wishes == Wishes{}) return {};
  if (!can_wish(tokenizer))
    return fail(ErrorCode::kUnsupported,
                "wishes need a model with remi+ tokens; this one has " + tokenizer.config().scheme);
  std::vector<int> programs = request.programs;
  if (request.prompt && !programs.empty())
    for (const Track& track : request.prompt->tracks) programs.push_back(track.program_or_drum());
  return check_wishes(request.wishes, programs);
}

}  // namespace

Result<void> can_stream(const Engine& engine) {
  const Tokenizer& tokenizer = engine.tokenizer();
  if (tokenizer.config().scheme == "remi+" && !tokenizer.has_merges() &&
      !engine.model().output().compound)
    return {};
  return fail(ErrorCode::kUnsupported,
              "this model cannot write among given notes: that needs the scheme remi+, without "
              "merged tokens");
}

Result<std::vector<int>> check_stream(const Engine& engine, const StreamOptions& options) {
  const Tokenizer& tokenizer = engine.tokenizer();
  if (auto ok = can_stream(engine); !ok) return tl::unexpected(ok.error());
  if (auto ok = validate(options.sampler); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_meter(tokenizer.vocabulary(), options.meter); !ok)
    return tl::unexpected(ok.error());
  if (auto ok = check_tempo(options.bpm); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_presence(options.presence); !ok) return tl::unexpected(ok.error());
  std::vector<int> order = options.given;
  order.insert(order.end(), options.written.begin(), options.written.end());
  ProgramSet listed;
  for (const int program : order) {
    if (auto ok = check_program(program); !ok) return tl::unexpected(ok.error());
    if (listed.test(static_cast<std::size_t>(program)))
      return fail(ErrorCode::kInvalidArgument,
                  "program " + std::to_string(program) + " is listed twice");
    listed.set(static_cast<std::size_t>(program));
  }
  if (tokenizer.config().order == ProgramOrder::kNumber) std::sort(order.begin(), order.end());
  return order;
}

Result<void> check_request(const Engine& engine, const Request& request) {
  if (auto ok = validate(request.sampler); !ok) return ok;
  if (auto ok = check_numbers(request); !ok) return ok;
  if (request.endings > 0 && !can_choose_endings(engine))
    return fail(ErrorCode::kUnsupported,
                "the model cannot choose among endings: its tokens have merges, several fields a "
                "step, or ends of notes");
  if (request.meter)
    if (auto ok = check_meter(engine.tokenizer().vocabulary(), *request.meter); !ok) return ok;
  return check_request_wishes(engine.tokenizer(), request);
}

bool can_choose_endings(const Engine& engine) {
  const Tokenizer& tokenizer = engine.tokenizer();
  return !engine.model().output().compound && !tokenizer.has_merges() &&
         !tokenizer.vocabulary().has(Kind::kNoteOff);
}

int usual_endings(const Engine& engine, const Request& request, bool continues) {
  constexpr int kUsualEndings = 32;
  const bool ends = !continues && request.max_notes == 0 && request.max_seconds == 0;
  return ends && can_choose_endings(engine) ? kUsualEndings : 0;
}

}  // namespace sage

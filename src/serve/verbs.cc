#include "serve/verbs.h"

#include <utility>
#include <vector>

#include "generate/request_json.h"
#include "serve/music_json.h"

namespace sage::serve {

int Verb::bars() const {
  if (const auto* request = std::get_if<Request>(&wish)) return request->bars;
  const auto& rewriting = std::get<Rewriting>(wish);
  return rewriting.bars;
}

namespace {

constexpr int kMostEndings = 64, kMostVersions = 16;

tl::unexpected<Error> too_much(const std::string& field, int most) {
  return fail(ErrorCode::kInvalidArgument,
              field + ": at most " + std::to_string(most) + " in one request");
}

std::vector<std::size_t> read_tracks(Fields& fields) {
  std::vector<std::size_t> tracks;
  const Json* list = fields.any("tracks");
  if (list == nullptr) return tracks;
  if (!list->is_array() || list->size() > kMostTracks) {
    fields.refuse("tracks", "must be a list of numbers of tracks, from 0");
    return tracks;
  }
  for (const Json& item : *list) {
    if (item.is_number_unsigned() && item < kMostTracks)
      tracks.push_back(item.get<std::size_t>());
    else
      fields.refuse("tracks", "must be a list of numbers of tracks, from 0");
  }
  return tracks;
}

}  // namespace

Result<Verb> read_generate(Fields& fields, const ServiceState& state) {
  Verb verb;
  verb.piece = read_piece(fields);
  const auto rest = fields.rest();
  if (!rest) return tl::unexpected(rest.error());
  auto request = request_from_json(*rest, *state.engine, verb.piece.has_value());
  if (!request) return tl::unexpected(request.error());
  if (request->bars > state.limits.max_bars) return too_much("bars", state.limits.max_bars);
  if (request->endings > kMostEndings) return too_much("endings", kMostEndings);
  if (verb.piece) request->prompt = verb.piece->music.score;
  verb.seed = request->seed;
  verb.wish = *std::move(request);
  return verb;
}

Result<Verb> read_infill(Fields& fields, const ServiceState& state) {
  Verb verb;
  verb.piece = read_piece(fields);
  if (!verb.piece) fields.refuse("midi", "a piece is needed: give midi or music");
  Rewriting wish;
  wish.tracks = read_tracks(fields);
  const auto rest = fields.rest();
  if (!rest) return tl::unexpected(rest.error());
  const auto request = infill_request_from_json(*rest);
  if (!request) return tl::unexpected(request.error());
  if (request->bars > state.limits.max_bars) return too_much("bars", state.limits.max_bars);
  if (request->takes > kMostVersions) return too_much("takes", kMostVersions);
  wish.first_bar = request->first_bar;
  wish.bars = request->bars;
  wish.wishes = request->wishes;
  wish.sampler = request->sampler;
  wish.versions = request->takes;
  wish.seed = verb.seed = request->seed;
  // Instruments that the piece has mean its tracks.
  const auto& tracks = verb.piece->music.score.tracks;
  for (const int program : request->programs) {
    bool found = false;
    for (std::size_t i = 0; i < tracks.size(); ++i)
      if (tracks[i].program_or_drum() == program) {
        wish.tracks.push_back(i);
        found = true;
      }
    if (!found) wish.programs.push_back(program);
  }
  wish.piece = verb.piece->music.score;
  verb.wish = std::move(wish);
  return verb;
}

Result<Outcome> perform(Call& call, const Verb& verb, int take) {
  const Listener listener = listener_for(call, take);
  const auto more = static_cast<std::uint64_t>(take);
  if (const auto* request = std::get_if<Request>(&verb.wish)) {
    Request with_seed = *request;
    with_seed.seed += more;
    return compose(call.state.engine, with_seed, call.state.performer, listener);
  }
  Rewriting with_seed = std::get<Rewriting>(verb.wish);
  with_seed.seed += more;
  return rewrite(call.state.engine, with_seed, call.state.performer, listener);
}

Result<void> answer_verb(Call& call, ReadVerb read) {
  auto body = parse_body(call.request.body);
  if (!body) return tl::unexpected(body.error());
  Fields fields(*body);
  const auto verb = read(fields, call.state);
  if (!verb) return tl::unexpected(verb.error());
  auto outcome = perform(call, *verb, 0);
  if (!outcome) return tl::unexpected(outcome.error());
  auto json = piece_json(verb->piece, outcome->score);
  if (!json) return tl::unexpected(json.error());
  add_facts(*json, call, verb->seed, outcome->notes);
  add_velocities(*json, call, *outcome);
  call.answer.done(*json);
  return {};
}

}  // namespace sage::serve

// POST /v1/takes: several answers to one wish, one after the other, to choose from.
#include "serve/verbs.h"

namespace sage {
namespace {

Result<void> answer_takes(serve::Call& call) {
  auto body = serve::parse_body(call.request.body);
  if (!body) return tl::unexpected(body.error());
  const serve::RequestLimits& limits = call.state.limits;
  serve::Fields fields(*body);
  const auto count = static_cast<int>(fields.integer("count", 1, limits.max_takes).value_or(3));
  const std::string name = fields.text("verb", 32).value_or("generate");
  if (name != "generate" && name != "infill")
    fields.refuse("verb", "must be \"generate\" or \"infill\"");
  auto verb = name == "infill" ? serve::read_infill(fields, call.state)
                               : serve::read_generate(fields, call.state);
  if (!verb) return tl::unexpected(verb.error());
  if (verb->bars() * count > limits.max_bars)
    return fail(ErrorCode::kInvalidArgument, "count: " + std::to_string(limits.max_bars) +
                                                 " bars at most can be written at once, all takes "
                                                 "together");
  serve::Json takes = serve::Json::array();
  std::size_t notes = 0;
  for (int take = 0; take < count; ++take) {
    auto outcome = serve::perform(call, *verb, take);
    if (!outcome) return tl::unexpected(outcome.error());
    auto json = serve::piece_json(verb->piece, outcome->score);
    if (!json) return tl::unexpected(json.error());
    (*json)["new_notes"] = outcome->notes;
    (*json)["seed"] = verb->seed + static_cast<std::uint64_t>(take);
    notes += outcome->notes;
    serve::Json told = {{"take", take},
                        {"new_notes", outcome->notes},
                        {"seed", verb->seed + static_cast<std::uint64_t>(take)}};
    serve::add_velocities(told, call, *outcome);
    call.answer.event("take", told);
    takes.push_back(*std::move(json));
  }
  serve::Json answer = {{"takes", takes}};
  serve::add_facts(answer, call, verb->seed, notes);
  call.answer.done(answer);
  return {};
}

}  // namespace

const serve::Route& takes_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/takes",
      .summary = "Several answers to one wish of generate or infill, with seeds one apart",
      .schema = R"({"type":"object","description":"the fields of the verb, and these",)"
                R"("properties":{"verb":{"enum":["generate","infill"],"default":"generate"},)"
                R"("count":{"type":"integer","minimum":1,"maximum":16,"default":3}}})",
      .act = answer_takes};
  return route;
}

}  // namespace sage

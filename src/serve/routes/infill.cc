// POST /v1/infill: some tracks in some bars, written again.
#include "serve/verbs.h"

namespace sage {

const serve::Route& infill_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/infill",
      .summary = "Rewrites bars or parts of a piece, or adds instruments; all else stays as it is",
      .schema =
          R"({"type":"object","additionalProperties":false,"properties":{)" SAGE_PIECE_SCHEMA
          R"(,"bars":{"type":"string","examples":["5-8","5-","5"],"description":"from 1 )"
          R"(; all unless given"},"tracks":{"type":"array","items":{"type":"integer",)"
          R"("minimum":0},"description":"tracks of the piece, from 0"},)" SAGE_INSTRUMENTS_SCHEMA
          R"(,"takes":{"type":"integer","minimum":1,"maximum":16,"default":4,)"
          R"("description":"versions to write; the best one is kept"},)" SAGE_SAMPLER_SCHEMA "}}",
      .act = [](serve::Call& call) { return serve::answer_verb(call, serve::read_infill); }};
  return route;
}

}  // namespace sage

// What the model is asked for by /v1/generate, /v1/infill and /v1/takes: the fields of a request as
// a call of the band.
#pragma once

#include <optional>
#include <variant>

#include "serve/band.h"
#include "serve/piece_fields.h"
#include "serve/route.h"

namespace sage::serve {

struct Verb {
  std::variant<Request, Rewriting> wish;
  std::optional<Piece> piece;
  std::uint64_t seed = 0;
  int bars() const;  // to be written, as far as that is known before
};

/// Reads the piece and what is asked for, as generate/request_json.h has it. Errors: a field that
/// nobody knows, more than the server's limits.
Result<Verb> read_generate(Fields& fields, const ServiceState& state);
Result<Verb> read_infill(Fields& fields, const ServiceState& state);

/// Writes it once, with the seed of a take, telling the notes as events.
Result<Outcome> perform(Call& call, const Verb& verb, int take);

using ReadVerb = Result<Verb> (*)(Fields& fields, const ServiceState& state);
/// Reads the call's body, writes what it asks for and answers.
Result<void> answer_verb(Call& call, ReadVerb read);

}  // namespace sage::serve

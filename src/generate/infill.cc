#include "generate/infill.h"

#include <utility>

#include "generate/fill.h"
#include "generate/in_place.h"
#include "generate/limits.h"
#include "generate/stream.h"

namespace sage {

Result<void> can_infill(const Engine& engine) {
  if (engine.model().output().shifted)
    return fail(ErrorCode::kUnsupported, "a model with delayed fields cannot fill holes");
  return {};
}

Result<Infilled> infill(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                        const InfillCallback& callback) {
  if (auto ok = validate(request.sampler); !ok) return tl::unexpected(ok.error());
  if (auto ok = can_infill(*engine); !ok) return tl::unexpected(ok.error());
  if (request.takes < 1 || request.takes > 1'000)
    return fail(ErrorCode::kInvalidArgument, "takes must lie between 1 and 1000");
  if (request.way == InfillWay::kInPlace && can_stream(*engine))
    return infill_in_place(std::move(engine), request, callback);
  if (request.wishes != Wishes{} || !request.kept.empty())
    return fail(ErrorCode::kUnsupported,
                "wishes and kept notes need the way in-place and a model that can write in place");
  return infill_by_fill(std::move(engine), request, callback);
}

}  // namespace sage

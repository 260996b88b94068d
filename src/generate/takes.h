// Several pieces of music to the same request, or several endings of one, at once: one pass of the
// model reads its weights once for a token of each.
//
// Owns the streams; shares the engine. Use from one thread at a time.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "generate/generator.h"

namespace sage {

class Takes {
 public:
  /// `count` streams; number i has the seed request.seed + i, and writes what a Generator with that
  /// seed would, bit for bit. A prompt that fits the context is
  /// read once for all. Refuses what Generator::create() does,
  /// and models whose steps have several fields.
  static Result<Takes> create(std::shared_ptr<const Engine> engine, const Request& request,
                              int count, int threads = 1);

  /// No stream yet.
  Takes(std::shared_ptr<const Engine> engine, std::shared_ptr<Workspace> workspace)
      : engine_(std::move(engine)), workspace_(std::move(workspace)) {}
  /// Preconditions: the stream uses that engine and workspace, and advance() was not called yet.
  void add(Generator stream) { streams_.push_back(std::move(stream)); }

  /// Writes about one token more in every stream; false once all have ended.
  bool advance();

  const std::vector<Generator>& streams() const { return streams_; }
  /// New bars begun, in all streams together.
  int bars() const;

 private:
  void draw();

  std::shared_ptr<const Engine> engine_;
  std::shared_ptr<Workspace> workspace_;
  std::vector<Generator> streams_;
  // The next pass: tokens, the cache of each, and for each stream in it where its last one stands.
  std::vector<TokenId> ids_;
  std::vector<KvCache*> caches_;
  struct Waiting {
    Generator* stream;
    int last;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace sage

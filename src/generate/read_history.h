// What a model has read of a history of tokens, and its logits where the history ends. Reads when
// asked, not before; forgets cheaply what a history that was cut short no longer has.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "generate/engine.h"
#include "generate/history.h"
#include "nn/kv_cache.h"
#include "nn/workspace.h"

namespace sage {

class ReadHistory {
 public:
  ReadHistory(std::shared_ptr<const Engine> engine, int threads);

  /// Reads what the history has more than was read. Where the context is full, its latest part is
  /// read again. Precondition: the history has grown, or was cut back with cut(), since the last
  /// call.
  void read(const TokenHistory& history);
  /// The same for at most `tokens` of them, where all fit the context; false: more are left.
  bool read_some(const TokenHistory& history, std::size_t tokens);
  /// The history now has its first `size` tokens only.
  void cut(std::size_t size);

  /// Reads one token that the history does not have; retract() forgets it again, accept() has it
  /// count as read.
  void propose(TokenId id);
  void retract();
  void accept() { ++forwarded_; }

  /// One value for each id of the ranges, in order. Precondition: read() or propose() came last.
  void logits(std::span<const IdRange> ids, std::vector<float>& out);

  /// Goes its own way from here; the pages that were read are shared. Both belong to one thread.
  ReadHistory fork() const;

  const Engine& engine() const { return *engine_; }
  Workspace& workspace() { return *workspace_; }

 private:
  bool fits(std::size_t unread) const;
  ReadHistory(const ReadHistory& other, KvCache cache);

  std::shared_ptr<const Engine> engine_;
  KvCache cache_;
  int threads_;
  std::unique_ptr<Workspace> workspace_;
  std::vector<RowRange> rows_;
  std::size_t forwarded_ = 0;  // tokens of the history
  std::size_t verbatim_ = 0;   // from this token of it on, the cache holds the history's own tokens
  bool stale_ = false;         // the workspace's state is not that behind the last token read
};

}  // namespace sage

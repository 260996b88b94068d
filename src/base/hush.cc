#include "base/hush.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace sage {

Hush::Hush() : before_(dup(STDERR_FILENO)), nothing_(open("/dev/null", O_WRONLY | O_CLOEXEC)) {
  if (before_ >= 0 && nothing_ >= 0) dup2(nothing_, STDERR_FILENO);
}

Hush::~Hush() {
  if (before_ >= 0) dup2(before_, STDERR_FILENO);
  for (const int file : {before_, nothing_})
    if (file >= 0) close(file);
}

}  // namespace sage

#include "nn/aligned_buffer.h"

#include <sys/mman.h>

#include <new>

namespace sage {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t bytes) {
  const std::size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kAlignment;
  data_ = {static_cast<std::uint8_t*>(::operator new (bytes, std::align_val_t{alignment})),
           Free{alignment}};
#ifdef MADV_HUGEPAGE
  // A wish only; where it is not granted, small pages do.
  if (alignment == kHugePage) ::madvise(data_.get(), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
}

void AlignedBuffer::Free::operator()(std::uint8_t* p) const {
  ::operator delete (p, std::align_val_t{alignment});
}

}  // namespace sage

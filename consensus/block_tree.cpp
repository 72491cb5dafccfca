#include "consensus/block_tree.h"

#include <algorithm>

namespace byzlab {

void DigestIndex::clear() {
  std::ranges::fill(slots_, kEmpty);
  size_ = 0;
}

// The usual instantiation, so that the template is compiled once on its own.
template class BlockTree<NoMark>;

}  // namespace byzlab

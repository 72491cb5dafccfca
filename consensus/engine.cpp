#include "consensus/engine.h"

#include "base/overloaded.h"

namespace byzlab {

void Outbox::discard(MessageStore& store) {
  const auto release = Overloaded{
      [&](const Send& send) { store.release(send.message); },
      [&](const Broadcast& broadcast) { store.release(broadcast.message); },
      [](const Commit& commit) {
        BlockRef(commit.block, false);
        BlockRef(commit.certified, false);
      },
      [](const PersistBlock& persist) { BlockRef(persist.block, false); },
      [](const Note& note) { BlockRef(note.block, false); },
      [](const auto&) {},
  };
  for (const Effect& effect : effects) std::visit(release, effect);
  clear();
}

}  // namespace byzlab

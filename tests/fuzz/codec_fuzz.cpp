// Any bytes as a message of any engine: decoding never harms, and what decodes encodes to the same
// bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/message.h"
#include "consensus/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace byzlab;
  const auto bytes = std::as_bytes(std::span(data, size));
  for (const EngineInfo& engine : engines()) {
    MessageStore store(engine.messages);
    Message* m = store.decode(ReplicaId(0), bytes, HashScheme::modelled);
    if (m == nullptr) continue;
    const HeldMessage held(store, m);
    Bytes again;
    store.encode(*m, again);
    // Request bodies are skipped when read and zeros when written: only the size must agree.
    if (again.size() != bytes.size()) std::abort();
    std::string json;
    store.type(m->kind()).json(m->payload(), json);
  }
  return 0;
}

#include "faults/behaviors/corrupt.h"

#include "network/corruption.h"

namespace byzlab::behaviors {
namespace {

/// Sends the mutated message to one replica, or the true one if no mutation decodes.
void send_mutated(Stage& on, ReplicaId to, const Message& m, Rng rng) {
  const Message* mutated = mutate(on.ctx(), m, rng);
  on.send(to, mutated != nullptr ? *mutated : m);
}

}  // namespace

void Corrupt::on_send(Stage& on, const Outgoing& out) {
  if (out.message.from() != on.self()) {
    on.pass(out);  // a relayed message can't be signed again
    return;
  }
  const Rng rng = on.rng();
  if (out.to) {
    send_mutated(on, *out.to, out.message, rng);
    return;
  }
  on.own_copy(out);
  if (differ_.holds(rng.fork(1).key())) {
    on.for_each_receiver(out, [&](ReplicaId r) {
      const Rng luck = rng.fork(2).fork(r.value);
      if (luck.key() % 2 == 0) {
        on.send(r, out.message);
      } else {
        send_mutated(on, r, out.message, luck);
      }
    });
    return;
  }
  const Message* mutated = mutate(on.ctx(), out.message, rng);
  on.to_others(mutated != nullptr ? *mutated : out.message);
}

Message* mutate(Context& ctx, const Message& m, Rng rng) {
  MessageStore& store = ctx.store();
  const HashScheme scheme = ctx.crypto().hash_scheme();
  Bytes bytes, read;
  store.encode(m, bytes);
  for (std::uint64_t attempt = 0; attempt < 8; ++attempt) {
    Bytes damaged = bytes;
    flip_bits(damaged, rng.fork(attempt).key());
    Message* mutated = store.decode(m.from(), damaged, scheme);
    if (mutated == nullptr) continue;
    read.clear();
    store.encode(*mutated, read);
    if (read != bytes) return mutated;
    store.discard_unheld(mutated);  // only a body that nobody carries was hit
  }
  return nullptr;
}

}  // namespace byzlab::behaviors

#include "base/message.h"

#include <cstdlib>

namespace byzlab {
namespace {
constexpr std::size_t kSlabBytes = std::size_t{1} << 16;
}

Signature Message::signature() const {
  if (signature_ != nullptr) return *signature_;
  Signature s;
  s.words[0] = tag_;
  return s;
}

MessageStore::~MessageStore() {
  for (auto* slab : slabs_) ::operator delete(slab, std::align_val_t{64});
}

void* MessageStore::fresh_block(std::size_t size_class, std::size_t size) {
  if (size_class == kClasses) return ::operator new(size);
  const std::size_t step = kClassBytes[size_class];
  if (slab_end_[size_class] - slab_next_[size_class] < static_cast<std::ptrdiff_t>(step)) {
    auto* slab = static_cast<std::byte*>(::operator new(kSlabBytes, std::align_val_t{64}));
    slabs_.push_back(slab);
    slab_next_[size_class] = slab;
    slab_end_[size_class] = slab + kSlabBytes;
  }
  void* block = slab_next_[size_class];
  slab_next_[size_class] += step;
  return block;
}

void MessageStore::destroy(Message* m) {
  if (auto* destroy_payload = type(m->kind_).destroy) destroy_payload(m + 1);
  delete m->signature_;
  --alive_;
  const std::size_t c = m->size_class_;
  m->~Message();
  if (c == kClasses) {
    ::operator delete(static_cast<void*>(m));
  } else {
    auto* block = new (static_cast<void*>(m)) Free{free_[c]};
    free_[c] = block;
  }
}

Message* MessageStore::decode(ReplicaId from, std::span<const std::byte> bytes, HashScheme scheme) {
  ByteReader reader(bytes, scheme);
  std::uint8_t kind = 0;
  if (!reader.integer(kind) || kind >= kKindLimit || (*table_)[kind] == nullptr) return nullptr;
  const MessageType& t = *(*table_)[kind];
  const std::size_t size = sizeof(Message) + t.payload_size;
  Message* m = allocate(size, class_of(size));
  if (!t.decode(reader, m + 1)) {
    // Nothing was constructed: give the block back without destroying a payload.
    --alive_;
    const std::size_t c = m->size_class_;
    m->~Message();
    if (c == kClasses) {
      ::operator delete(static_cast<void*>(m));
    } else {
      free_[c] = new (static_cast<void*>(m)) Free{free_[c]};
    }
    return nullptr;
  }
  m->kind_ = MessageKind(kind);
  m->from_ = from.value;
  if (reader.remaining() != 0) {
    destroy(m);
    return nullptr;
  }
  m->digest_ = t.digest(m + 1);
  m->bytes_ = kEnvelopeBytes + t.wire_size(m + 1);
  return m;
}

void MessageStore::encode(const Message& m, Bytes& out) const {
  ByteWriter writer(out);
  writer.integer(m.kind().value);
  type(m.kind()).encode(m.payload(), writer);
}

void MessageStore::copy_signature(const Message& from, Message& to) {
  to.tag_ = from.tag_;
  if (from.signature_ != nullptr) set_signature(to, *from.signature_);
}

void MessageStore::set_signature(Message& m, const Signature& s) {
  delete m.signature_;
  m.signature_ = new Signature(s);
}

}  // namespace byzlab

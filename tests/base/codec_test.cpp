// The codec: what is written is read back, and bytes that are not a value are refused without harm.
#include "base/codec.h"

#include <boost/test/unit_test.hpp>

#include "base/message.h"

namespace byzlab {
namespace {

enum class Colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Inner {
  View view;
  std::optional<Height> height;
  bool operator==(const Inner&) const = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (view, height))

struct Everything {
  static constexpr MessageKind kKind{3};
  std::uint8_t small = 0;
  std::int64_t wide = 0;
  bool flag = false;
  Colour colour = Colour::red;
  Digest digest;
  Time at;
  std::array<std::uint16_t, 3> fixed{};
  std::vector<Inner> list;
  ReplicaSet signers;
  Signature signature;
  bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (small, wide, flag, colour, digest, at, fixed, list, signers, signature))

Everything sample(Rng rng) {
  Everything e;
  e.small = static_cast<std::uint8_t>(rng.next());
  e.wide = static_cast<std::int64_t>(rng.next());
  e.flag = rng.below(2) == 1;
  e.colour = static_cast<Colour>(rng.below(2));
  for (auto& w : e.digest.words) w = rng.next();
  e.at = kStart + Duration{static_cast<std::int64_t>(rng.below(1u << 30))};
  for (auto& v : e.fixed) v = static_cast<std::uint16_t>(rng.next());
  for (std::uint64_t i = rng.below(5); i > 0; --i) {
    e.list.push_back({View(rng.next()), std::nullopt});
    if (rng.below(2) == 1) e.list.back().height = Height(rng.next());
  }
  for (std::uint64_t i = rng.below(5); i > 0; --i) {
    e.signers.insert(ReplicaId(static_cast<std::uint32_t>(rng.below(300))));
  }
  for (auto& w : e.signature.words) w = rng.next();
  return e;
}

Bytes bytes_of(const Everything& e) {
  Bytes bytes;
  ByteWriter writer(bytes);
  encode(e, writer);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec)

BOOST_AUTO_TEST_CASE(round_trips) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Everything e = sample(Rng(seed));
    const Bytes bytes = bytes_of(e);
    BOOST_TEST(bytes.size() == wire_size(e));
    ByteReader reader(bytes);
    Everything back;
    BOOST_TEST_REQUIRE(decode(reader, back));
    BOOST_TEST(reader.remaining() == 0u);
    BOOST_TEST((back == e));
  }
}

BOOST_AUTO_TEST_CASE(a_buffer_gets_the_bytes_a_vector_gets) {
  ByteBuffer buffer;
  Bytes all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Everything e = sample(Rng(seed));
    ByteWriter writer(buffer);
    encode(e, writer);
    const Bytes bytes = bytes_of(e);
    all.insert(all.end(), bytes.begin(), bytes.end());
    BOOST_TEST(std::ranges::equal(buffer, all));
  }
  ByteBuffer copy = buffer;
  buffer.clear();
  BOOST_TEST(buffer.size() == 0u);
  BOOST_TEST(std::ranges::equal(copy, all));
  buffer = std::move(copy);
  BOOST_TEST(std::ranges::equal(buffer, all));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
  const Bytes bytes = bytes_of(sample(Rng(7)));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::span<const std::byte>(bytes).first(size));
    Everything back;
    BOOST_TEST(!decode(reader, back));
  }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_the_bytes_is_refused_without_allocating_it) {
  const Bytes bytes{std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0x7F}};
  ByteReader reader(bytes);
  std::vector<std::uint64_t> list;
  BOOST_TEST(!decode(reader, list));
  BOOST_TEST(list.capacity() == 0u);
}

BOOST_AUTO_TEST_CASE(values_outside_a_type_are_refused) {
  const Bytes two{std::byte{2}};
  bool flag = false;
  ByteReader as_flag(two);
  BOOST_TEST(!decode(as_flag, flag));
  Colour colour{};
  ByteReader as_colour(two);
  BOOST_TEST(!decode(as_colour, colour));
}

BOOST_AUTO_TEST_CASE(hostile_bytes_never_harm) {
  const MessageTable table = [] {
    MessageTable t{};
    t[3] = &message_type<Everything>;
    return t;
  }();
  MessageStore store(table);
  std::uint64_t decoded = 0;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    Rng rng(seed);
    Bytes bytes{std::byte{3}};
    const Bytes content = bytes_of(sample(rng.fork(1)));
    bytes.insert(bytes.end(), content.begin(), content.end());
    for (std::uint64_t flips = 1 + rng.below(8); flips > 0; --flips) {
      bytes[rng.below(bytes.size())] ^= std::byte(1u << rng.below(8));
    }
    if (rng.below(4) == 0) bytes.resize(rng.below(bytes.size()));
    if (Message* m = store.decode(ReplicaId(0), bytes, HashScheme::modelled)) {
      ++decoded;
      store.hold(m);
      Bytes again;
      store.encode(*m, again);
      BOOST_TEST((again == bytes), "decoding is not one to one");
      store.release(m);
    }
  }
  BOOST_TEST(decoded > 0u);
  BOOST_TEST(store.alive() == 0u);
}

BOOST_AUTO_TEST_CASE(blocks_are_named_by_their_content) {
  BlockBody body;
  body.height = Height(4);
  body.requests.push_back(Request{.id = RequestId(1), .client = ClientId(2), .bytes = 300});
  for (const auto scheme : {HashScheme::modelled, HashScheme::blake2b}) {
    const BlockPayload payload{Block::make(body, scheme)};
    Bytes bytes;
    ByteWriter writer(bytes);
    encode(payload, writer);
    BOOST_TEST(bytes.size() == payload.wire_size());
    ByteReader reader(bytes, scheme);
    BlockPayload back;
    BOOST_TEST_REQUIRE(decode(reader, back));
    BOOST_TEST((back->digest == payload->digest));
    BlockBody other = body;
    other.requests[0].coin = 1;
    BOOST_TEST((Block::make(other, scheme)->digest != payload->digest));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab

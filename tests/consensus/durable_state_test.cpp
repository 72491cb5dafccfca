// What is durable is the same whether a value is kept or its bytes are.
#include <boost/test/unit_test.hpp>

#include "consensus/engine.h"

namespace byzlab {
namespace {

struct Small {
  View view{};
};
BOOST_DESCRIBE_STRUCT(Small, (), (view))

struct Large {
  View view{};
  Digest block{};
  std::vector<Request> requests{};
};
BOOST_DESCRIBE_STRUCT(Large, (), (view, block, requests))

template <class T>
Bytes bytes_of(const T& value) {
  Bytes bytes;
  ByteWriter writer(bytes);
  byzlab::encode(value, writer);
  return bytes;
}

std::vector<Bytes> written(const DurableState& durable) {
  std::vector<Bytes> all;
  for (const auto record : durable.records) all.emplace_back(record.begin(), record.end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(durable_state)

BOOST_AUTO_TEST_CASE(a_value_is_written_out_before_the_records_after_it) {
  const Large large{.view = View(3),
                    .requests = {Request{.id = RequestId(1), .client = ClientId(0)}}};
  const Small small{View(4)};
  DurableState durable;
  BOOST_TEST(durable.empty());
  durable.value.set(Small{View(1)});
  durable.value.set(large);  // of another type: replaces it all the same
  durable.records.append(bytes_of(small));
  BOOST_TEST(!durable.empty());
  durable.write_out();
  BOOST_TEST((written(durable) == std::vector<Bytes>{bytes_of(large), bytes_of(small)}));
  durable.write_out();  // there is nothing more to write
  BOOST_TEST(durable.records.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_value_is_what_it_was_when_it_was_set) {
  Small now{View(7)};
  DurableState durable;
  durable.value.set(now);
  now.view = View(8);
  durable.write_out();
  BOOST_TEST((written(durable) == std::vector<Bytes>{bytes_of(Small{View(7)})}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab

// Quantities with units, and options described by a table.
#include <boost/test/unit_test.hpp>

#include "base/quantity.h"
#include "consensus/options.h"
#include "tests/scenario/fake_catalogue.h"

using namespace byzlab;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(quantity)

BOOST_AUTO_TEST_CASE(durations_are_exact) {
  BOOST_CHECK(*parse_duration("40ms") == 40ms);
  BOOST_CHECK(*parse_duration(" 1.5 s ") == 1500ms);
  BOOST_CHECK(*parse_duration("0.000000001s") == 1ns);
  BOOST_CHECK(*parse_duration("7d") == 168h);
  BOOST_CHECK(*parse_duration("0.1min") == 6s);
  for (const char* wrong : {"", "60", "s", "1.s", ".5s", "1e3s", "-1s", "+1s", "0.1ns", "1 000s",
                            "1s 2s", "01s", "1sec", "36501d", "99999999999999999999s"})
    BOOST_TEST(!parse_duration(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(texts_read_back) {
  for (const std::int64_t ns :
       {0ll, 1ll, 999ll, 1000ll, 60'000'000'000ll, 86'400'000'000'000ll, 1'234'567'890'123ll})
    BOOST_TEST(parse_duration(duration_text(Duration{ns})).operator*().count() == ns);
  for (const std::uint64_t bytes :
       {0ull, 1ull, 1000ull, 1024ull, 1'048'576ull, 1'000'000ull, 123'456'789ull})
    BOOST_TEST(*parse_bytes(bytes_text(bytes)) == bytes);
  for (const std::uint64_t bits : {1ull, 1500ull, 100'000'000ull})
    BOOST_TEST(*parse_bandwidth(bandwidth_text(bits)) == bits);
  for (const double x : {0.0, 0.1, 0.001, 1.0 / 3, 1e-12, 0.6, 123456.789})
    BOOST_TEST(*parse_number(number_text(x)) == x);
}

BOOST_AUTO_TEST_CASE(probabilities_are_the_nearest_double) {
  BOOST_TEST(*parse_probability("0.1%") == 0.001);
  BOOST_TEST(*parse_probability("33.3%") == 0.333);
  BOOST_TEST(*parse_probability("1") == 1.0);
  BOOST_TEST(!parse_probability("1.01"));
  BOOST_TEST(!parse_probability("101%"));
}

BOOST_AUTO_TEST_CASE(options_are_complete_and_checked) {
  const Options options(scenario::kFakeDelayOptions);
  BOOST_CHECK(options.duration("by") == 1s);
  BOOST_TEST(options.with("by", "250ms").text("by") == "250ms");
  BOOST_TEST(options.with("kinds", "Vote Proposal").kinds("kinds") == "Vote, Proposal");
  BOOST_CHECK_THROW(options.with("by", "2h"), std::invalid_argument);
  BOOST_CHECK_THROW(options.with("by", "5"), std::invalid_argument);
  BOOST_CHECK_THROW(options.count("by"), std::logic_error);
  BOOST_CHECK_THROW(options.duration("absent"), std::logic_error);
  static constexpr OptionSpec kBroken[] = {
      {.name = "x", .type = OptionType::count, .default_text = "many"}};
  BOOST_CHECK_THROW(Options{kBroken}, std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

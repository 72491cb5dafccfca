// Delay matrices from files, and the preset against measurements.
//
// The test that needs the measurements says so when it finds none.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>

#include "network/regions.h"
#include "tests/support/truth.h"

using namespace byzlab;
using namespace std::chrono_literals;

namespace {

std::string reason_of(std::string_view csv) {
  const auto parsed = parse_delay_matrix(csv, MatrixUnit::one_way_ms);
  BOOST_REQUIRE(!static_cast<bool>(parsed));
  return parsed.reason();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(regions)

BOOST_AUTO_TEST_CASE(a_matrix_is_read_by_name) {
  const auto parsed = parse_delay_matrix(
      "# one-way\nfrom\\to, paris ,tokyo\r\ntokyo,110.25,0.4\nparis,1,120.000001\n",
      MatrixUnit::one_way_ms);
  BOOST_REQUIRE(static_cast<bool>(parsed));
  const DelayMatrix& m = *parsed;
  BOOST_TEST(m.names == (std::vector<std::string>{"paris", "tokyo"}),
             boost::test_tools::per_element());
  BOOST_TEST((m.at(0, 0) == 1ms));
  BOOST_TEST((m.at(0, 1) == 120ms + 1ns));
  BOOST_TEST((m.at(1, 0) == 110250us));
  BOOST_TEST((m.at(1, 1) == 400us));
}

BOOST_AUTO_TEST_CASE(a_round_trip_is_halved) {
  const auto parsed = parse_delay_matrix("x,a\na,5.5", MatrixUnit::round_trip_ms);
  BOOST_REQUIRE(static_cast<bool>(parsed));
  BOOST_TEST(((*parsed).at(0, 0) == 2750us));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
  BOOST_TEST(reason_of("") == "the file is empty");
  BOOST_TEST(reason_of("x,a,b\na,1,2\n") == "no row for `b`");
  BOOST_TEST(reason_of("x,a,b\na,1\n") == "line 2: 1 numbers for 2 columns");
  BOOST_TEST(reason_of("x,a,a\n") == "line 1: the column `a` appears twice");
  BOOST_TEST(reason_of("x,a\nb,1\n") == "line 2: the row `b` is not a column");
  BOOST_TEST(reason_of("x,a\na,1\na,1\n") == "line 3: the row `a` appears twice");
  for (const char* number :
       {"-1", "", "1e3", "1.2.3", "abc", "0.0000001", "99999999999999999999"}) {
    BOOST_TEST(reason_of(std::string("x,a\na,") + number).find("is not a number") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(cloud_regions_have_names_with_and_without_numbers) {
  BOOST_TEST(cloud_regions().size() == 21u);
  for (std::size_t i = 0; i < cloud_regions().size(); ++i) {
    BOOST_TEST(find_cloud_region(cloud_regions()[i].name).value() == i);
  }
  BOOST_TEST(cloud_regions()[find_cloud_region("us_east").value()].name == "us_east_1");
  BOOST_TEST(cloud_regions()[find_cloud_region("eu_west").value()].name == "eu_west_1");
  BOOST_TEST(cloud_regions()[find_cloud_region("ap_south").value()].name == "ap_south_1");
  BOOST_TEST(!find_cloud_region("atlantis"));
  BOOST_TEST(!find_cloud_region(""));
}

BOOST_AUTO_TEST_CASE(the_preset_is_symmetric_and_grows_with_distance) {
  const DelayMatrix m = cloud_region_delays();
  const auto delay = [&](std::string_view a, std::string_view b) {
    return m.at(find_cloud_region(a).value(), find_cloud_region(b).value());
  };
  for (std::size_t i = 0; i < m.names.size(); ++i) {
    for (std::size_t j = 0; j < m.names.size(); ++j) {
      BOOST_TEST((m.at(i, j) == m.at(j, i)));
      BOOST_TEST((i == j || m.at(i, j) > m.at(i, i)));
    }
  }
  BOOST_TEST((delay("eu_west_1", "eu_west_2") < delay("eu_west", "us_east")));
  BOOST_TEST((delay("eu_west", "us_east") < delay("eu_west", "ap_southeast_2")));
  BOOST_TEST((delay("us_east", "eu_west") > 35ms && delay("us_east", "eu_west") < 50ms));
}

BOOST_AUTO_TEST_CASE(the_preset_is_near_measured_round_trips) {
  const auto file = testing::truth_folder() / "wan_rtt_ms.csv";
  std::ifstream in(file);
  if (!in) {
    BOOST_TEST_MESSAGE(
        "skipped: no measurements; set BYZLAB_TRUTH to a folder with wan_rtt_ms.csv");
    return;
  }
  std::stringstream text;
  text << in.rdbuf();
  const auto parsed = parse_delay_matrix(text.str(), MatrixUnit::round_trip_ms);
  BOOST_REQUIRE(static_cast<bool>(parsed));
  const DelayMatrix& measured = *parsed;
  const DelayMatrix model = cloud_region_delays();
  std::vector<std::size_t> index;
  for (auto name : measured.names) {
    std::ranges::replace(name, '-', '_');
    BOOST_REQUIRE(find_cloud_region(name));
    index.push_back(*find_cloud_region(name));
  }
  std::vector<double> errors;
  for (std::size_t i = 0; i < index.size(); ++i) {
    for (std::size_t j = 0; j < index.size(); ++j) {
      if (i == j) continue;
      const auto truth = static_cast<double>(measured.at(i, j).count());
      errors.push_back(std::abs(static_cast<double>(model.at(index[i], index[j]).count()) - truth) /
                       truth);
    }
  }
  std::ranges::sort(errors);
  const double median = errors[errors.size() / 2];
  const double p90 = errors[errors.size() * 9 / 10];
  BOOST_TEST_MESSAGE("relative error of " << errors.size() << " round trips: median " << median
                                          << ", 90th percentile " << p90);
  BOOST_TEST(median < 0.13);
  BOOST_TEST(p90 < 0.39);
}

BOOST_AUTO_TEST_SUITE_END()

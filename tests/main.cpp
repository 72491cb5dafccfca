// The test binary's main. Suites register themselves from tests/**/*_test.cpp.
//
// ctest asks this program for its suites and makes one entry of each; a suite of suites becomes one
// entry a child, named parent/child (`ctest -R conformance/pbft`). Run from the repository's root.
#define BOOST_TEST_MODULE byzlab
#include <boost/test/unit_test.hpp>

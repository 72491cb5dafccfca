// Writing JSON documents built with Boost.JSON: indented for people, or one line.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace byzlab {

/// Indented by two; arrays and objects without nested ones stay on a line while they are short,
/// and rows of numbers share lines.
std::string pretty(const boost::json::value& value);
/// On one line, without a newline. Numbers as people write them (5, 0.184), NaN and infinity null.
std::string compact(const boost::json::value& value);

}  // namespace byzlab

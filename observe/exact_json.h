// Reading JSON without loss: a number read is the double nearest to what is written. Boost.JSON's
// own parser is off by one in the last place now and then (it has an exact mode since 1.84), and a
// table made from lines that were read must be the table made from the runs themselves.
#pragma once

#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace byzlab {

/// The document that these parts are when put together; none when it is not JSON.
std::optional<boost::json::value> parse_exact(std::initializer_list<std::string_view> parts,
                                              boost::json::storage_ptr storage = {});

}  // namespace byzlab

// How the judge writes numbers for people: "1.84 s", "8 240", "r3".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace byzlab::words {

/// Three significant digits and the unit that suits: "611 ms", "1.84 s", "3.2 h".
std::string duration(Duration d);
std::string seconds(double s);
/// A moment of a run: "3.412 s".
std::string moment(Time t);
/// Digits in groups of three: "8 240".
std::string count(std::uint64_t n);
/// "1 block", "3 blocks".
std::string count(std::uint64_t n, std::string_view noun);
/// At most three significant digits behind the point: "85.2", "0.049".
std::string number(double value);
/// "51 %"
std::string share(double ratio);
/// A value in the base unit of a metric: "s", "bytes", "ratio" or none.
std::string quantity(double value, std::string_view unit);
std::string replica(ReplicaId r);
/// "r0, r2 and 7 more"
std::string replicas(std::span<const ReplicaId> who);

}  // namespace byzlab::words

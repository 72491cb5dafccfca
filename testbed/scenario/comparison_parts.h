// What the files that load a comparison share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testbed/scenario/comparison.h"
#include "testbed/scenario/section.h"

namespace byzlab::scenario {

/// `report`: how the table is laid out. The axes are known already.
void load_table(const Section& top, ComparisonPlan& into);

std::vector<std::string> axis_names(const ComparisonPlan& comparison);
std::vector<std::string> value_names(const Axis& axis);
/// "did you mean `pbft`?", or nothing.
std::string guess(std::string_view wrong, const std::vector<std::string>& right);

}  // namespace byzlab::scenario

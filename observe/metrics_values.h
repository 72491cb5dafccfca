// What values the labels of metrics can have, where they are a closed list: results, reasons,
// states …
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace byzlab {

/// Values by "metric label", of the labels whose values do not depend on a scenario. Read from the
/// series that runs of every engine begin with: what they don't name then, they never do.
const std::map<std::string, std::set<std::string>>& closed_label_values();

/// Whether such a list is to be expected of a label.
bool is_closed_label(std::string_view label);

}  // namespace byzlab

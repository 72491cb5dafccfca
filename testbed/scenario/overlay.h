// --set KEY=VALUE: values laid over a file before it is checked.
#pragma once

#include <string>
#include <vector>

#include "testbed/scenario/yaml_document.h"

namespace byzlab::scenario {

/// Each set is `path=value`: the path's keys are joined by dots, entries of a list go by their
/// number (from 0) or their label; the value is YAML. Positions are those of the argument: line k
/// is the k-th --set.
void lay_over(YamlNode& root, const std::vector<std::string>& sets, Findings& findings);

}  // namespace byzlab::scenario

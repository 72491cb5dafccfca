// Results for other programs: JUnit XML for CI systems, annotations for GitHub.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testbed/report.h"

namespace byzlab {

/// As character data or an attribute's value.
std::string xml_text(std::string_view text);

/// One <testsuite> a run, one <testcase> an expectation; undecided is <skipped>.
std::string junit_xml(const std::vector<Report>& reports);

/// `::error file=…,line=…,title=…::…` for each expectation that failed, `::warning` for each that
/// was not decided. Empty when all is well.
std::string github_annotations(const Report& report);

}  // namespace byzlab

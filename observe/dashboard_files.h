// dashboards/prometheus, dashboards/grafana and what starts them, as they were when byzlab was
// built.
#pragma once

#include <span>
#include <string_view>

namespace byzlab {

struct DashboardFile {
  std::string_view path;  ///< below dashboards/: "prometheus/rules/alerts.yml"
  std::string_view content;
};

/// Sorted by path.
std::span<const DashboardFile> dashboard_files();

}  // namespace byzlab

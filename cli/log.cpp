// Logs through spdlog; the one file that includes it.
#include "cli/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace byzlab {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("byzlab",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("byzlab: %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void set_loudness(Loudness loudness) {
  switch (loudness) {
    case Loudness::quiet: logger().set_level(spdlog::level::err); return;
    case Loudness::normal: logger().set_level(spdlog::level::info); return;
    case Loudness::verbose: logger().set_level(spdlog::level::debug); return;
  }
}

void log_debug(std::string_view text) { logger().debug("{}", text); }
void log_info(std::string_view text) { logger().info("{}", text); }
void log_warning(std::string_view text) { logger().warn("warning: {}", text); }
void log_error(std::string_view text) { logger().error("{}", text); }

}  // namespace byzlab

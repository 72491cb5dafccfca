// Any text as a scenario: the loader neither throws nor hangs, always says why it refuses, and what
// it accepts survives its own lock file.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "testbed/run.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace byzlab;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = scenario::load_text(text, "fuzz.yaml", catalogue());
  if (!result.scenario && result.diagnostics.empty()) std::abort();
  (void)to_text(result.diagnostics, result.source);
  (void)to_json(result.diagnostics);
  if (!result.scenario) return 0;
  const std::string lock = scenario::lock_text(*result.scenario);
  const auto again = scenario::load_text(lock, "fuzz.yaml", catalogue());
  if (!again.scenario || scenario::lock_text(*again.scenario) != lock) {
    std::fputs((lock + to_text(again.diagnostics, again.source)).c_str(), stderr);
    std::abort();
  }
  return 0;
}

// Any text as a scenario: the loader neither throws nor hangs, and always says why it refuses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "testbed/run.h"
#include "testbed/scenario/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace byzlab;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = scenario::load_text(text, "fuzz.yaml", catalogue());
  if (!result.scenario && result.diagnostics.empty()) std::abort();
  return 0;
}

// libFuzzer target: any bytes as a scenario file. Loading must end, must not throw, and what it
// accepts must survive its own lock file.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "tests/scenario/fake_catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace byzlab::scenario;
  static const Catalogue catalogue = fake_catalogue();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LoadResult result = load_text(text, "fuzz.yaml", catalogue);
  (void)to_text(result.diagnostics, result.source);
  (void)to_json(result.diagnostics);
  if (result.scenario) {
    const std::string lock = lock_text(*result.scenario);
    const LoadResult again = load_text(lock, "fuzz.yaml", catalogue);
    if (!again.scenario || lock_text(*again.scenario) != lock) {
      std::fputs(
          ("the lock does not load to itself:\n" + lock + to_text(again.diagnostics, again.source))
              .c_str(),
          stderr);
      std::abort();
    }
  }
  return 0;
}

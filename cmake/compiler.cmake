# The language, the warnings and the flags that keep a run the same under every compiler.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# No NDEBUG: our checks of internal invariants stay in Release. Boost's own do not.
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")
add_compile_definitions($<$<CONFIG:Release>:BOOST_DISABLE_ASSERTS>)

add_compile_options(-Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # wrong about std::string at -O3 (GCC bug 105651)
endif()
# A fused multiply-add rounds once where two instructions round twice: the trace hash would depend on
# the compiler's taste.
add_compile_options(-ffp-contract=off)
if(BYZLAB_WERROR)
  add_compile_options(-Werror)
endif()

if(BYZLAB_SANITIZE)
  add_compile_options(-fsanitize=${BYZLAB_SANITIZE} -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${BYZLAB_SANITIZE})
endif()
if(BYZLAB_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(BYZLAB_CCACHE ccache)
if(BYZLAB_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BYZLAB_CCACHE})
endif()

# Nineteen twentieths of a translation unit are the headers of libraries. Where no compiler cache makes up for
# them (the two do not mix), they are compiled once.
if(BYZLAB_CCACHE)
  set(precompile OFF)
else()
  set(precompile ON)
endif()
option(BYZLAB_PCH "Precompile the headers of libraries" ${precompile})

# byzlab_precompile(<target> [<header>…]): what most files of this house include, and the headers named.
function(byzlab_precompile target)
  if(BYZLAB_PCH)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <chrono> <cmath> <cstdint> <deque> <functional> <map> <memory>
      <optional> <set> <span> <stdexcept> <string> <string_view> <utility> <variant> <vector>
      <boost/container/small_vector.hpp> <boost/describe.hpp> <boost/mp11.hpp>
      <boost/unordered/unordered_flat_map.hpp> <fmt/format.h> ${ARGN})
  endif()
endfunction()

find_program(BYZLAB_MOLD mold)
if(BYZLAB_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

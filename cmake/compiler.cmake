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
find_program(BYZLAB_MOLD mold)
if(BYZLAB_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

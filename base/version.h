// The build id: which code, compiled how. Every results folder carries it.
//
// Asked from git when the binary is built, not when it is configured (cmake/version.cmake). It
// never enters a trace hash: the same seed must hash the same under every compiler and build type.
#pragma once

namespace byzlab {

/// The last tag and the commit, such as "v1.2-14-g0123456789ab"; only the commit when nothing is
/// tagged, "-dirty" appended when tracked files differ from it, "unknown" outside a git repository.
const char* version();

/// The full commit hash, or "unknown".
const char* commit();

/// Such as "GNU 12.2.0" or "Clang 19.1.7".
const char* compiler();

/// Such as "Release" or "Debug+address,undefined".
const char* build_type();

}  // namespace byzlab

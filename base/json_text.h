// JSON of described structs, for traces and reports.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/block.h"
#include "base/codec.h"
#include "base/signature.h"

namespace byzlab {

/// Appends `text` as a JSON string with its quotes; escapes what JSON needs.
void write_json_string(std::string_view text, std::string& out);

/// Appends `value`: described structs as objects, ids as numbers, digests as 12 hex digits, blocks
/// as their digest and height.
template <class T>
void write_json(const T& value, std::string& out) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    out += std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_integral_v<T>) {
    out += std::to_string(value);
  } else if constexpr (StrongId<T>) {
    out += std::to_string(value.value);
  } else if constexpr (std::is_same_v<T, Digest>) {
    out += '"';
    out += value.hex().substr(0, 12);
    out += '"';
  } else if constexpr (std::is_same_v<T, Time>) {
    out += std::to_string(nanoseconds(value));
  } else if constexpr (std::is_same_v<T, Signature>) {
    out += "\"signature\"";
  } else if constexpr (std::is_same_v<T, BlockPayload>) {
    if (!value.ref) {
      out += "null";
      return;
    }
    out += "{\"digest\":";
    write_json(value->digest, out);
    out += ",\"height\":" + std::to_string(value->height.value) + "}";
  } else if constexpr (std::is_same_v<T, ReplicaSet>) {
    out += '[';
    bool first = true;
    value.for_each([&](ReplicaId r) {
      if (!std::exchange(first, false)) out += ',';
      out += std::to_string(r.value);
    });
    out += ']';
  } else if constexpr (is_array<T>::value || is_vector<T>::value) {
    out += '[';
    bool first = true;
    for (const auto& e : value) {
      if (!std::exchange(first, false)) out += ',';
      write_json(e, out);
    }
    out += ']';
  } else if constexpr (is_optional<T>::value || requires { typename T::shared_type; }) {
    if (value) {
      write_json(*value, out);
    } else {
      out += "null";
    }
  } else if constexpr (std::is_same_v<T, AggregateSignature>) {
    write_json(value.signers, out);
  } else {
    out += '{';
    bool first = true;
    for_each_named_member(value, [&](const char* name, const auto& member) {
      if (!std::exchange(first, false)) out += ',';
      write_json_string(name, out);
      out += ':';
      write_json(member, out);
    });
    out += '}';
  }
}

}  // namespace byzlab

// A map of the file read by the key table: unknown, missing and empty keys are found when it is
// opened, values are checked when they are read.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "testbed/scenario/catalogue.h"
#include "testbed/scenario/key_table.h"
#include "testbed/scenario/values.h"
#include "testbed/scenario/yaml_document.h"

namespace byzlab::scenario {

/// What one load knows everywhere.
struct Loading {
  Findings& findings;
  const Catalogue& catalogue;
  std::uint64_t seed = 1;
  bool drew = false;                        // something was drawn from the seed
  const ProtocolEntry* protocol = nullptr;  // that the file seems to name
  std::set<std::string> lost_labels =
      {};  // of timeline entries with errors: no second error for who uses them
};

class Section {
 public:
  struct Place {
    std::string section;     // in the key table; also what `explain` is asked
    std::string shown = {};  // in messages: the key it stands under; "" at the top level
    std::string path = {};   // where in the file, for draws: "timeline[2].delay"
    Position at = {};        // of that key
    std::uint32_t length = 1;
  };

  /// `map` may be nullptr: the section is not in the file and all its keys have their defaults.
  Section(Loading& loading, const YamlNode* map, Place place);
  Section(Loading& loading, const YamlNode* map, Place place, std::vector<KeySpec> keys);

  /// True if the key is there, even without a value.
  bool has(std::string_view key) const;
  /// Its value; nullptr if there is none.
  const YamlNode* node(std::string_view key) const;
  /// The key itself; nullptr if it is not there.
  const YamlNode* key(std::string_view key) const;

  /// The value or its default; T{} after an error and without a default.
  template <class T>
  T get(std::string_view key) const {
    return find<T>(key, true).value_or(T{});
  }
  /// The value if the file has one and it is right.
  template <class T>
  std::optional<T> find(std::string_view key, bool or_default = false) const {
    const std::optional<Value> value = read(key, or_default);
    return value ? std::optional<T>(std::get<T>(*value)) : std::nullopt;
  }
  std::uint32_t number32(std::string_view key) const {
    return static_cast<std::uint32_t>(get<std::uint64_t>(key));
  }
  /// The text of a choice, a name or a text.
  std::string text(std::string_view key) const { return get<std::string>(key); }

  /// The section below a key.
  Section below(std::string_view key, std::string section) const;
  std::string path_of(std::string_view key) const;

  /// `key` has no meaning here because of another key: E117 if the file sets it.
  void refuse(std::string_view key, std::string_view why) const;

  const Place& place() const { return place_; }
  Loading& loading() const { return loading_; }
  std::span<const KeySpec> keys() const { return keys_; }

 private:
  void check_keys() const;
  void report_unknown(const YamlNode& key) const;
  void report_empty(std::size_t index) const;
  void report_missing() const;
  const KeySpec& spec(std::string_view key) const;
  std::optional<Value> read(std::string_view key, bool or_default) const;

  Loading& loading_;
  const YamlNode* map_;
  Place place_;
  std::vector<KeySpec> keys_;
};

/// A scalar read as a value; reports what is wrong. `shown` names it in messages.
std::optional<Value> read_scalar(Loading& loading, const YamlNode& node, const KeySpec& spec,
                                 const std::string& path);

/// One plain value, as `key` has it, into the option of that name (of the key's when none is
/// given). False after an error.
bool read_option(Loading& loading, const YamlNode& node, const KeySpec& key,
                 const std::string& path, Options& options, std::string_view name = {});

/// An option of type `replicas`, not yet resolved: not everybody is known while the file is read.
struct UnboundOption {
  std::string option;
  Selector who;
};

/// Message kinds: each word is a message of the protocol, or stands for some. E163 otherwise.
void check_kinds(Loading& loading, const YamlNode& node);

/// The options of a protocol or a behavior, defaults where the map says nothing; those of type
/// `replicas` go to `unbound`.
Options read_options(Loading& loading, const YamlNode* map, std::span<const OptionSpec> specs,
                     Section::Place place, std::vector<UnboundOption>& unbound);

}  // namespace byzlab::scenario

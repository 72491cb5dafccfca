// --set KEY=VALUE: values laid over a file before it is checked.
#include "testbed/scenario/overlay.h"

#include <algorithm>

#include "base/quantity.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// One argument, its keys with their positions.
class Overlay {
 public:
  Overlay(std::string_view text, std::uint32_t number, Findings& findings)
      : text_(text), number_(number), findings_(findings) {}

  void apply(YamlNode& root) {
    const std::size_t equals = text_.find('=');
    if (equals == std::string_view::npos || trimmed(text_.substr(0, equals)).empty())
      return fail(0, std::max<std::uint32_t>(1, code_points(text_)),
                  "--set needs `key=value`, such as `protocol.replicas=16`");
    if (text_.find('\n') != std::string_view::npos) return fail(0, 1, "--set takes one line");
    auto value = parse_yaml(
        text_.substr(equals + 1), findings_,
        {.from_set = true, .line = number_, .column = code_points(text_.substr(0, equals)) + 2});
    if (!value) return;
    YamlNode* at = &root;
    for (std::size_t start = 0;;) {
      const std::size_t end = std::min(text_.find('.', start), equals);
      at = step(*at, trimmed(text_.substr(start, end - start)), start);
      if (!at) return;
      if (end == equals) break;
      start = end + 1;
    }
    *at = std::move(*value);
  }

 private:
  void fail(std::size_t offset, std::uint32_t length, std::string message) {
    findings_.error("E010", position(offset), length, std::move(message));
  }
  Position position(std::size_t offset) const {
    return {.line = number_, .column = code_points(text_.substr(0, offset)) + 1, .from_set = true};
  }

  /// The value of `key` in `parent`, made if it is not there.
  YamlNode* step(YamlNode& parent, std::string_view key, std::size_t offset) {
    const auto fail_here = [&](std::string message) -> YamlNode* {
      fail(offset, std::max<std::uint32_t>(1, code_points(key)), std::move(message));
      return nullptr;
    };
    if (key.empty()) return fail_here("a key is missing between the dots");
    if (parent.is_sequence()) {
      if (YamlNode* item = item_of(parent, key)) return item;
      return fail_here("no entry " + ticked(key) + " in this list of " +
                       std::to_string(parent.items.size()) + ": use a number from 0, or a label");
    }
    if (parent.is_null()) parent.kind = YamlNode::Kind::map;
    if (!parent.is_map())
      return fail_here(ticked(key) + " cannot be set: what it belongs to is one value, no map");
    YamlNode name = {.kind = YamlNode::Kind::scalar,
                     .text = std::string(key),
                     .at = position(offset),
                     .length = code_points(key)};
    for (std::size_t i = 0; i < parent.keys.size(); ++i) {
      if (parent.keys[i].text != key) continue;
      parent.keys[i] = std::move(name);
      return &parent.items[i];
    }
    parent.keys.push_back(std::move(name));
    parent.items.emplace_back();
    return &parent.items.back();
  }

  static YamlNode* item_of(YamlNode& list, std::string_view key) {
    if (const auto number = parse_count(key); number && *number < list.items.size())
      return &list.items[*number];
    for (YamlNode& item : list.items)
      if (const YamlNode* label = item.is_map() ? item.find("label") : nullptr;
          label && label->text == key)
        return &item;
    return nullptr;
  }

  std::string_view text_;
  std::uint32_t number_;
  Findings& findings_;
};

}  // namespace

void lay_over(YamlNode& root, const std::vector<std::string>& sets, Findings& findings) {
  for (std::size_t i = 0; i < sets.size(); ++i)
    Overlay(sets[i], static_cast<std::uint32_t>(i) + 1, findings).apply(root);
}

}  // namespace byzlab::scenario

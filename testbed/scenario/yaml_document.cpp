// YAML as a tree of our own, built from yaml-cpp's events: they carry the mark of every key and
// every alias, which its node tree does not.
#include "testbed/scenario/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// Stops the parser; the finding is already recorded.
struct Refused {};

class TreeMaker final : public YAML::EventHandler {
 public:
  TreeMaker(std::string_view source, Findings& findings, Origin origin)
      : lines_(split_lines(source)), findings_(findings), origin_(origin) {}

  YamlNode take_root() { return std::move(root_); }
  bool has_root() const { return has_root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (has_root_)
      refuse("E002", position(mark), 3, "a second YAML document starts here",
             "one file is one scenario: remove `---` or split the file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(YamlNode{.at = position(mark)}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(tag, mark);
    YamlNode node{
        .kind = YamlNode::Kind::scalar, .quoted = tag == "!", .text = value, .at = position(mark)};
    if (value.find('\n') == std::string::npos)
      node.length = std::max<std::uint32_t>(1, code_points(value) + (quote_at(mark) ? 2 : 0));
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end())
      refuse("E003", position(mark), 1, "an alias inside its own anchor would be endless",
             "write the value out");
    count_nodes(size_of(known->second), mark);
    YamlNode copy = known->second;
    place(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  /// yaml-cpp counts lines and bytes from 0, we count lines and characters from 1.
  Position position(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    const auto line = static_cast<std::size_t>(mark.line);
    auto column = static_cast<std::uint32_t>(mark.column);
    if (line < lines_.size())
      column = code_points(lines_[line].substr(0, static_cast<std::size_t>(mark.column)));
    return {.line = origin_.line + static_cast<std::uint32_t>(line),
            .column = (line == 0 ? origin_.column : 1) + column,
            .from_set = origin_.from_set};
  }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    bool wants_value = false;  // a map between a key and its value
  };

  [[noreturn]] void refuse(std::string code, Position at, std::uint32_t length, std::string message,
                           std::string hint = {}) {
    findings_.error(std::move(code), at, length, std::move(message), std::move(hint));
    throw Refused{};
  }

  void check_tag(const std::string& tag, const YAML::Mark& mark) {
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse("E009", position(mark), 1, "YAML tags such as `" + cut(tag, 40) + "` are not allowed",
             "remove the tag");
  }

  bool quote_at(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(mark.line),
               column = static_cast<std::size_t>(mark.column);
    return line < lines_.size() && column < lines_[line].size() &&
           (lines_[line][column] == '"' || lines_[line][column] == '\'');
  }

  static std::size_t size_of(const YamlNode& node) {
    std::size_t size = 1;
    for (const YamlNode& key : node.keys) size += size_of(key);
    for (const YamlNode& item : node.items) size += size_of(item);
    return size;
  }

  void count_nodes(std::size_t more, const YAML::Mark& mark) {
    nodes_ += more;
    if (nodes_ > kMaxNodes)
      refuse("E003", position(mark), 1,
             "the file unfolds to more than " + std::to_string(kMaxNodes) + " values",
             "aliases multiply what they repeat");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(tag, mark);
    count_nodes(1, mark);
    if (open_.size() >= kMaxDepth)
      refuse("E003", position(mark), 1, "nested more than " + std::to_string(kMaxDepth) + " deep");
    open_.push_back({.node = {.kind = kind, .at = position(mark)}, .anchor = anchor});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    keep_anchor(done.anchor, done.node);
    place(std::move(done.node));
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    count_nodes(1, YAML::Mark::null_mark());
    keep_anchor(anchor, node);
    place(std::move(node));
  }

  void keep_anchor(YAML::anchor_t anchor, const YamlNode& node) {
    if (anchor == YAML::NullAnchor) return;
    count_nodes(size_of(node), YAML::Mark::null_mark());  // the copy costs memory too
    anchors_.insert_or_assign(anchor, node);
  }

  void place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.wants_value) {
      parent.node.items.push_back(std::move(node));
      parent.wants_value = false;
    } else {
      parent.node.keys.push_back(std::move(node));
      parent.wants_value = true;
    }
  }

  std::vector<std::string_view> lines_;
  Findings& findings_;
  Origin origin_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t nodes_ = 0;
  YamlNode root_;
  bool has_root_ = false;
};

std::size_t leading(std::string_view line, char c) {
  return std::min(line.find_first_not_of(c), line.size());
}

/// True if the line starts a block of text: `key: |` or `- >-`.
bool opens_block_text(std::string_view line) {
  if (const auto comment = line.find(" #"); comment != std::string_view::npos)
    line = line.substr(0, comment);
  line = trimmed(line);
  while (!line.empty() && (line.back() == '-' || line.back() == '+' || is_digit(line.back())))
    line.remove_suffix(1);
  return line.size() >= 2 && (line.back() == '|' || line.back() == '>') &&
         line[line.size() - 2] == ' ';
}

/// yaml-cpp lets some tabs pass and explains the others badly.
bool find_tab(std::string_view text, Findings& findings, Origin origin) {
  const auto lines = split_lines(text);
  std::optional<std::size_t>
      block;  // indentation of the line that opened the block of text we are in
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (trimmed(line).empty()) continue;
    const std::size_t spaces = leading(line, ' ');
    if (block && spaces > *block) continue;
    block.reset();
    if (spaces < line.size() && line[spaces] == '\t') {
      findings.error("E001",
                     {.line = origin.line + static_cast<std::uint32_t>(i),
                      .column = static_cast<std::uint32_t>(spaces) + 1,
                      .from_set = origin.from_set},
                     1, "YAML: tab used for indentation; use spaces");
      return true;
    }
    if (opens_block_text(line)) block = spaces;
  }
  return false;
}

bool check_bytes(std::string_view text, Findings& findings) {
  if (text.size() > kMaxFileBytes) {
    findings.error("E006", {}, 1, "larger than 1 MB: this is no scenario");
    return false;
  }
  if (const auto wrong = first_non_text_byte(text)) {
    findings.error("E005", {}, 1,
                   "not a text file: byte " + std::to_string(*wrong) + " is not UTF-8 text");
    return false;
  }
  return true;
}

}  // namespace

std::optional<YamlNode> parse_yaml(std::string_view text, Findings& findings, Origin origin) {
  if (!check_bytes(text, findings)) return std::nullopt;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (find_tab(text, findings, origin)) return std::nullopt;
  TreeMaker tree(text, findings, origin);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const Refused&) {
    return std::nullopt;
  } catch (const YAML::Exception& e) {
    findings.error("E001", tree.position(e.mark), 1, "YAML: " + cut(e.msg, 200));
    return std::nullopt;
  }
  if (!tree.has_root()) {
    findings.error("E007", {}, 1, "the file is empty");
    return std::nullopt;
  }
  return tree.take_root();
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].text == key) return &items[i];
  return nullptr;
}

namespace {

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// What YAML 1.1 readers take for true or false.
bool looks_boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 16> kWords = {
      "on",  "On", "ON", "off", "Off", "OFF", "yes", "Yes",
      "YES", "no", "No", "NO",  "y",   "Y",   "n",   "N"};
  return is_one_of(text, kWords);
}

bool looks_octal(std::string_view text) {
  return text.size() > 1 && text[0] == '0' &&
         (std::all_of(text.begin() + 1, text.end(),
                      [](char c) { return is_digit(c) || c == '_'; }) ||
          text[1] == 'o' || text[1] == 'x');
}

class StrictWalk {
 public:
  explicit StrictWalk(Findings& findings) : findings_(findings) {}

  void visit(const YamlNode& node, std::string_view name) {
    if (node.is_scalar() && !node.quoted) check_scalar(node);
    if (!node.is_map()) {
      for (const YamlNode& item : node.items) visit(item, name);
      return;
    }
    std::map<std::string_view, const YamlNode*> seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode& key = node.keys[i];
      if (!check_key(key)) continue;
      const auto [first, is_new] = seen.emplace(key.text, &key);
      if (!is_new) {
        findings_.error("E103", key.at, key.length,
                        "duplicate key `" + cut(key.text, 40) + "`" +
                            (name.empty() ? "" : " in `" + std::string(name) + "`") +
                            "; first set at line " + std::to_string(first->second->at.line));
        continue;
      }
      if (!key.text.starts_with("x-")) visit(node.items[i], key.text);
    }
  }

 private:
  bool check_key(const YamlNode& key) {
    if (!key.is_scalar()) {
      findings_.error("E106", key.at, 1, "a key must be a name");
      return false;
    }
    if (key.text == "<<") {
      findings_.error("E004", key.at, 2, "merge keys are not supported",
                      "write the keys out; an alias for a whole value is fine");
      return false;
    }
    if (!key.quoted) check_scalar(key);
    return true;
  }

  void check_scalar(const YamlNode& node) {
    if (looks_boolean(node.text))
      findings_.error(
          "E114", node.at, node.length,
          "`" + node.text + "` means true or false to some YAML readers and text to others",
          "write true or false, or quote it");
    if (looks_octal(node.text))
      findings_.error("E115", node.at, node.length,
                      "`" + cut(node.text, 40) + "` is octal or hexadecimal to some YAML readers",
                      "write a decimal number without leading zeros, or quote it");
  }

  Findings& findings_;
};

}  // namespace

void check_strictness(const YamlNode& root, Findings& findings) {
  StrictWalk(findings).visit(root, "");
}

}  // namespace byzlab::scenario

// Every request of a run, by its dense id, and where its client sits.
#pragma once

#include <vector>

#include "base/block.h"
#include "base/time.h"

namespace byzlab {

class RequestTable {
 public:
  struct Row {
    Request request;
    Time submitted;
  };

  const Row& operator[](RequestId id) const { return rows_[id.value]; }
  bool contains(RequestId id) const { return id.value < rows_.size(); }
  /// True when exactly this request was submitted.
  bool submitted(const Request& r) const {
    return contains(r.id) && rows_[r.id.value].request == r;
  }
  std::uint64_t size() const { return rows_.size(); }
  RequestId next_id() const { return RequestId(rows_.size()); }
  void add(const Request& request, Time at) { rows_.push_back(Row{request, at}); }

 private:
  std::vector<Row> rows_;
};

}  // namespace byzlab

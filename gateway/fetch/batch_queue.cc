#include "gateway/fetch/batch_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace entitysync::fetch {

struct BatchQueue::Item {
  EntitySource& source;
  FetchItem question;
  bool is_cancelled = false;
  std::unique_ptr<FetchCall> call;  // From the flush on.
};

// What the caller holds: cancels wherever the item is.
class BatchQueue::Handle final : public FetchCall {
 public:
  explicit Handle(std::shared_ptr<Item> item) : item_(std::move(item)) {}
  ~Handle() override {
    item_->is_cancelled = true;
    item_->call.reset();
  }

 private:
  const std::shared_ptr<Item> item_;
};

std::unique_ptr<FetchCall> BatchQueue::Add(EntitySource& source, FetchRequest request,
                                           FetchDone done) {
  auto item = std::make_shared<Item>(
      Item{.source = source,
           .question = {.request = std::move(request), .done = std::move(done)},
           .call = nullptr});
  if (waiting_.empty()) executor_.AtTurnEnd([this] { Flush(); });
  waiting_.push_back(item);
  return std::make_unique<Handle>(std::move(item));
}

void BatchQueue::Flush() {
  Items items = std::exchange(waiting_, {});
  std::erase_if(items, [](const auto& item) { return item->is_cancelled; });
  for (size_t begin = 0; begin < items.size();) {
    size_t end = begin + 1;
    while (end < items.size() && end - begin < max_items_ &&
           &items[end]->source == &items[begin]->source) {
      ++end;
    }
    Send(items, begin, end);
    begin = end;
  }
}

void BatchQueue::Send(const Items& items, size_t begin, size_t end) {
  EntitySource& source = items[begin]->source;
  if (end - begin == 1) {
    FetchItem& question = items[begin]->question;
    items[begin]->call = source.Fetch(std::move(question.request), std::move(question.done));
    return;
  }
  metrics_.batches.Increment();
  std::vector<FetchItem> questions;
  questions.reserve(end - begin);
  for (size_t i = begin; i < end; ++i) questions.push_back(std::move(items[i]->question));
  std::vector<std::unique_ptr<FetchCall>> calls = source.FetchBatch(std::move(questions));
  assert(calls.size() == end - begin);
  for (size_t i = begin; i < end; ++i) items[i]->call = std::move(calls[i - begin]);
}

}  // namespace entitysync::fetch

#include <iostream>
#include <string>
#include <utility>

#include "entitysync/entity.h"

namespace entitysync {

FetchFunction WritingRows(RowFunction function) {
  return [function = std::move(function)](const FetchContext& context) -> absl::StatusOr<Answer> {
    Answer answer;
    RowWriter writer(answer);
    absl::Status status = function(context, writer);
    if (!status.ok()) return status;
    return answer;
  };
}

void LogToStandardError(std::string_view line) {
  // One call, so that lines of different threads do not mix.
  std::cerr << "entity-sync: " + std::string(line) + "\n" << std::flush;
}

}  // namespace entitysync

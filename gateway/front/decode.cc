#include "gateway/front/decode.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>

namespace entitysync::front {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr uint32_t kChangesTag = WireFormatLite::MakeTag(
    v1::NotifyChangeRequest::kChangesFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

size_t CountChanges(grpc::ByteBuffer& bytes) {
  grpc::ProtoBufferReader reader(&bytes);
  google::protobuf::io::CodedInputStream in(&reader);
  size_t count = 0;
  for (uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    if (tag == kChangesTag) ++count;
    // Damaged: decoding will say so.
    if (!WireFormatLite::SkipField(&in, tag)) break;
  }
  return count;
}

}  // namespace

absl::Status CheckCount(size_t count, size_t max_changes) {
  if (count == 0) {
    return absl::InvalidArgumentError("the call holds no changes: name at least one");
  }
  if (count <= max_changes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the call holds ", count,
                                                 " changes, more than the limit of ", max_changes,
                                                 ": send fewer per call"));
}

absl::StatusOr<const v1::NotifyChangeRequest*> Decode(const grpc::ByteBuffer& bytes,
                                                      size_t max_changes,
                                                      google::protobuf::Arena& arena) {
  grpc::ByteBuffer shared = bytes;  // The same slices; decoding empties its buffer.
  if (const size_t count = CountChanges(shared); count > max_changes) {
    return CheckCount(count, max_changes);
  }
  auto* const request = google::protobuf::Arena::CreateMessage<v1::NotifyChangeRequest>(&arena);
  const grpc::Status decoded =
      grpc::SerializationTraits<v1::NotifyChangeRequest>::Deserialize(&shared, request);
  if (!decoded.ok()) {
    return absl::InvalidArgumentError(
        "the call is not a NotifyChangeRequest: its bytes are damaged, or a key is not valid "
        "UTF-8");
  }
  return request;
}

}  // namespace entitysync::front

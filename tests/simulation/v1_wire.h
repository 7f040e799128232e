#pragma once

#include <string>
#include <string_view>

#include "gateway/protocol/v1.h"

namespace entitysync::simulation {

using client::v1::ClientMessage;
using client::v1::ServerEvent;

// v1 as a client writes and reads it, from the schema alone.
std::string WriteMessage(protocol::V1Form form, const ClientMessage& message);
// Rows and patches are the texts of JSON documents whatever the form. An event without a case: this
// is none.
ServerEvent ReadEvent(protocol::V1Form form, std::string_view payload);

// The name of its case, for the story.
std::string NameOf(const ServerEvent& event);

}  // namespace entitysync::simulation

#pragma once

#include "entitysync/service.h"
#include "service/sample/database.h"

namespace sample {

// Registers the fetch functions of this application: "items", "reports" and "floors". The database
// outlives the service that is started with the options.
void RegisterEntities(Database& database, entitysync::ServiceOptions& options);

}  // namespace sample

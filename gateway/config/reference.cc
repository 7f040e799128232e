#include <string_view>
#include <vector>

#include "gateway/config/describe.h"
#include "gateway/config/setting.h"
#include "gateway/config/value.h"

namespace entitysync::config {
namespace {

constexpr std::string_view kPreamble = R"(# Configuration

Generated from the table of settings in `gateway/config/table_*.cc`; a test keeps the two equal.

Without any configuration the gateway is one replica on the in-process bus. Settings come from a YAML
file (`--config gateway.yaml`) and, for the few that a first run needs, from flags, which win:

| flag | sets |
|---|---|
| `--websocket-listen ADDRESS` | `websocket.listen` |
| `--front-listen ADDRESS` | `front.listen` |
| `--admin-listen ADDRESS` | `admin.listen` |
| `--nats-url URL` | `bus.nats.urls`, and `bus.kind: nats` |
| `--fetch-target TARGET` | the address of the default target, which is made if there is none |
| `--path PATH` | `websocket.path` |
| `--prefix PREFIX` | `prefix` |
| `--replica-id ID` | `replica_id` |
| `--insecure` | `front.insecure: true` |
| `--log-level LEVEL` | `log.level` |
| `--pass-through` | `classic.pass_through_target`: the default target |
| `--classic-snapshot` | `classic.snapshot: true` |

`--check-config` checks all and exits, `--print-config` prints every setting as it would be used.
All faults of a configuration are reported at once, each with its place; the exit code is then 2,
and nothing has listened yet.

## How values are written

- Durations: a whole number and `ms`, `s`, `m` or `h`, as in `250ms`.
- Sizes: bytes, or a whole number and `KiB`, `MiB` or `GiB`, as in `64KiB`.
- Listeners: an IP address and a port, as in `127.0.0.1:8081` or `[::]:8081`; port 0 lets the system
  choose.
- Lists: a YAML list, or one text with commas.
- `${env:NAME}` in a value stands for an environment variable, `${env:NAME:-default}` gives a default
  for when it is unset or empty, `$${` stands for a plain `${`. Keep keys and passwords out of the
  file this way. Within YAML's inline lists put such a value in quotes.
- Anchors, aliases and tags are not supported; the file may have up to 1 MiB.

## Example

```yaml
websocket:
  listen: 0.0.0.0:8080
  allowed_origins: [https://shop.example]
front:
  listen: 0.0.0.0:8081
  bearer_key: ${env:ENTITYSYNC_FRONT_KEY}
bus:
  kind: nats
  nats:
    urls: ${env:NATS_URL:-nats://nats:4222}
targets:
  shop:
    address: dns:///shop:9000
    timeout: 2s
default_target: shop
entities:
  items:
    classic_snapshot: true
```
)";

std::string TypeName(const Setting& setting) {
  switch (setting.kind) {
    case Kind::kCount:
      return "number";
    case Kind::kBytes:
      return "size";
    case Kind::kDuration:
      return "duration";
    case Kind::kBool:
      return "true or false";
    case Kind::kChoice:
      return "choice";
    case Kind::kListen:
      return "listener";
    case Kind::kFile:
      return "file";
    default:
      return IsList(setting.kind) ? "list" : "text";
  }
}

std::string Default(const Setting& setting) {
  Settings settings;
  const std::vector<std::string> texts = FormatValue(setting, setting.slot(settings, "key"));
  if (setting.kind == Kind::kGrpcTarget) return "required";
  if (texts.empty() || texts[0].empty()) return "none";
  return "`" + texts[0] + "`";
}

// "websocket" of "websocket.tls.cert_file", "targets.<name>" of "targets.<name>.timeout".
std::string_view Section(std::string_view path) {
  const size_t marker = path.find('>');
  if (marker != std::string_view::npos) return path.substr(0, marker + 1);
  const size_t dot = path.find('.');
  return dot == std::string_view::npos ? "" : path.substr(0, dot);
}

std::string Row(const Setting& setting) {
  std::string row = "| `" + std::string(setting.path) + "` | " + TypeName(setting) + " | " +
                    Default(setting) + " | " + DescribeBounds(setting) + " | " +
                    std::string(setting.doc);
  if (setting.shown == Shown::kSecret) row += " Secret.";
  return row + " |\n";
}

}  // namespace

std::string ReferenceMarkdown() {
  std::string text(kPreamble);
  std::string_view section = "none yet";
  for (const Setting& setting : AllSettings()) {
    if (Section(setting.path) != section) {
      section = Section(setting.path);
      text += "\n## " + (section.empty() ? "Top level" : "`" + std::string(section) + "`") +
              "\n\n| setting | type | default | bounds | meaning |\n|---|---|---|---|---|\n";
    }
    text += Row(setting);
  }
  return text;
}

}  // namespace entitysync::config

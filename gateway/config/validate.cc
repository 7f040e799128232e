#include "gateway/config/validate.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "gateway/config/units.h"
#include "gateway/config/value.h"

namespace entitysync::config {
namespace {

// Collects problems over one Settings.
class Validator {
 public:
  Validator(const Settings& settings, const Origins& origins, const Environment& environment)
      : settings_(settings), origins_(origins), environment_(environment) {}

  std::vector<Problem> Run() {
    CheckListeners();
    CheckRates();
    CheckFront();
    CheckBus();
    CheckTargets();
    CheckNames();
    CheckTimes();
    CheckFiles();
    return std::move(problems_);
  }

 private:
  void CheckListeners();
  void CheckRates();
  void CheckFront();
  void CheckBus();
  void CheckTargets();
  void CheckNames();
  void CheckTimes();
  void CheckFiles();
  void CheckPair(const std::string& section, const std::string& cert, const std::string& key);
  void CheckClientTls(const std::string& section, const ClientTlsSettings& tls);
  void CheckTarget(const std::string& setting, const std::string& name);

  bool Said(const std::string& setting) const { return origins_.contains(setting); }

  void Report(const std::string& setting, const std::string& message) {
    const auto place = origins_.find(setting);
    problems_.push_back(
        Problem{place == origins_.end() ? Place{} : place->second, setting, message});
  }

  const Settings& settings_;
  const Origins& origins_;
  const Environment& environment_;
  std::vector<Problem> problems_;
};

bool Clash(const ListenAddress& left, const ListenAddress& right) {
  const auto is_any = [](const ListenAddress& address) {
    return address.host == "0.0.0.0" || address.host == "::";
  };
  return left.port != 0 && left.port == right.port &&
         (left.host == right.host || is_any(left) || is_any(right));
}

void Validator::CheckListeners() {
  const std::array<std::pair<std::string, ListenAddress>, 3> listeners{
      {{"websocket.listen", settings_.websocket.listen},
       {"front.listen", settings_.front.listen},
       {"admin.listen", settings_.admin.listen}}};
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = i + 1; j < listeners.size(); ++j) {
      if (!Clash(listeners[i].second, listeners[j].second)) continue;
      // Named where the file says something that can be changed.
      const bool first = Said(listeners[i].first) && !Said(listeners[j].first);
      const auto& [name, address] = listeners[first ? i : j];
      const auto& [other, other_address] = listeners[first ? j : i];
      Report(name, "has the same port as " + other + " (" + other_address.ToString() +
                       "); give each listener a port of its own");
    }
  }
}

void Validator::CheckRates() {
  const auto& websocket = settings_.websocket;
  if (websocket.message_burst < websocket.max_messages_per_second) {
    Report("websocket.message_burst",
           "is below websocket.max_messages_per_second (" +
               std::to_string(websocket.max_messages_per_second) +
               "), so clients that send a second's worth at once would be closed for it; raise it "
               "or lower that");
  }
}

void Validator::CheckFront() {
  const FrontSettings& front = settings_.front;
  CheckPair("front.tls", front.tls.cert_file, front.tls.key_file);
  CheckPair("websocket.tls", settings_.websocket.tls.cert_file, settings_.websocket.tls.key_file);
  if (!front.tls.client_ca_file.empty() && !front.tls.Enabled()) {
    Report("front.tls.client_ca_file", "needs front.tls.cert_file and key_file; set them");
  }
  if (!IsLoopback(front.listen.host) && front.bearer_key.empty() && !front.insecure) {
    Report("front.listen",
           "is open beyond this machine and applications need no key; set "
           "front.bearer_key, or front.insecure: true (--insecure) if the "
           "network keeps others out");
  }
}

void Validator::CheckBus() {
  const BusSettings& bus = settings_.bus;
  if (bus.kind == BusKind::kNats && bus.nats.urls.empty()) {
    Report("bus.nats.urls",
           "is required for bus.kind nats; give the address of a NATS server, as "
           "in nats://host:4222 (or --nats-url)");
  }
  if (bus.kind != BusKind::kNats && !bus.nats.urls.empty() && !Said("bus.kind")) {
    Report("bus.nats.urls", "has no effect without bus.kind: nats; set it, or say in_process");
  }
  CheckClientTls("bus.nats.tls", bus.nats.tls);
}

void Validator::CheckTargets() {
  for (const auto& [name, target] : settings_.targets) {
    const std::string path = "targets." + name;
    if (target.address.empty()) {
      Report(path + ".address", "is required; say where the application listens, as in app:9000");
    }
    CheckClientTls(path + ".tls", target.tls);
  }
}

void Validator::CheckTarget(const std::string& setting, const std::string& name) {
  if (name.empty() || settings_.targets.contains(name)) return;
  Report(setting, "names the target " + name + ", which is not among targets; define it there");
}

void Validator::CheckNames() {
  CheckTarget("default_target", settings_.default_target);
  CheckTarget("classic.pass_through_target", settings_.classic.pass_through_target);
  for (const auto& [type, entity] : settings_.entities) {
    const std::string setting = "entities." + type + ".target";
    CheckTarget(setting, entity.target);
    if (entity.target.empty() && settings_.default_target.empty()) {
      Report(setting, "is required as there is no default_target; name one of targets");
    }
  }
}

void Validator::CheckTimes() {
  if (settings_.fetch.backoff_min > settings_.fetch.backoff_max) {
    Report("fetch.backoff_min", "is above fetch.backoff_max; lower it or raise the other");
  }
  if (settings_.front.notify_timeout <= settings_.bus.gather) {
    Report("front.notify_timeout", "is not above bus.gather (" +
                                       FormatDuration(settings_.bus.gather) +
                                       "), so what gathers would be given up before it is "
                                       "published; raise it or lower that");
  }
  const DrainSettings& drain = settings_.drain;
  if (drain.timeout < drain.unready_delay + drain.window) {
    Report("drain.timeout", "is shorter than drain.unready_delay and drain.window together (" +
                                FormatDuration(drain.unready_delay + drain.window) +
                                "); raise it or lower those");
  }
}

void Validator::CheckPair(const std::string& section, const std::string& cert,
                          const std::string& key) {
  if (cert.empty() == key.empty()) return;
  const std::string missing = cert.empty() ? ".cert_file" : ".key_file";
  const std::string given = cert.empty() ? ".key_file" : ".cert_file";
  Report(section + given, "needs " + section + missing + "; set both or neither");
}

void Validator::CheckClientTls(const std::string& section, const ClientTlsSettings& tls) {
  CheckPair(section, tls.cert_file, tls.key_file);
  if (!tls.enabled && !(tls.ca_file.empty() && tls.cert_file.empty() && tls.key_file.empty())) {
    Report(section + ".enabled",
           "is false but certificate files are given; set it to true or remove the files");
  }
}

void Validator::CheckFiles() {
  Settings settings = settings_;
  const auto check = [&](const Setting& setting, const std::string& key) {
    const std::string path = FormatValue(setting, setting.slot(settings, key)).at(0);
    const std::string fault = path.empty() ? "" : environment_.file_fault(path);
    if (fault.empty()) return;
    std::string name(setting.path);
    if (const size_t begin = name.find('<'); begin != std::string::npos) {
      name.replace(begin, name.find('>') + 1 - begin, key);
    }
    Report(name, "the file " + absl::Utf8SafeCEscape(path) + " " + fault);
  };
  for (const Setting& setting : AllSettings()) {
    if (setting.kind != Kind::kFile) continue;
    if (!setting.path.starts_with("targets.")) {
      check(setting, "");
      continue;
    }
    for (const auto& entry : settings_.targets) check(setting, entry.first);
  }
}

}  // namespace

std::vector<Problem> Validate(const Settings& settings, const Origins& origins,
                              const Environment& environment) {
  return Validator(settings, origins, environment).Run();
}

}  // namespace entitysync::config

#pragma once

#include <map>
#include <string>

#include "gateway/metrics/metrics.h"

// Short forms for the definitions of this module.
namespace entitysync::metrics {

using Labels = std::map<std::string, std::string>;

inline Counter& AddCounter(prometheus::Registry& registry, const std::string& name,
                           const std::string& help, const Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

inline Gauge& AddGauge(prometheus::Registry& registry, const std::string& name,
                       const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

// A histogram of seconds from 100 microseconds to 10 seconds.
inline Histogram& AddSeconds(prometheus::Registry& registry, const std::string& name,
                             const std::string& help) {
  const Histogram::BucketBoundaries bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                              0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                              1,      2.5,     5,      10};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

// A histogram of small numbers, from 1 to 100.
inline Histogram& AddCounts(prometheus::Registry& registry, const std::string& name,
                            const std::string& help) {
  const Histogram::BucketBoundaries bounds = {1, 2, 5, 10, 20, 50, 100};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

}  // namespace entitysync::metrics

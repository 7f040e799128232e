#include "gateway/server/logging.h"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdio>
#include <memory>
#include <utility>

namespace entitysync::server {
namespace {

constexpr size_t kMaxWaitingLines = 8192;

// "%*" in a pattern: the message as the inside of a JSON string (RFC 8259 section 7).
class JsonText final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const auto append = [&out](std::string_view text) {
      out.append(text.data(), text.data() + text.size());
    };
    for (const char c : message.payload) {
      if (c == '"' || c == '\\') {
        append("\\");
        out.push_back(c);
      } else if (static_cast<unsigned char>(c) < 0x20) {
        char escaped[8];
        std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
        append(escaped);
      } else {
        out.push_back(c);
      }
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonText>();
  }
};

std::unique_ptr<spdlog::formatter> MakeFormatter(config::LogFormat format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (format == config::LogFormat::kJson) {
    formatter->add_flag<JsonText>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%*"})");
  } else {
    formatter->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  }
  return formatter;
}

spdlog::level::level_enum LevelOf(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return spdlog::level::debug;
    case config::LogLevel::kInfo:
      return spdlog::level::info;
    case config::LogLevel::kWarning:
      return spdlog::level::warn;
    case config::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Keeps the logger's thread alive as long as the logger.
struct LoggerWithThread {
  std::shared_ptr<spdlog::details::thread_pool> thread;
  std::shared_ptr<spdlog::async_logger> logger;
};

}  // namespace

base::Logger MakeLogger(const config::LogSettings& settings) {
  auto owner = std::make_shared<LoggerWithThread>();
  owner->thread = std::make_shared<spdlog::details::thread_pool>(kMaxWaitingLines, 1);
  owner->logger = std::make_shared<spdlog::async_logger>(
      "gateway", std::make_shared<spdlog::sinks::stderr_sink_mt>(), owner->thread,
      spdlog::async_overflow_policy::overrun_oldest);
  owner->logger->set_formatter(MakeFormatter(settings.format));
  owner->logger->set_level(LevelOf(settings.level));
  owner->logger->flush_on(spdlog::level::info);
  // There is nowhere to complain to when the log itself cannot be written.
  owner->logger->set_error_handler([](const std::string&) {});
  spdlog::logger* logger = owner->logger.get();
  return base::Logger(std::move(owner), logger);
}

}  // namespace entitysync::server

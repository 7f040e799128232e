#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>

namespace entitysync::fuzz {

// A peer that sent `input` and then hung up, for Boost.Beast's synchronous functions. It gives at
// most `chunk` bytes at a time, and keeps what is written to it.
//
// Owner and lifetime: the target; `input` outlives it. Threading: one thread. Limits: none.
// Errors: eof when all is read.
class MemoryStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;

  MemoryStream(boost::asio::io_context& context, std::string_view input, size_t chunk)
      : executor_(context.get_executor()), unread_(input), chunk_(chunk) {}

  executor_type get_executor() { return executor_; }
  const std::string& written() const { return written_; }

  template <typename Buffers>
  size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
    if (unread_.empty()) error = boost::asio::error::eof;
    const size_t size = boost::asio::buffer_copy(
        buffers, boost::asio::buffer(unread_.data(), std::min(chunk_, unread_.size())));
    unread_.remove_prefix(size);
    return size;
  }

  template <typename Buffers>
  size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
    error = {};
    const size_t size = boost::asio::buffer_size(buffers);
    const size_t before = written_.size();
    written_.resize(before + size);
    boost::asio::buffer_copy(boost::asio::buffer(written_.data() + before, size), buffers);
    return size;
  }

  template <typename Buffers>
  size_t read_some(const Buffers& buffers) {
    boost::system::error_code error;
    const size_t size = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }
  template <typename Buffers>
  size_t write_some(const Buffers& buffers) {
    boost::system::error_code error;
    return write_some(buffers, error);
  }

 private:
  executor_type executor_;
  std::string_view unread_;
  const size_t chunk_;
  std::string written_;
};

}  // namespace entitysync::fuzz

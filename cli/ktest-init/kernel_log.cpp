#include "kernel_log.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ktest::init {

kernel_log::kernel_log() : device_{::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)} {}

auto kernel_log::next() -> std::optional<wire::kernel_log> {
    wire::kernel_log batch;
    std::array<char, 16384> record{}; // the kernel's own limit is half of it
    while (batch.records.size() < wire::piece_limit) {
        auto const got = ::read(device_.get(), record.data(), record.size());
        if (got < 0 && (errno == EPIPE || errno == EINVAL || errno == EINTR))
            continue; // the next number tells what is lost
        if (got <= 0) break;
        auto const* const comma =
            static_cast<char*>(std::memchr(record.data(), ',', static_cast<std::size_t>(got)));
        auto const sequence = comma == nullptr ? expected_ : std::strtoull(comma + 1, nullptr, 10);
        if (sequence > expected_) batch.lost += sequence - expected_;
        expected_ = sequence + 1;
        batch.records.append(record.data(), static_cast<std::size_t>(got));
    }
    if (batch.records.empty()) return std::nullopt;
    return batch;
}

auto kernel_offset() -> std::string {
    descriptor const file{::open("/proc/kallsyms", O_RDONLY | O_CLOEXEC)};
    std::string text;
    std::array<char, 8192> block{};
    for (ssize_t got = 0; file && (got = ::read(file.get(), block.data(), block.size())) > 0;) {
        text.append(block.data(), static_cast<std::size_t>(got));
        auto const symbol = text.find(" _text\n");
        if (symbol != std::string::npos) {
            auto const line = text.rfind('\n', symbol) + 1; // npos + 1 is 0
            auto const address = text.substr(line, text.find(' ', line) - line);
            return address.find_first_not_of('0') == std::string::npos ? "" : address;
        }
        text.erase(0, text.rfind('\n') + 1);
    }
    return {};
}

} // namespace ktest::init

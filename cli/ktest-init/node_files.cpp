#include "node_files.hpp"

#include "problem.hpp"
#include <ktest/descriptor.hpp>

#include <cstdlib>

#include <sys/stat.h>

namespace ktest::init {
namespace {

auto base_name(std::string const& path) -> std::string { return path.substr(path.rfind('/') + 1); }

auto write_all(int file, std::string_view bytes) -> bool {
    while (!bytes.empty()) {
        auto const written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// A file that gets its name when it is complete. What is there and no regular file (stdout, a device, a
/// pipe) is written to as it is.
class target {
public:
    /// `-` is stdout.
    explicit target(std::string path) : path_{std::move(path)} {
        struct stat there {};
        if (path_ == "-")
            file_ = descriptor{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)};
        else if (::stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
            file_ = descriptor{::open(path_.c_str(), O_WRONLY | O_CLOEXEC)};
        else
            file_ = descriptor{::mkostemp((beside_ = path_ + ".XXXXXX").data(), O_CLOEXEC)};
    }
    target(target&&) = delete;
    ~target() {
        if (file_ && !beside_.empty()) ::unlink(beside_.c_str());
    }

    explicit operator bool() const { return static_cast<bool>(file_); }
    auto write(std::string_view bytes) const -> bool { return write_all(file_.get(), bytes); }
    /// It is complete. false: errno tells.
    auto finish() -> bool {
        if (beside_.empty()) return true;
        auto const mask = ::umask(0);
        ::umask(mask);
        if (::fchmod(file_.get(), 0666 & ~mask) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0)
            return false;
        beside_.clear();
        return true;
    }

private:
    std::string path_;
    std::string beside_; ///< its name until then
    descriptor file_;
};

} // namespace

auto put_file(node_call& call) -> node_command_end {
    auto const& path = call.words[0];
    auto const name = call.words.size() > 1 ? call.words[1] : base_name(path);
    descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return {1, failure(path)};
    for (std::uint64_t offset = 0;;) {
        std::string piece(wire::piece_limit, '\0');
        auto const got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0) return {1, failure(path)};
        piece.resize(static_cast<std::size_t>(got));
        if (got > 0 || offset == 0) // an empty file has one piece, too
            if (auto const answer = call.host.ask({"put", name, std::to_string(offset)}, std::move(piece));
                answer.status != 0)
                return {answer.status, name + ": " + answer.text};
        offset += static_cast<std::uint64_t>(got);
        if (got == 0) break;
    }
    auto const answer = call.host.ask({"put-end", name});
    if (answer.status != 0) return {answer.status, name + ": " + answer.text};
    return {};
}

auto get_file(node_call& call) -> node_command_end {
    auto const& what = call.words[0];
    auto const colon = what.find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == what.size())
        return {2, what + ": want NODE:NAME"};
    auto const node = what.substr(0, colon);
    auto const name = what.substr(colon + 1);
    auto const path = call.words.size() > 1 ? call.words[1] : base_name(name);
    auto answer = call.host.ask({"get", node, name, "0"}, {}, call.patience);
    if (answer.status != 0) return {answer.status, what + ": " + answer.text};
    target file{path};
    if (!file) return {1, failure(path)};
    for (std::uint64_t offset = 0; !answer.data.empty();) {
        if (!file.write(answer.data)) return {1, failure(path)};
        offset += answer.data.size();
        answer = call.host.ask({"get", node, name, std::to_string(offset)});
        if (answer.status != 0) return {answer.status, what + ": " + answer.text};
    }
    if (!file.finish()) return {1, failure(path)};
    return {};
}

} // namespace ktest::init

#include "out_files.hpp"

#include "text_file.hpp"
#include <ktest/descriptor.hpp>

#include <sys/stat.h>

namespace ktest::init {
namespace {

class sender {
public:
    explicit sender(std::function<void(wire::out_file)> const& send) : send_{send} {}

    void send_directory(std::string const& inside, int depth) {
        for (auto const& name : names_in(std::string{out_directory} + "/" + inside)) {
            auto const path = inside.empty() ? name : inside + "/" + name;
            struct stat status {};
            if (::lstat((std::string{out_directory} + "/" + path).c_str(), &status) != 0) continue;
            if (S_ISREG(status.st_mode))
                send_file(path);
            else if (S_ISDIR(status.st_mode) && depth < wire::out_file::deepest)
                send_directory(path, depth + 1);
            else if (S_ISDIR(status.st_mode))
                left_out_ += path + ": too deep\n";
        }
    }

    void send_left_out() {
        if (!left_out_.empty()) send_({"TRUNCATED", 0, left_out_.substr(0, wire::piece_limit)});
    }

private:
    void send_file(std::string const& path) {
        if (++files_ > wire::out_file::most_files) {
            if (files_ == wire::out_file::most_files + 1)
                left_out_ += path + " and what comes after it: more than "
                             + std::to_string(wire::out_file::most_files) + " files\n";
            return;
        }
        descriptor const file{::open((std::string{out_directory} + "/" + path).c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
        if (!file) return;
        for (std::uint64_t offset = 0;;) {
            std::string piece(wire::piece_limit, '\0');
            auto const got = ::read(file.get(), piece.data(), piece.size());
            if (got <= 0 && offset > 0) return;
            piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
            if (size_ + piece.size() > wire::out_file::most_bytes) {
                left_out_ += path + ": from byte " + std::to_string(offset) + " on: more than "
                             + std::to_string(wire::out_file::most_bytes >> 20U) + " MiB in all\n";
                return;
            }
            size_ += piece.size();
            send_({path, offset, piece});
            if (got <= 0) return;
            offset += piece.size();
        }
    }

    std::function<void(wire::out_file)> const& send_;
    std::string left_out_;
    std::uint64_t size_ = 0;
    int files_ = 0;
};

} // namespace

void send_out_files(std::function<void(wire::out_file)> const& send) {
    sender all{send};
    all.send_directory("", 0);
    all.send_left_out();
}

} // namespace ktest::init

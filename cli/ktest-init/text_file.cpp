#include "text_file.hpp"

#include <ktest/descriptor.hpp>

#include <algorithm>
#include <array>

#include <dirent.h>

namespace ktest::init {
namespace {

auto write_to(std::string const& path, std::string_view text, int flags, unsigned mode) -> bool {
    descriptor const file{::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, mode)};
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

} // namespace

auto read_text(std::string const& path) -> std::string {
    std::string text;
    descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 4096> block{};
    for (ssize_t got = 0; file && (got = ::read(file.get(), block.data(), block.size())) > 0;)
        text.append(block.data(), static_cast<std::size_t>(got));
    text.erase(text.find_last_not_of(" \t\n") + 1);
    return text;
}

auto write_text(std::string const& path, std::string_view text, unsigned mode) -> bool {
    ::unlink(path.c_str()); // it may be a link into a file system that is not there
    return write_to(path, text, O_CREAT | O_EXCL, mode);
}

auto write_switch(std::string const& path, std::string_view text) -> bool {
    return write_to(path, text, 0, 0);
}

auto names_in(std::string const& directory) -> std::vector<std::string> {
    std::vector<std::string> names;
    auto* const open = ::opendir(directory.c_str());
    if (open == nullptr) return names;
    while (auto const* entry = ::readdir(open))
        if (std::string_view const name{entry->d_name}; name != "." && name != "..") names.emplace_back(name);
    ::closedir(open);
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace ktest::init

#include "node_programs.hpp"

#include "node_command.hpp"
#include <ktest/descriptor.hpp>

#include <sys/sendfile.h>
#include <sys/stat.h>

namespace ktest::init {
namespace {

/// init's own file is gone with the initramfs, but for this link, which only root may follow.
auto copy_own_program(std::string const& path) -> problem {
    descriptor const own{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    descriptor const copy{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755)};
    if (!own || !copy) return failure("cannot make " + path);
    for (;;) {
        auto const copied = ::sendfile(copy.get(), own.get(), nullptr, 1U << 20U);
        if (copied == 0) return {};
        if (copied < 0) return failure("cannot write " + path);
    }
}

} // namespace

auto make_node_programs() -> problem {
    ::mkdir(node_programs_directory, 0755);
    auto const directory = std::string{node_programs_directory} + '/';
    constexpr auto program = "ktest-node";
    if (auto wrong = copy_own_program(directory + program)) return wrong;
    for (auto const& name : node_command_names())
        if (::symlink(program, (directory + name).c_str()) != 0)
            return failure("cannot make " + directory + name);
    return {};
}

} // namespace ktest::init

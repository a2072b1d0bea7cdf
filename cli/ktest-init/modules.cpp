#include "modules.hpp"

#include "text_file.hpp"
#include <ktest/descriptor.hpp>
#include <ktest/take_line.hpp>

#include <array>
#include <cstdio>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

namespace ktest::init {
namespace {

/// Calls `use` with each line that is neither empty nor a comment.
template<class Use>
void each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        auto const line = take_line(text);
        if (!line.empty() && line.front() != '#') use(std::string{line});
    }
}

auto open_module(std::string const& path) -> descriptor {
    return descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
}

/// false: errno tells. A module that is there already, or finds no hardware, is as good as loaded.
auto load(descriptor const& file, std::string const& name) -> bool {
    auto const flags = name.ends_with(".ko") ? 0 : 4 /* MODULE_INIT_COMPRESSED_FILE */;
    return ::syscall(SYS_finit_module, file.get(), "", flags) == 0 || errno == EEXIST || errno == ENODEV;
}

auto modules_directory() -> std::string { return "/lib/modules/" + kernel_release() + "/"; }

} // namespace

auto kernel_release() -> std::string {
    utsname kernel{};
    ::uname(&kernel);
    return kernel.release;
}

initramfs_modules::initramfs_modules() {
    each_line(read_text("/modules/order"), [this](std::string const& name) {
        files_.emplace_back(name, open_module("/modules/" + name));
    });
}

auto initramfs_modules::load() const -> problem {
    problem first;
    for (auto const& [name, file] : files_)
        if (!init::load(file, name) && !first)
            first =
                file ? failure("the kernel refuses module " + name) : "the initramfs has no module " + name;
    return first;
}

void load_plain_module(std::string const& name) {
    for (auto const* suffix : {".ko", ".ko.xz", ".ko.zst", ".ko.gz"})
        if (auto const file = open_module(modules_directory() + name + suffix)) {
            load(file, name + suffix);
            return;
        }
}

void make_static_nodes() {
    each_line(read_text(modules_directory() + "modules.devname"), [](std::string const& line) {
        std::array<char, 64> node{};
        char type = 0;
        unsigned major = 0;
        unsigned minor = 0;
        if (std::sscanf(line.c_str(), "%*s %63s %c%u:%u", node.data(), &type, &major, &minor) != 4) return;
        auto const path = std::string{"/dev/"} + node.data();
        if (auto const slash = path.rfind('/'); slash > 4) ::mkdir(path.substr(0, slash).c_str(), 0755);
        ::mknod(path.c_str(), (type == 'b' ? S_IFBLK : S_IFCHR) | 0600U, ::makedev(major, minor));
    });
}

} // namespace ktest::init

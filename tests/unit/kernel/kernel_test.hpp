#pragma once

#include <ktest/file.hpp>
#include <ktest/kernel/kernel.hpp>
#include <ktest/paths.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ktest::test {

/// A user's home with no kernels in it, gone at the end.
class temporary_home {
public:
    temporary_home() {
        std::string name = "/tmp/ktest-home-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{name};
        path = name;
        where = {path / ".ktest", path / ".cache/ktest", path / "run"};
        std::filesystem::create_directories(where.kernels());
    }
    ~temporary_home() { std::filesystem::remove_all(path); }
    temporary_home(temporary_home const&) = delete;
    auto operator=(temporary_home const&) -> temporary_home& = delete;

    auto write(std::filesystem::path const& relative, std::string_view text) const -> std::filesystem::path {
        auto const file = path / relative;
        std::filesystem::create_directories(file.parent_path());
        if (!write_file(file, text)) throw std::runtime_error{file};
        return file;
    }

    std::filesystem::path path;
    paths where;
};

/// As much of a bzImage as tells its release.
inline auto bzimage(std::string_view release) -> std::string {
    std::string image(0x400, '\0');
    image.replace(0x1fe, 2, "\x55\xaa");
    image.replace(0x202, 4, "HdrS");
    image[0x1f1] = 1;      // two sectors, and no more than that
    image[0x20f] = '\x02'; // its version stands at 0x200 + 0x200
    return image + std::string{release} + " (someone@somewhere) #1 SMP\0"; // the end is the string's own
}

/// A kernel with a few of the modules that a guest needs; the others are built in.
inline auto kernel_with_modules(temporary_home const& home, std::string const& release = "6.1.0-test")
    -> kernel {
    auto const modules = std::filesystem::path{"made/lib/modules"} / release;
    for (auto const* const name : {"ring", "virtio", "virtio_blk", "virtio-rng", "isofs"})
        home.write(modules / "kernel" / (std::string{name} + ".ko"), std::string{"code of "} + name);
    home.write(modules / "modules.dep", "kernel/ring.ko:\n"
                                        "kernel/virtio.ko: kernel/ring.ko\n"
                                        "kernel/virtio_blk.ko: kernel/virtio.ko kernel/ring.ko\n"
                                        "kernel/virtio-rng.ko: kernel/virtio.ko kernel/ring.ko\n"
                                        "kernel/isofs.ko:\n");
    home.write(modules / "modules.builtin",
               "kernel/virtio_pci.ko\nkernel/virtio_console.ko\nkernel/fs/ext4.ko\n");
    auto const image = home.write("made/boot/vmlinuz-" + release, bzimage(release));
    return {.name = "made", .image = image, .release = release, .modules = home.path / modules};
}

} // namespace ktest::test

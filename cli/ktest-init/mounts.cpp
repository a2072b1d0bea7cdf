#include "mounts.hpp"

#include "disks.hpp"
#include "modules.hpp"
#include "text_file.hpp"
#include <ktest/guest/messages.hpp>

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace ktest::init {
namespace {

struct filesystem {
    char const* type;
    char const* target;
    unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    char const* options = "";
    bool needed = false; ///< else a kernel may lack it
};

constexpr filesystem kernel_filesystems[] = {
    {"proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, "", true},
    {"sysfs", "/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV, "", true},
    {"devtmpfs", "/dev", MS_NOSUID, "mode=755", true},
};
constexpr filesystem tree[] = {
    {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755", true},
    {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666"},
    {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"debugfs", "/sys/kernel/debug"},
    {"tracefs", "/sys/kernel/tracing"},
};
constexpr filesystem configfs[] = {{"configfs", "/sys/kernel/config"}};

auto mount_all(auto const& table) -> problem {
    for (auto const& fs : table) {
        ::mkdir(fs.target, 0755);
        if (::mount(fs.type, fs.target, fs.type, fs.flags, fs.options) != 0 && errno != EBUSY && fs.needed)
            return failure(std::string{"cannot mount "} + fs.type + " on " + fs.target);
    }
    return {};
}

/// Removes what is in `directory` and on the same file system: pages of the initramfs that nobody would give
/// back.
void remove_tree(std::string const& directory, dev_t device) {
    for (auto const& name : names_in(directory)) {
        auto const path = directory + "/" + name;
        struct stat status {};
        if (::lstat(path.c_str(), &status) != 0 || status.st_dev != device) continue;
        if (S_ISDIR(status.st_mode)) {
            remove_tree(path, device);
            ::rmdir(path.c_str());
        } else {
            ::unlink(path.c_str());
        }
    }
}

} // namespace

auto mount_kernel_filesystems() -> problem { return mount_all(kernel_filesystems); }

auto switch_to_root(device_events& events) -> problem {
    auto const disk =
        events.wait_for([] { return disk_with_serial(wire::root_serial); }, std::chrono::seconds{60});
    if (!disk) return "there is no disk with the serial `" + std::string{wire::root_serial} + "`";
    ::mkdir("/root", 0700);
    if (::mount(disk->c_str(), "/root", "ext4", 0, "") != 0)
        return failure("cannot mount the root image (" + *disk + ", ext4)");
    struct stat initramfs {};
    ::stat("/", &initramfs);
    for (auto const& fs : kernel_filesystems) {
        auto const target = std::string{"/root"} + fs.target;
        ::mkdir(target.c_str(), 0755);
        if (::mount(fs.target, target.c_str(), nullptr, MS_MOVE, nullptr) != 0)
            return failure("cannot move " + target);
    }
    remove_tree("", initramfs.st_dev);
    if (::chdir("/root") != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0)
        return failure("cannot make the root image the root");
    return {};
}

auto mount_tree() -> problem {
    if (auto wrong = mount_all(tree)) return wrong;
    for (auto const& [target, link] : {std::pair{"/proc/self/fd", "/dev/fd"},
                                       {"/proc/self/fd/0", "/dev/stdin"},
                                       {"/proc/self/fd/1", "/dev/stdout"},
                                       {"/proc/self/fd/2", "/dev/stderr"}})
        (void)!::symlink(target, link);
    return {};
}

auto mount_modules() -> problem {
    auto const disk = disk_with_serial(wire::modules_serial);
    if (!disk) return mount_all(configfs);
    auto const target = "/lib/modules/" + kernel_release();
    ::mkdir("/lib/modules", 0755);
    ::mkdir(target.c_str(), 0755);
    if (::mount(disk->c_str(), target.c_str(), "ext4", MS_RDONLY, "") != 0)
        return failure("cannot mount the modules' image (" + *disk + ", ext4) on " + target);
    make_static_nodes();
    load_plain_module("kernel/fs/configfs/configfs");
    return mount_all(configfs);
}

auto mount_payload() -> problem {
    auto const disk = disk_with_serial(wire::payload_serial);
    if (!disk) return "there is no disk with the serial `" + std::string{wire::payload_serial} + "`";
    {
        // Whoever looked at the disk before, udevd for one, may have seen another content.
        descriptor const device{::open(disk->c_str(), O_RDONLY | O_CLOEXEC)};
        ::ioctl(device.get(), BLKFLSBUF, 0);
    }
    ::mkdir("/cdrom", 0755);
    if (::mount(disk->c_str(), "/cdrom", "iso9660", MS_RDONLY, "") != 0)
        return failure("cannot mount the payload (" + *disk + ", iso9660) on /cdrom");
    return {};
}

void remount_root_read_only() { ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_RDONLY, nullptr); }

} // namespace ktest::init

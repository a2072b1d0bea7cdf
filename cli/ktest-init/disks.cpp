#include "disks.hpp"

#include "device_events.hpp"
#include "text_file.hpp"
#include <ktest/descriptor.hpp>
#include <ktest/guest/messages.hpp>

#include <cstdlib>
#include <map>

#include <linux/fs.h>
#include <sys/ioctl.h>

namespace ktest::init {
namespace {

auto serial_of(std::string const& name) -> std::string { return read_text("/sys/block/" + name + "/serial"); }

/// A disk shows itself in /sys a moment before it can be opened.
auto can_be_opened(std::string const& path) -> bool {
    return static_cast<bool>(descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)});
}

auto sectors_of(std::string const& name) -> std::uint64_t {
    return std::strtoull(read_text("/sys/block/" + name + "/size").c_str(), nullptr, 10);
}

auto check_sizes(std::vector<std::uint64_t> const& sizes) -> problem {
    constexpr std::uint64_t sector = 512;
    problem wrong;
    auto const right = [&] {
        for (std::size_t place = 0; place < sizes.size(); ++place) {
            auto const name = disk_name(place);
            auto const is = sectors_of(name);
            if (is == (sizes[place] + sector - 1) / sector) continue;
            wrong = "/dev/" + name + " has " + std::to_string(is * sector) + " bytes instead of "
                    + std::to_string(sizes[place]);
            return false;
        }
        return true;
    };
    if (right() || device_events{}.wait_for(right, std::chrono::seconds{10})) return {};
    return wrong;
}

} // namespace

auto disk_with_serial(std::string_view serial) -> std::optional<std::string> {
    static std::map<std::string, std::string> serials; // each is asked of the device, so once will do
    for (auto const& name : names_in("/sys/block")) {
        if (!name.starts_with("vd") || !can_be_opened("/dev/" + name)) continue;
        auto& known = serials[name];
        if (known.empty()) known = serial_of(name);
        if (known == serial) return "/dev/" + name;
    }
    return {};
}

void forget_disks() {
    for (auto const& name : names_in("/sys/block")) {
        auto const serial = serial_of(name);
        if (serial == wire::root_serial || serial == wire::modules_serial) continue;
        if (descriptor const device{::open(("/dev/" + name).c_str(), O_RDONLY | O_CLOEXEC)})
            ::ioctl(device.get(), BLKFLSBUF, 0);
    }
}

auto disk_name(std::size_t place) -> std::string {
    std::string letters;
    for (auto rest = std::uint64_t{place} + 1; rest > 0; rest = (rest - 1) / 26)
        letters.insert(letters.begin(), static_cast<char>('a' + (rest - 1) % 26));
    return "vd" + letters;
}

auto check_scratch_disks(std::vector<std::uint64_t> const& sizes) -> problem {
    auto const count = sizes.size();
    for (std::size_t place = 0; place < count; ++place) {
        auto const wanted = "scratch" + std::to_string(place);
        auto const name = disk_name(place);
        if (auto const found = serial_of(name); found != wanted)
            return "/dev/" + name + " should be the disk " + wanted + ", but is "
                   + (found.empty() ? "missing" : "the disk " + found);
    }
    for (auto const& name : names_in("/sys/block"))
        if (auto const serial = serial_of(name); serial == "scratch" + std::to_string(count))
            return "there are more scratch disks than the " + std::to_string(count) + " announced: /dev/"
                   + name;
    return check_sizes(sizes);
}

auto scratch_paths(std::size_t count) -> std::string {
    std::string paths;
    for (std::size_t place = 0; place < count; ++place)
        paths += (place == 0 ? "/dev/" : " /dev/") + disk_name(place);
    return paths;
}

} // namespace ktest::init

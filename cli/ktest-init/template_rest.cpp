#include "template_rest.hpp"

#include "disks.hpp"
#include "network.hpp"
#include "text_file.hpp"
#include <ktest/descriptor.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include <glob.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace ktest::init {
namespace {

/// Mixes the host's bytes into the kernel's generator, which credits them, and has every derived generator
/// start anew (random(4)).
void reseed(std::string const& entropy) {
    descriptor const device{::open("/dev/urandom", O_WRONLY | O_CLOEXEC)};
    std::vector<std::uint32_t> memory((sizeof(rand_pool_info) + entropy.size()) / 4 + 1);
    auto* const pool = reinterpret_cast<rand_pool_info*>(memory.data());
    pool->entropy_count = static_cast<int>(entropy.size() * 8);
    pool->buf_size = static_cast<int>(entropy.size());
    std::memcpy(pool->buf, entropy.data(), entropy.size());
    ::ioctl(device.get(), RNDADDENTROPY, pool);
    ::ioctl(device.get(), RNDRESEEDCRNG);
}

/// machine-id(5), where the image has one.
void draw_machine_id() {
    if (read_text("/etc/machine-id").empty()) return;
    std::array<unsigned char, 16> bytes{};
    ::getentropy(bytes.data(), bytes.size());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (auto const byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    write_text("/etc/machine-id", text + '\n', 0444);
}

/// Process ids, free pages and the phase of timers are not the same in every restore.
void shake(std::uint32_t seed) {
    for (auto forks = seed % 16; forks > 0; --forks) {
        auto const pid = ::fork();
        if (pid == 0) ::_exit(0);
        if (pid > 0) ::waitpid(pid, nullptr, 0);
    }
    auto const pages = (seed >> 4U) % 64;
    constexpr std::size_t page = 4096;
    if (pages > 0) {
        auto* const memory = ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory != MAP_FAILED) ::munmap(memory, pages * page);
    }
    constexpr long microsecond = 1000;
    timespec const pause{.tv_sec = 0, .tv_nsec = static_cast<long>((seed >> 10U) % 10'000) * microsecond};
    ::nanosleep(&pause, nullptr);
}

/// Mapping reads a file into memory without a copy of it.
void read_ahead(char const* path) {
    descriptor const file{::open(path, O_RDONLY | O_CLOEXEC)};
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) return;
    auto const size = static_cast<std::size_t>(about.st_size);
    auto* const contents = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
    if (contents != MAP_FAILED) ::munmap(contents, size);
}

} // namespace

// Of what was tried, only this pays: a test that uses these programs takes three quarters of the time.
// Running them here, too, makes nothing faster.
auto warm_up() -> pid_t {
    auto const pid = ::fork();
    if (pid != 0) return pid;
    glob_t found{};
    for (auto const* pattern : {"/bin/{bash,sh,cat,ls,grep,mount,dd,sleep,sync,mkdir}",
                                "/{usr/,}lib{,64}{,/*-linux-gnu*}/"
                                "{ld-linux*,libc,libtinfo,libselinux,libpcre2-8,libmount,libblkid}.so.*"})
        ::glob(pattern, GLOB_BRACE | GLOB_APPEND, nullptr, &found);
    for (std::size_t i = 0; i < found.gl_pathc; ++i) read_ahead(found.gl_pathv[i]);
    ::_exit(0);
}

auto kernel_health() -> wire::resting {
    auto const locks = read_text("/proc/lockdep_stats");
    auto const at = locks.find("debug_locks:");
    auto const value = at == std::string::npos ? at : locks.find_first_of("01", at);
    return {.tainted = std::strtoull(read_text("/proc/sys/kernel/tainted").c_str(), nullptr, 10),
            .lockdep_died = static_cast<std::uint8_t>(value != std::string::npos && locks[value] == '0')};
}

auto kernel_witnesses() -> std::vector<std::uint64_t> {
    auto const count = [](char const* file) { return std::strtoull(read_text(file).c_str(), nullptr, 10); };
    auto const health = kernel_health();
    return {health.tainted, health.lockdep_died, count("/sys/kernel/warn_count"),
            count("/sys/kernel/oops_count")};
}

void set_clock(std::uint64_t nanoseconds) {
    if (nanoseconds == 0) return;
    timespec const now{.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000),
                       .tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000)};
    ::clock_settime(CLOCK_REALTIME, &now);
}

auto wall_clock() -> std::uint64_t {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

auto wake_up(wire::wake const& wake) -> problem {
    set_clock(wake.wall_clock_ns);
    reseed(wake.entropy);
    draw_machine_id();
    set_address(wake.mac);
    forget_disks();
    shake(wake.shake);
    return check_scratch_disks(wake.scratch);
}

} // namespace ktest::init

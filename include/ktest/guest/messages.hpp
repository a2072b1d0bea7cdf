#pragma once

// The messages that host and guest say to each other on the agent's virtio-serial port, and the names by
// which they find each other's devices. wire.hpp makes bytes of them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace ktest::wire {

constexpr std::uint32_t protocol_version = 6;
constexpr std::size_t frame_limit = 1U << 20U; ///< bytes of payload
constexpr std::size_t piece_limit = 1U << 16U; ///< bytes of `data` in a piece of a stream or a file

/// Names of the virtio-serial ports, under /sys/class/virtio-ports/*/name.
constexpr std::string_view agent_port = "ktest.agent";
constexpr std::string_view output_port = "ktest.output";

/// Serials of the disks that are not scratch; scratch disks are `scratch0`, `scratch1`, ...
constexpr std::string_view root_serial = "root";
constexpr std::string_view payload_serial = "payload";
constexpr std::string_view modules_serial = "modules";

// Guest to host.

/// init has set the guest up and waits for `run`.
struct ready {
    static constexpr std::uint8_t type = 1;
    std::uint32_t version = protocol_version;
    std::string release;       ///< uname -r
    std::string kernel_offset; ///< KASLR: address of _text in hexadecimal; empty where unknown
    auto fields() { return std::tie(version, release, kernel_offset); }
    friend auto operator==(ready const&, ready const&) -> bool = default;
};
/// init cannot go on: the boot has failed.
struct trouble {
    static constexpr std::uint8_t type = 2;
    std::string what;
    auto fields() { return std::tie(what); }
    friend auto operator==(trouble const&, trouble const&) -> bool = default;
};
/// One or more whole records of /dev/kmsg, as the kernel gives them; `lost` counts overwritten ones before
/// them.
struct kernel_log {
    static constexpr std::uint8_t type = 3;
    std::uint64_t lost = 0;
    std::string records;
    auto fields() { return std::tie(lost, records); }
    friend auto operator==(kernel_log const&, kernel_log const&) -> bool = default;
};
/// `run` has been carried out: ssh is listened for, and the test's first instruction is about to run
/// (`arguments` empty: init just stays).
struct started {
    static constexpr std::uint8_t type = 4;
    std::string nonce;
    std::vector<std::uint64_t> witnesses; ///< taint, whether lockdep has given up, warnings, oopses
    auto fields() { return std::tie(nonce, witnesses); }
    friend auto operator==(started const&, started const&) -> bool = default;
};
/// The test's first process has ended. What it left behind may still hold the output port: that is told by
/// the port's closing.
struct ended {
    static constexpr std::uint8_t type = 5;
    std::string nonce;
    std::uint32_t wait_status = 0; ///< as waitpid(2) gives it
    auto fields() { return std::tie(nonce, wait_status); }
    friend auto operator==(ended const&, ended const&) -> bool = default;
};
/// Answer to `finish`: every record of the kernel's log that existed by then, and every file of $KTEST_OUT,
/// has been sent.
struct finished {
    static constexpr std::uint8_t type = 6;
    std::string nonce;
    std::vector<std::uint64_t> witnesses; ///< as in `started`
    auto fields() { return std::tie(nonce, witnesses); }
    friend auto operator==(finished const&, finished const&) -> bool = default;
};
/// A piece of a file that the test put into $KTEST_OUT; `path` is relative, pieces come in order, the first
/// has offset 0.
struct out_file {
    static constexpr std::uint8_t type = 8;
    static constexpr std::uint64_t most_bytes = 64U << 20U; ///< in all files
    static constexpr int most_files = 1000; ///< and one, TRUNCATED, that tells what is left out
    static constexpr int deepest = 32;      ///< directories below $KTEST_OUT
    std::string path;
    std::uint64_t offset = 0;
    std::string data;
    auto fields() { return std::tie(path, offset, data); }
    friend auto operator==(out_file const&, out_file const&) -> bool = default;
};
/// What a command wrote: its tty (`stream` 0) or, without a tty, its stderr (2). stdout has a port of its
/// own.
struct command_output {
    static constexpr std::uint8_t type = 9;
    std::uint8_t stream = 0;
    std::string data;
    auto fields() { return std::tie(stream, data); }
    friend auto operator==(command_output const&, command_output const&) -> bool = default;
};
/// Answer to `rest`: init has told everything and says nothing more until `wake`. What the kernel says of
/// itself tells whether this guest is fit to be a template.
struct resting {
    static constexpr std::uint8_t type = 10;
    std::uint64_t tainted = 0;     ///< /proc/sys/kernel/tainted
    std::uint8_t lockdep_died = 0; ///< lockdep had found something and turned itself off
    auto fields() { return std::tie(tainted, lockdep_died); }
    friend auto operator==(resting const&, resting const&) -> bool = default;
};
/// Answer to `wake`: as good as `ready`.
struct awake {
    static constexpr std::uint8_t type = 11;
    std::string nonce;
    std::string release;
    std::string kernel_offset;
    std::uint64_t wall_clock_ns = 0; ///< since 1970, as the guest has it now
    auto fields() { return std::tie(nonce, release, kernel_offset, wall_clock_ns); }
    friend auto operator==(awake const&, awake const&) -> bool = default;
};
/// The heartbeat: user space of the guest runs.
struct alive {
    static constexpr std::uint8_t type = 12;
    auto fields() { return std::tie(); }
    friend auto operator==(alive const&, alive const&) -> bool = default;
};

/// A process in the guest asks the host for something that concerns other nodes: `words` are what and its
/// arguments, `data` a piece of a file. One process has one `number`, and asks for one thing at a time.
struct request {
    static constexpr std::uint8_t type = 13;
    std::uint32_t number = 0;
    std::vector<std::string> words;
    std::string data;
    auto fields() { return std::tie(number, words, data); }
    friend auto operator==(request const&, request const&) -> bool = default;
};
/// Who asked has ended, and waits for no answer.
struct request_dropped {
    static constexpr std::uint8_t type = 14;
    std::uint32_t number = 0;
    auto fields() { return std::tie(number); }
    friend auto operator==(request_dropped const&, request_dropped const&) -> bool = default;
};

// Host to guest.

/// How the first process of a run gets its standard streams.
enum class streams : std::uint8_t {
    test = 0,    ///< stdin /dev/null, stdout and stderr the output port
    command = 1, ///< stdin from `input` frames, stdout the output port, stderr by `command_output`
    terminal = 2 ///< a tty, by `input`, `resize` and `command_output`
};

/// Start: the first thing that the host says after `ready`.
struct run {
    static constexpr std::uint8_t type = 64;
    std::string nonce;          ///< echoed in `started`, `ended`, `finished`
    std::string authorized_key; ///< for root's ssh; empty: none
    std::string host_key;       ///< the private half of sshd's own; empty: no ssh
    std::string hostname;
    std::uint64_t wall_clock_ns = 0;       ///< since 1970
    std::uint8_t io = 0;                   ///< `streams`
    std::uint16_t rows = 24, columns = 80; ///< of a terminal
    std::vector<std::uint64_t> scratch;    ///< bytes of vda, vdb, ..., which must be the scratch disks
    std::uint8_t has_payload = 0;          ///< mount the payload disk on /cdrom
    std::vector<std::string> arguments;    ///< argv; empty: nothing to run, init just stays
    std::vector<std::string> environment;  ///< KEY=VALUE, on top of init's own
    std::vector<std::string> settings;     ///< PATH=VALUE to write before it; what is not there is no error
    std::uint32_t heartbeat_ms = 0;        ///< from now on `alive` comes so often; 0: never
    std::vector<std::string> networks;     ///< of eth1, eth2, ...: `10.77.1.2/24 fd77:0:0:1::2/64 1500`
    std::string hosts;                     ///< lines of /etc/hosts; empty: there are no other nodes
    auto fields() {
        return std::tie(nonce, authorized_key, host_key, hostname, wall_clock_ns, io, rows, columns, scratch,
                        has_payload, arguments, environment, settings, heartbeat_ms, networks, hosts);
    }
    friend auto operator==(run const&, run const&) -> bool = default;
};
/// Asks for `finished`.
struct finish {
    static constexpr std::uint8_t type = 65;
    std::string nonce;
    auto fields() { return std::tie(nonce); }
    friend auto operator==(finish const&, finish const&) -> bool = default;
};
/// Bytes for the command's stdin or tty; empty data is the end of the file.
struct input {
    static constexpr std::uint8_t type = 66;
    std::string data;
    auto fields() { return std::tie(data); }
    friend auto operator==(input const&, input const&) -> bool = default;
};
struct resize {
    static constexpr std::uint8_t type = 67;
    std::uint16_t rows = 24, columns = 80;
    auto fields() { return std::tie(rows, columns); }
    friend auto operator==(resize const&, resize const&) -> bool = default;
};
/// Sync and power off.
struct power_off {
    static constexpr std::uint8_t type = 68;
    auto fields() { return std::tie(); }
    friend auto operator==(power_off const&, power_off const&) -> bool = default;
};
/// Instead of `run`: get warm, then rest, for this guest is about to become a template.
struct rest {
    static constexpr std::uint8_t type = 69;
    auto fields() { return std::tie(); }
    friend auto operator==(rest const&, rest const&) -> bool = default;
};
/// The first thing that a restored guest hears.
struct wake {
    static constexpr std::uint8_t type = 70;
    std::string nonce;
    std::uint64_t wall_clock_ns = 0;    ///< since 1970
    std::string entropy;                ///< for the kernel's random number generator
    std::uint32_t shake = 0;            ///< seed of small differences between restores
    std::string mac;                    ///< of eth0: the template's was another's
    std::vector<std::uint64_t> scratch; ///< bytes of the scratch disks: the template's had others
    auto fields() { return std::tie(nonce, wall_clock_ns, entropy, shake, mac, scratch); }
    friend auto operator==(wake const&, wake const&) -> bool = default;
};
/// These keys of SysRq (the kernel's Documentation/admin-guide/sysrq.rst); what the kernel says to them is
/// in its log before the next message is heeded.
struct sysrq {
    static constexpr std::uint8_t type = 71;
    std::string keys;
    auto fields() { return std::tie(keys); }
    friend auto operator==(sysrq const&, sysrq const&) -> bool = default;
};

/// What the host says to a `request`: `status` 0 and what was asked for, or why not.
struct answer {
    static constexpr std::uint8_t type = 72;
    std::uint32_t number = 0;
    std::uint8_t status = 0; ///< exit status of who asked
    std::string text;        ///< of a line or some, without the last newline
    std::string data;        ///< a piece of a file
    auto fields() { return std::tie(number, status, text, data); }
    friend auto operator==(answer const&, answer const&) -> bool = default;
};

using from_guest = std::variant<ready, trouble, kernel_log, started, ended, finished, out_file,
                                command_output, resting, awake, alive, request, request_dropped>;
using to_guest = std::variant<run, finish, input, resize, power_off, rest, wake, sysrq, answer>;

} // namespace ktest::wire

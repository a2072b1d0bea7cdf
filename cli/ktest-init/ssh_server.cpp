#include "ssh_server.hpp"

#include "out_files.hpp"
#include "process.hpp"
#include "text_file.hpp"

#include <netinet/in.h>
#include <sys/stat.h>

namespace ktest::init {
namespace {

constexpr auto sshd = "/usr/sbin/sshd";
auto const directory = std::string{"/run/ktest/ssh/"};

// StrictModes looks at the modes of root's directories, which are as they are in an image that somebody
// brings.
constexpr auto options = R"(AuthenticationMethods publickey
PermitRootLogin prohibit-password
AllowUsers root
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
AcceptEnv LANG LC_* KTEST_*
Subsystem sftp internal-sftp
)";

} // namespace

auto ssh_server::make_key() -> pid_t {
    if (::access(sshd, X_OK) != 0) return -1;
    ::mkdir("/run/sshd", 0755); // its privilege separation's
    ::mkdir(directory.c_str(), 0700);
    return start({.arguments = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ktest", "-f",
                                directory + "host_key"},
                  .environment = base_environment()});
}

auto ssh_server::listen() -> std::string {
    auto key = read_text(directory + "host_key.pub");
    if (key.empty()) return key;
    listener_ = descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(22);
    auto const yes = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0
        || ::listen(listener_.get(), 128) != 0)
        return {};
    log_ = descriptor{::open((directory + "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    return key;
}

void ssh_server::allow(std::string const& authorized_key, std::string const& scratch) {
    ::mkdir(directory.c_str(), 0700);
    write_text(directory + "authorized_keys", authorized_key + "\n", 0600);
    auto config = "HostKey " + directory + "host_key\nAuthorizedKeysFile " + directory + "authorized_keys\n"
                  + options + "SetEnv KTEST_OUT=" + out_directory + " \"KTEST_SCRATCH=" + scratch + '"';
    for (auto const& variable : base_environment())
        if (variable.starts_with("PATH=")) config += " \"" + variable + '"';
    write_text(directory + "config", config + "\n");
}

void ssh_server::accept() {
    descriptor const connection{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!connection) return;
    start({.arguments = {sshd, "-i", "-e", "-f", directory + "config"},
           .environment = base_environment(),
           .input = connection.get(),
           .output = connection.get(),
           .error = log_.get()});
}

} // namespace ktest::init

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

void ssh_server::listen(std::string const& host_key, std::string const& authorized_key,
                        std::string const& scratch) {
    if (host_key.empty() || ::access(sshd, X_OK) != 0) return;
    ::mkdir("/run/sshd", 0755); // its privilege separation's
    ::mkdir(directory.c_str(), 0700);
    write_text(directory + "host_key", host_key, 0600);
    write_text(directory + "authorized_keys", authorized_key + "\n", 0600);
    auto config = "HostKey " + directory + "host_key\nAuthorizedKeysFile " + directory + "authorized_keys\n"
                  + options + "SetEnv KTEST_OUT=" + out_directory + " \"KTEST_SCRATCH=" + scratch + '"';
    for (auto const& variable : base_environment())
        if (variable.starts_with("PATH=")) config += " \"" + variable + '"';
    write_text(directory + "config", config + "\n");
    log_ = descriptor{::open((directory + "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    descriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(22);
    auto const yes = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(listener.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0
        && ::listen(listener.get(), 128) == 0)
        listener_ = std::move(listener);
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

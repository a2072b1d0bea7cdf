#pragma once

#include <ktest/descriptor.hpp>

#include <string>

#include <sys/types.h>

namespace ktest::init {

/// ssh into the guest. init itself listens and starts an sshd for each connection (`sshd -i`), which costs
/// the boot nothing but a host key.
class ssh_server {
public:
    /// Starts to make the host key; the process that does. -1: there is no sshd.
    auto make_key() -> pid_t;
    /// The key is made: from now on it listens. Gives the public key; empty where that failed.
    auto listen() -> std::string;
    /// Lets this key's owner in as root (empty: nobody); `scratch` is the session's KTEST_SCRATCH.
    void allow(std::string const& authorized_key, std::string const& scratch);

    /// For poll; -1: does not listen.
    auto number() const -> int { return listener_.get(); }
    /// Serves one connection.
    void accept();

private:
    descriptor listener_;
    descriptor log_;
};

} // namespace ktest::init

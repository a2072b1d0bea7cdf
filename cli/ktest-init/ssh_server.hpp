#pragma once

#include <ktest/descriptor.hpp>

#include <string>

namespace ktest::init {

/// ssh into the guest. init itself listens and starts an sshd for each connection (`sshd -i`), which costs
/// the boot nothing.
class ssh_server {
public:
    /// Listens, where the image has an sshd and there is a host key (its private half), and lets in the
    /// authorized key's owner as root (empty: nobody); `scratch` is the session's KTEST_SCRATCH.
    void listen(std::string const& host_key, std::string const& authorized_key, std::string const& scratch);

    /// For poll; -1: does not listen.
    auto number() const -> int { return listener_.get(); }
    /// Serves one connection.
    void accept();

private:
    descriptor listener_;
    descriptor log_;
};

} // namespace ktest::init

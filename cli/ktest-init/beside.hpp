#pragma once

#include "problem.hpp"
#include <ktest/descriptor.hpp>

#include <array>

namespace ktest::init {

/// Work that a forked child does while init goes on: a boot waits for disks and devices more than it
/// computes.
class beside {
public:
    template<class Work>
    explicit beside(Work work) {
        std::array<int, 2> pipe{};
        auto const pid = ::pipe2(pipe.data(), O_CLOEXEC) == 0 ? ::fork() : -1;
        told_ = descriptor{pipe[0]};
        descriptor const tell{pipe[1]};
        if (pid > 0) return;
        problem const wrong = work();
        if (wrong) (void)!::write(tell.get(), wrong->data(), wrong->size());
        if (pid == 0) ::_exit(0);
    }

    /// Waits for its end; what went wrong.
    auto join() -> problem {
        std::string wrong;
        std::array<char, 1024> text{};
        for (ssize_t got = 0; (got = ::read(told_.get(), text.data(), text.size())) > 0;)
            wrong.append(text.data(), static_cast<std::size_t>(got));
        told_.close();
        return wrong.empty() ? problem{} : problem{wrong};
    }

private:
    descriptor told_;
};

} // namespace ktest::init

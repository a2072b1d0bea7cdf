#pragma once

#include "catch.hpp"
#include <ktest/run/judge.hpp>

namespace ktest::test {

using next = judge::next;

inline auto exited(int status) -> wire::from_guest {
    return wire::ended{.nonce = "n", .wait_status = static_cast<std::uint32_t>(status << 8)};
}
inline auto output(std::string text) -> session_event { return output_bytes{std::move(text)}; }

/// A judge whose test is running.
inline auto running(judge_rules rules = {}) -> judge {
    judge it{"n", rules};
    CHECK(it.see(wire::from_guest{wire::ready{}}) == next::run_test);
    it.see(wire::from_guest{wire::started{"n"}});
    return it;
}
inline auto verdict_after_finish(judge& it) -> verdict {
    auto const step = it.see(wire::from_guest{wire::finished{"n"}});
    CHECK((step == next::conclude || it.report_awaited() == next::conclude));
    return *it.decision();
}

} // namespace ktest::test

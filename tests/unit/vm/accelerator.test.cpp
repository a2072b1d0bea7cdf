#include "catch.hpp"
#include <ktest/vm/accelerator.hpp>

#include <filesystem>
#include <string>

using namespace ktest;
using namespace std::chrono_literals;
using kind = kvm_answer::kind;

namespace {

class temporary_runtime {
public:
    temporary_runtime() {
        std::string name = "/tmp/ktest-accelerator-XXXXXX";
        where_.runtime = ::mkdtemp(name.data());
    }
    ~temporary_runtime() { std::filesystem::remove_all(where_.runtime); }
    temporary_runtime(temporary_runtime const&) = delete;
    auto operator=(temporary_runtime const&) -> temporary_runtime& = delete;
    auto get() const -> paths const& { return where_; }

private:
    paths where_;
};

/// Gives the same answer always and counts how often its guest ran.
struct told_kvm {
    kvm_answer answer;
    int* runs;
    auto open() const -> result<descriptor> { return open_file("/dev/null", O_RDWR); }
    auto run(descriptor const&) const -> kvm_answer {
        ++*runs;
        return answer;
    }
};

struct refused_kvm {
    auto open() const -> result<descriptor> {
        return unavailable("/dev/kvm: permission denied: join group kvm");
    }
    auto run(descriptor const&) const -> kvm_answer { throw std::logic_error{"ran without a device"}; }
};

auto contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an accelerator is asked for by name", "[accelerator]") {
    CHECK(parse_accelerator_wish("auto") == accelerator_wish::automatic);
    CHECK(parse_accelerator_wish("kvm") == accelerator_wish::kvm);
    CHECK(parse_accelerator_wish("tcg") == accelerator_wish::tcg);
    for (auto const* const bad : {"", "KVM", "xen", "kvm:tcg"}) {
        auto const parsed = parse_accelerator_wish(bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind == fault::usage);
    }
}

TEST_CASE("KVM that works is used, and asked only once a boot", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    told_kvm const kvm{{kind::works, {}}, &runs};
    for (auto i = 0; i < 3; ++i)
        CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), kvm)
              == accelerator_choice{accelerator::kvm, {}});
    CHECK(runs == 1);
}

TEST_CASE("KVM that runs no code is left for TCG with a note, and asked only once a boot", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    told_kvm const kvm{{kind::broken, {}}, &runs};
    for (auto i = 0; i < 3; ++i) {
        auto const choice = choose_accelerator(accelerator_wish::automatic, where.get(), kvm);
        REQUIRE(choice);
        CHECK(choice->chosen == accelerator::tcg);
        CHECK(contains(choice->note, "/dev/kvm: opens but does not run 64-bit code"));
        CHECK_FALSE(contains(choice->note, "\n"));
    }
    CHECK(runs == 1);
}

TEST_CASE("KVM that failed is asked again, for that may pass", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    told_kvm const busy{{kind::failed, "/dev/kvm: KVM_CREATE_VM: Device or resource busy"}, &runs};
    auto const choice = choose_accelerator(accelerator_wish::automatic, where.get(), busy);
    REQUIRE(choice);
    CHECK(choice->chosen == accelerator::tcg);
    CHECK(contains(choice->note, "KVM_CREATE_VM: Device or resource busy"));
    told_kvm const free{{kind::works, {}}, &runs};
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), free)->chosen == accelerator::kvm);
    CHECK(runs == 2);
}

TEST_CASE("a refused open is never kept, and hides no answer of the machine", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    auto const refused = choose_accelerator(accelerator_wish::automatic, where.get(), refused_kvm{});
    REQUIRE(refused);
    CHECK(refused->chosen == accelerator::tcg);
    CHECK(contains(refused->note, "join group kvm"));
    told_kvm const kvm{{kind::works, {}}, &runs};
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), kvm)->chosen == accelerator::kvm);
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), refused_kvm{})->chosen
          == accelerator::tcg);
}

TEST_CASE("KVM that is insisted on and does not work is an error with the reason", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    auto const refused = choose_accelerator(accelerator_wish::kvm, where.get(), refused_kvm{});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == error{fault::unavailable, "/dev/kvm: permission denied: join group kvm"});
    auto const broken =
        choose_accelerator(accelerator_wish::kvm, where.get(), told_kvm{{kind::broken, {}}, &runs});
    REQUIRE_FALSE(broken);
    CHECK(broken.error().kind == fault::unavailable);
}

TEST_CASE("who insists on KVM has the machine asked again", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    (void)choose_accelerator(accelerator_wish::automatic, where.get(), told_kvm{{kind::broken, {}}, &runs});
    told_kvm const repaired{{kind::works, {}}, &runs};
    CHECK(choose_accelerator(accelerator_wish::kvm, where.get(), repaired)->chosen == accelerator::kvm);
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), repaired)->chosen == accelerator::kvm);
    CHECK(runs == 2);
}

TEST_CASE("TCG that was asked for asks nobody and says nothing", "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    CHECK(choose_accelerator(accelerator_wish::tcg, where.get(), told_kvm{{kind::works, {}}, &runs})
          == accelerator_choice{accelerator::tcg, {}});
    CHECK(runs == 0);
}

TEST_CASE("an answer of another boot, or one that cannot be read or written, is asked for anew",
          "[accelerator]") {
    temporary_runtime const where;
    auto runs = 0;
    told_kvm const kvm{{kind::works, {}}, &runs};
    auto const kept = where.get().runtime / "kvm";
    REQUIRE(write_file(kept, "00000000-0000-0000-0000-000000000000 broken\n"));
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), kvm)->chosen == accelerator::kvm);
    REQUIRE(write_file(kept, std::string(1 << 20, 'x')));
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), kvm)->chosen == accelerator::kvm);
    std::filesystem::remove(kept);
    std::filesystem::create_directory(kept);
    CHECK(choose_accelerator(accelerator_wish::automatic, where.get(), kvm)->chosen == accelerator::kvm);
    CHECK(runs == 3);
}

TEST_CASE("a device that is not there says what to do", "[accelerator]") {
    auto const opened = host_kvm{"/nonexistent/kvm"}.open();
    REQUIRE_FALSE(opened);
#ifdef __x86_64__
    CHECK(opened.error().message
          == "/nonexistent/kvm: no such file or directory: load kvm_intel or kvm_amd, "
             "or enable virtualization in the firmware");
#endif
}

TEST_CASE("a device that is no KVM makes no virtual machine", "[accelerator]") {
    auto const null = open_file("/dev/null", O_RDWR);
    REQUIRE(null);
    auto const answer = probe_kvm(*null);
    CHECK(answer.what == kind::failed);
    CHECK(contains(answer.why, "/dev/kvm: "));
}

TEST_CASE("whatever this machine's KVM is, the choice comes, is kept, and explains itself", "[accelerator]") {
    temporary_runtime const where;
    auto const first = choose_accelerator(accelerator_wish::automatic, where.get());
    REQUIRE(first);
    CHECK((first->chosen == accelerator::kvm) == first->note.empty());
    if (host_kvm{}.open() && std::filesystem::exists(where.get().runtime / "kvm"))
        CHECK(choose_accelerator(accelerator_wish::automatic, where.get()) == first);
}

TEST_CASE("a guest that has no time to answer is given up", "[accelerator]") {
    auto const device = host_kvm{}.open();
    if (!device) return;
    CHECK(probe_kvm(*device, {.processor = 1ms, .wall = 0ms}).what != kind::broken);
}

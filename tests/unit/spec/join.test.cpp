#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/spec/deps.hpp>
#include <ktest/spec/join.hpp>

#include <random>

using namespace ktest;
using namespace ktest::literals;

namespace {

auto spec(std::string const& text) -> test_spec {
    auto const got = parse_deps(text, "t", deps_of::library);
    if (!got) FAIL(got.error().message);
    return *got;
}

auto complaint(std::string const& library, std::string const& test) -> std::string {
    auto const got = join({{"tests/lib.sh", spec(library)}, {"tests/a", spec(test)}});
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == fault::usage);
    return got.error().message;
}

/// An answer of random lines.
auto any_spec(std::mt19937& random) -> test_spec {
    auto const any = [&](std::vector<std::string> const& lines) { return lines[random() % lines.size()]; };
    return spec(any({"", "MEM=1G", "MEM=512M"}) + "\n" + any({"", "SCRATCH=1G,2G", "SCRATCH=4G"}) + "\n"
                + any({"", "REQUIRE=a,b", "REQUIRE=b,c"}) + "\n" + any({"", "LREQUIRE=x", "LREQUIRE=y,x"})
                + "\n" + any({"", "CPUS=1", "CPUS=4"}) + "\n" + any({"", "TIMEOUT=10", "TIMEOUT=20"}) + "\n"
                + any({"", "CONFIG=A,B=y", "CONFIG=B=y,C=n"}) + "\n" + any({"", "APPEND=q", "APPEND=r s"})
                + "\n" + any({"", "TESTS=one", "TESTS=two"}) + "\n" + any({"", "BOOT=cold"}) + "\n"
                + any({"", "REBOOT=allow"}) + "\n" + any({"", "NET=open"}) + "\n"
                + any({"", "SPLAT=allow:x", "SPLAT=expect:y"}) + "\n"
                + any({"", "TEST_REQUIRE=l", "TEST_REQUIRE=m"}));
}

/// Lists without an order that counts, in one order.
auto sorted(test_spec of) -> test_spec {
    for (auto* list : {&of.require, &of.tree_require}) std::sort(list->begin(), list->end());
    std::sort(of.config.begin(), of.config.end(),
              [](auto const& one, auto const& other) { return one.names < other.names; });
    std::sort(of.splats.begin(), of.splats.end(),
              [](auto const& one, auto const& other) { return one.pattern < other.pattern; });
    return of;
}

} // namespace

TEST_CASE("the needs of a library and of a test are joined key by key", "[join]") {
    struct {
        std::string library, test, both;
    } const cases[]{
        {"", "MEM=1G", "MEM=1G"},
        {"MEM=2G", "MEM=512M", "MEM=2G"},
        {"MEM=512M", "MEM=2G", "MEM=2G"},
        {"SCRATCH=1G,4G", "SCRATCH=2G", "SCRATCH=2G,4G"},
        {"SCRATCH=1G", "SCRATCH=2G,1M", "SCRATCH=2G,1M"},
        {"SCRATCH=1G", "", "SCRATCH=1G"},
        {"REQUIRE=b,c", "REQUIRE=a,b", "REQUIRE=a,b,c"},
        {"LREQUIRE=b,c", "LREQUIRE=a,b", "LREQUIRE=a,b,c"},
        {"TEST_REQUIRE=other", "TEST_REQUIRE=lib", "TEST_REQUIRE=lib"},
        {"CPUS=4", "", "CPUS=4"},
        {"CPUS=1", "CPUS=2", "CPUS=2"},
        {"TIMEOUT=60", "TIMEOUT=10", "TIMEOUT=60"},
        {"CONFIG=A,B=y", "CONFIG=B=y,C=n", "CONFIG=B=y,C=n,A"},
        {"CONFIG=A", "CONFIG=A=m", "CONFIG=A=m,A"},
        {"APPEND=quiet a=1", "APPEND=a=2", "APPEND=quiet a=1 a=2"},
        {"TESTS=one", "TESTS=two", "TESTS=two"},
        {"TESTS=one", "", ""},
        {"NODES=s,c\nMEM.s=1G\nNETS=lan:s,c wan:c,s\nMTU.wan=9000", "MEM=1G",
         "MEM=1G\nNODES=s,c\nMEM.s=1G\nNETS=lan:s,c wan:c,s\nMTU.wan=9000"},
        {"CPUS=2", "NODES=s,c", "CPUS=2\nNODES=s,c"},
        {"BOOT=cold", "", "BOOT=cold"},
        {"", "BOOT=cold", "BOOT=cold"},
        {"REBOOT=allow", "NET=open", "REBOOT=allow\nNET=open"},
        {"NET=open", "REBOOT=allow", "REBOOT=allow\nNET=open"},
        {"SPLAT=allow,expect:x", "SPLAT=expect:x,allow:y", "SPLAT=expect:x,allow:y,allow"},
    };
    for (auto const& [library, test, both] : cases) {
        CAPTURE(library, test);
        CHECK(join({{"tests/lib.sh", spec(library)}, {"tests/a", spec(test)}}) == spec(both));
    }
}

TEST_CASE("a test without libraries needs what it says", "[join]") {
    auto const alone = spec("MEM=1G\nREQUIRE=x/y\nAPPEND=a\nTESTS=one\nNODES=s,c");
    CHECK(join({{"tests/a", alone}}) == alone);
}

TEST_CASE("libraries stand before those that require them, and so do their words", "[join]") {
    auto const all =
        join({{"deep", spec("APPEND=a=1")}, {"lib", spec("APPEND=a=2")}, {"t", spec("APPEND=a=3")}});
    REQUIRE(all);
    CHECK(all->append == std::vector<std::string>{"a=1", "a=2", "a=3"});
}

TEST_CASE("two values of one option are an error that names both scripts", "[join]") {
    CHECK(complaint("CONFIG=FOO=n", "CONFIG=BAR,FOO=y")
          == "tests/a:deps: CONFIG: FOO=y clashes with FOO=n of tests/lib.sh");
    CHECK(complaint("CONFIG=FOO=n", "CONFIG=FOO")
          == "tests/a:deps: CONFIG: FOO clashes with FOO=n of tests/lib.sh");
    auto const libraries =
        join({{"x", spec("CONFIG=HZ=100")}, {"y", spec("CONFIG=HZ=250")}, {"t", spec("MEM=1G")}});
    REQUIRE_FALSE(libraries);
    CHECK(libraries.error().message == "y:deps: CONFIG: HZ=250 clashes with HZ=100 of x");
}

TEST_CASE("two scripts that say what VMs there are are an error", "[join]") {
    CHECK(complaint("NODES=s,c", "NODES=s,c")
          == "tests/a:deps: NODES: tests/lib.sh has NODES, too: one script alone says what VMs there are");
}

TEST_CASE("what a library requires is listed as the test sees it", "[join]") {
    spec_test::scratch_directory const at;
    at.write("lib/data/x", "");
    at.write("lib/own", "");
    auto const required = [&](std::filesystem::path const& library, std::filesystem::path const& test) {
        auto const all = join({{library, spec("REQUIRE=data/x,own,mkfs.xfs,/dev/null")}, {test, {}}});
        REQUIRE(all);
        return all->require;
    };
    using words = std::vector<std::string>;
    CHECK(required(at.path / "lib/l.sh", at.path / "t")
          == words{"lib/data/x", "lib/own", "mkfs.xfs", "/dev/null"});
    CHECK(required(at.path / "lib/l.sh", at.path / "tests/t")
          == words{"../lib/data/x", "../lib/own", "mkfs.xfs", "/dev/null"});
    CHECK(required(at.path / "lib/l.sh", at.path / "lib/t")
          == words{"data/x", "own", "mkfs.xfs", "/dev/null"});
    CHECK(
        required(at.path / "lib/l.sh", "t")
        == words{(at.path / "lib/data/x").string(), (at.path / "lib/own").string(), "mkfs.xfs", "/dev/null"});
}

TEST_CASE("joining is associative, and but for APPEND it changes nothing the second time", "[join]") {
    std::mt19937 random{4711}; // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases every time
    for (auto round = 0; round < 300; ++round) {
        auto const a = any_spec(random);
        auto const b = any_spec(random);
        auto const c = any_spec(random);
        CHECK(sorted(join(a, join(b, c))) == sorted(join(join(a, b), c)));
        auto const both = join(a, b);
        auto again = join(a, both);
        again.append = both.append;
        CHECK(again == both);
        CHECK(join(test_spec{}, a) == a);
    }
}

#include "catch.hpp"
#include <ktest/spec/deps.hpp>

#include <random>

using namespace ktest;
using namespace ktest::literals;
using words = std::vector<std::string>;

namespace {

auto spec(std::string const& text) -> test_spec {
    auto const got = parse_deps(text, "tests/t");
    if (!got) FAIL(got.error().message);
    return *got;
}

auto complaint(std::string const& text) -> std::string {
    auto const got = parse_deps(text, "tests/bcache");
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == fault::usage);
    return got.error().message;
}

auto complaint_about(std::string const& line) -> std::string {
    auto const said = complaint("MEM=1G\n" + line);
    REQUIRE(said.substr(0, 21) == "tests/bcache:deps:2: ");
    return said.substr(21);
}

} // namespace

TEST_CASE("the first test of all is understood", "[deps]") {
    test_spec expected;
    expected.memory = 512_MiB;
    expected.scratch = {512_MiB, 2_GiB, 2_GiB};
    expected.require = {"test-libs.sh", "make-bcache"};
    CHECK(spec("REQUIRE=test-libs.sh,make-bcache\nMEM=512M\nSCRATCH=512M,2G,2G\n") == expected);
}

TEST_CASE("every key is read", "[deps]") {
    test_spec all;
    all.memory = 1536_MiB;
    all.scratch = {1_GiB};
    all.require = {"a b", "lib/c"};
    all.tree_require = {"tools/perf/perf"};
    all.test_require = {"other"};
    all.cpus = 4;
    all.timeout = std::chrono::seconds{600};
    all.config = {{{"BCACHE"}, {}}, {{"BCACHE_DEBUG"}, "y"},      {{"FOO"}, "n"},    {{"OLD", "NEW"}, "m"},
                  {{"HZ"}, "250"},  {{"LOCALVERSION"}, "\"-x\""}, {{"BASE"}, "0x1F"}};
    all.append = {"quiet", "dyndbg=\"file a.c +p\"", "x=1,2"};
    all.tests = {"generic/001", "net:fib.sh"};
    all.nodes = {"server", "client", "peer"};
    all.node_specs["server"] = {1_GiB, 1, std::vector<bytes>{2_GiB, 1_GiB}};
    all.node_specs["peer"] = {{}, 3, {}};
    all.networks = {{"lan", {"server", "client"}, 9000}, {"wan", {"client", "peer"}, {}}};
    all.cold_boot = all.may_reboot = all.open_network = true;
    all.splats = {{splat_rule::kind::allow, ""},
                  {splat_rule::kind::allow, "bcache: .*, x"},
                  {splat_rule::kind::expect, "WARNING: CPU: 0"}};
    CHECK(
        spec(
            "MEM.server=1G\nMTU.lan=9000\n"
            "MEM=1.5G\nSCRATCH=1G\nREQUIRE=a b, lib/c\nLREQUIRE=tools/perf/perf\nTEST_REQUIRE=other\nCPUS=4\n"
            "TIMEOUT=600\nCONFIG=BCACHE,CONFIG_BCACHE_DEBUG=y, "
            "FOO=n,OLD/NEW=m,HZ=250,LOCALVERSION=\"-x\",BASE=0x1F\n"
            "APPEND=quiet dyndbg=\"file a.c +p\"\nAPPEND=x=1,2\nTESTS=generic/001,net:fib.sh\n"
            "NETS=lan:server,client wan:client,peer\nNODES=server,client\nNODES=peer\n"
            "CPUS.server=1\nSCRATCH.server=2G\nSCRATCH.server=1G\nCPUS.peer=3\n"
            "BOOT=cold\nREBOOT=allow\nNET=open\nSPLAT=allow,allow:bcache: .*, x\nSPLAT='expect: WARNING: "
            "CPU: 0'\n")
        == all);
}

TEST_CASE("a bare number of memory is MiB", "[deps]") { CHECK(spec("MEM=512").memory == 512_MiB); }

TEST_CASE("lists that are given twice are joined, and what is there twice is taken once", "[deps]") {
    CHECK(spec("MEM=1G\nREQUIRE=a,b\nREQUIRE=b,c\n").require == words{"a", "b", "c"});
    CHECK(spec("MEM=1G\nSCRATCH=1G\nSCRATCH=1G\n").scratch == std::vector{1_GiB, 1_GiB});
    CHECK(spec("MEM=1G\nREQUIRE=\nREQUIRE=a\n").require == words{"a"});
}

TEST_CASE("nodes without networks are on one, lan", "[deps]") {
    CHECK(spec("MEM=1G\nNODES=a,b").networks == std::vector<network>{{"lan", {"a", "b"}, {}}});
    CHECK(spec("MEM=1G\nMTU.lan=1280\nNODES=a,b").networks
          == std::vector<network>{{"lan", {"a", "b"}, 1280}});
    CHECK(spec("MEM=1G").networks.empty());
}

TEST_CASE("lines may end in CR LF", "[deps]") {
    CHECK(spec("MEM=512M\r\n\r\nREQUIRE=\"a\"\r\n").require == words{"a"});
}

TEST_CASE("memory must be said, but by a library", "[deps]") {
    CHECK(complaint("SCRATCH=1G\n")
          == "tests/bcache:deps: MEM is missing: how much memory does the VM get? (want MEM=512M, 2G, ...)");
    CHECK(complaint("") == "tests/bcache:deps: it printed nothing (want KEY=VALUE lines, at least MEM=512M)");
    CHECK(parse_deps("", "l", deps_of::library) == test_spec{});
    CHECK(parse_deps("SCRATCH=1G", "l", deps_of::library)->scratch == std::vector{1_GiB});
}

TEST_CASE("an error says where and what", "[deps]") {
    CHECK(complaint("MEM=1G\n# disks\nSCRATCH=1G,2Q\n")
          == "tests/bcache:deps:3: SCRATCH: '2Q' is not a size (want 512M, 2G, ...)");
    CHECK(complaint("MEM=1G\nMEM=2G\n") == "tests/bcache:deps:2: MEM: given twice (line 1 has it too)");
    CHECK(complaint_about("SCRATCH=512")
          == "SCRATCH: '512' is not a size: it has no suffix (want 512M, 2G, ...)");
    CHECK(complaint_about("SCRATCH=1000B") == "SCRATCH: '1000B' is not a multiple of a sector (512B)");
    CHECK(complaint_about("BOOT=warm") == "BOOT: 'warm' is not known here (want cold)");
    CHECK(complaint_about("CPUS=many") == "CPUS: 'many' is not a whole number from 1 to 255");
    CHECK(complaint("MEM=512K")
          == "tests/bcache:deps:1: MEM: '512K' is too little for a kernel (want 512M, 2G, ...)");
}

TEST_CASE("an unknown key names the one that was probably meant", "[deps]") {
    CHECK(complaint_about("SCRTCH=1G") == "SCRTCH: no such key (did you mean SCRATCH?)");
    CHECK(complaint_about("Requires=a") == "Requires: no such key (did you mean REQUIRE?)");
    CHECK(complaint_about("HELLO=1").substr(0, 36) == "HELLO: no such key (there are MEM, S");
    CHECK(complaint_about("MTU=9000") == "MTU: of which network? (want MTU.lan=...)");
    CHECK(
        complaint_about("BOOT.a=cold")
        == "BOOT.a: BOOT is the whole test's (a node can have MEM, SCRATCH, CPUS of its own, a network MTU)");
    CHECK(complaint_about("FOO.a=1").substr(0, 22) == "FOO.a: no such key (th");
}

TEST_CASE("nodes and networks that are not there are errors", "[deps]") {
    CHECK(complaint("MEM=1G\nNODES=server\nMEM.servr=1G")
          == "tests/bcache:deps:3: MEM.servr: no node 'servr' in NODES (did you mean server?)");
    CHECK(complaint_about("MEM.server=1G") == "MEM.server: no node 'server' in NODES");
    CHECK(complaint_about("MTU.lan=1500") == "MTU.lan: no network 'lan' in NETS");
    CHECK(complaint_about("NETS=lan:a") == "NETS: network 'lan': no node 'a' in NODES");
    CHECK(complaint_about("NETS=lan:peer,perr\nNODES=peer")
          == "NETS: network 'lan': no node 'perr' in NODES (did you mean peer?)");
}

TEST_CASE("bad values of every kind are refused, each with its line", "[deps]") {
    auto const* line = GENERATE(
        "CPUS=0", "CPUS=-1", "CPUS=256", "CPUS=1.5", "CPUS=", "CPUS=99999999999999999999", "TIMEOUT=0",
        "TIMEOUT=5m", "TIMEOUT=", "SCRATCH=1G,,1G", "SCRATCH=0M", "REQUIRE=a,", "CONFIG=FOO=maybe",
        "CONFIG=FOO=", "CONFIG==y", "CONFIG=A//B", "CONFIG=/A", "CONFIG=FOO BAR", "CONFIG=CONFIG_",
        "CONFIG=CONFIG_CONFIG_FOO", "CONFIG=FOO=y,FOO=n", "CONFIG=FOO,FOO=n", "CONFIG=FOO=0x",
        "CONFIG=FOO=\"", "CONFIG=FOO=-", "APPEND=a \"b", "TESTS=-x", "TESTS=a b", "TESTS=a;b", "NODES=a,a",
        "NODES=a,A", "NODES=a b", "NODES=a.b", "NODES=localhost", "NODES=-a", "NODES=\xC3\xBC",
        "NODES=a\nNETS=lan", "NODES=a\nNETS=:a", "NODES=a\nNETS=lan:", "NODES=a\nNETS=lan:a,a",
        "NODES=a\nNETS=lan:a lan:a", "NODES=a\nNETS=averyveryverylongname:a", "NODES=a\nMTU.lan=67",
        "NODES=a\nMTU.lan=65536", "NODES=a\nMTU.lan=1500\nMTU.lan=1500", "NODES=a\nCPUS.a=0",
        "NODES=a\nMEM.a=x", "NODES=a\nCPUS.a=1\nCPUS.a=1", "NODES=a\nMEM.=1G", "NET=closed", "REBOOT=yes",
        "SPLAT=deny", "SPLAT=allow:", "SPLAT=allow:(a)\\1", "SPLAT=allow:a{4000000000}", "SPLAT=expect",
        "SPLAT=expect:", "SPLAT=allow,x", "NODES=a1,a2,a3,a4,a5,a6,a7,a8,a9,b1,b2,b3,b4,b5,b6,b7,b8",
        "NODES=a,b\nNETS=lan:a", "NODES=a,b\nNETS=a:a,b b:a,b c:a,b d:a,b e:a,b f:a,b g:a,b h:a,b i:a,b");
    CAPTURE(line);
    auto const said = complaint(std::string{"MEM=1G\n"} + line);
    CAPTURE(said);
    CHECK(said.substr(0, 18) == "tests/bcache:deps:");
    CHECK((said[18] >= '2' && said[18] <= '4'));
}

TEST_CASE("there may be more scratch disks than letters, and not without end", "[deps]") {
    std::string most = "SCRATCH=1G";
    for (std::size_t disk = 1; disk < most_scratch_disks; ++disk) most += ",1G";
    CHECK(spec("MEM=1G\n" + most).scratch.size() == most_scratch_disks);
    CHECK(complaint_about(most + ",1G") == "SCRATCH: 129 scratch disks: at most 128 are possible");
}

TEST_CASE("options that agree do not clash", "[deps]") {
    CHECK(spec("MEM=1G\nCONFIG=A,A=y,A=y,B=n,B=n,C,C=m\nCONFIG=A").config.size() == 5);
}

namespace {

/// A test_spec of random content, and a text that says it.
struct random_deps {
    std::mt19937 random;
    test_spec spec{};
    std::string text{};

    auto number(int low, int high) -> int { return std::uniform_int_distribution{low, high}(random); }
    auto maybe() -> bool { return number(0, 1) == 1; }
    auto size() -> bytes { return bytes{static_cast<std::uint64_t>(number(1, 4000)) << 24U}; }
    auto word() -> std::string {
        std::string all;
        for (auto n = number(1, 8); n > 0; --n) all += static_cast<char>('a' + number(0, 25));
        return all;
    }
    void say(std::string const& key, std::string const& value) {
        auto const quote = std::array{"", "\"", "'"}[static_cast<std::size_t>(number(0, 2))];
        text += maybe() ? "# nothing\n" : maybe() ? "\n" : "";
        text += key + "=" + quote + value + quote + (maybe() ? "\n" : "\r\n");
    }
    auto sizes(std::string const& key) -> std::vector<bytes> {
        std::vector<bytes> all;
        std::string list;
        for (auto n = number(1, 4); n > 0; --n) {
            all.push_back(size());
            list += (list.empty() ? "" : maybe() ? ", " : ",") + to_string(all.back());
        }
        say(key, list);
        return all;
    }

    void make() {
        spec.memory = size();
        say("MEM", to_string(spec.memory));
        if (maybe()) spec.scratch = sizes("SCRATCH");
        for (auto n = number(0, 3); n > 0; --n) {
            auto const name = word() + std::to_string(n);
            spec.require.push_back(name);
            spec.tests.push_back(name);
            spec.nodes.push_back(name);
            spec.append.push_back(name);
            spec.config.push_back({{name, "x"}, "m"});
            for (auto const* key : {"REQUIRE", "TESTS", "NODES", "APPEND"}) say(key, name);
            say("CONFIG", name + "/x=m");
            if (maybe()) {
                spec.node_specs[name].memory = size();
                say("MEM." + name, to_string(*spec.node_specs[name].memory));
            }
            if (maybe()) spec.node_specs[name].scratch = sizes("SCRATCH." + name);
        }
        if (!spec.nodes.empty()) spec.networks = {{"lan", spec.nodes, std::nullopt}};
        if (maybe()) {
            spec.cpus = static_cast<unsigned>(number(1, 64));
            say("CPUS", std::to_string(*spec.cpus));
        }
    }
};

} // namespace

TEST_CASE("whatever a test can ask for is read back from the text that says it", "[deps]") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        random_deps deps{std::mt19937{seed}};
        deps.make();
        CAPTURE(seed, deps.text);
        auto const got = parse_deps(deps.text, "t");
        REQUIRE(got);
        REQUIRE(*got == deps.spec);
    }
}

TEST_CASE("no text, however broken, does more than fail", "[deps]") {
    std::mt19937 random{7};
    auto const number = [&](std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random);
    };
    std::string const letters = "MEM=SCRATCH.NODESplatallow:expect,/ \t\n\r\"'#0123456789GKBmiy-\xC3\xBC\x80";
    for (unsigned seed = 0; seed < 2000; ++seed) {
        random_deps deps{std::mt19937{seed}};
        deps.make();
        for (auto n = number(6); n > 0 && !deps.text.empty(); --n) {
            auto const at = number(deps.text.size());
            if (number(2) == 0)
                deps.text[at] = static_cast<char>(number(256));
            else if (number(2) == 0)
                deps.text.erase(at, number(20));
            else
                deps.text.insert(at, deps.text.substr(number(deps.text.size()), number(30)));
        }
        auto const got = parse_deps(deps.text, "t");
        if (!got) CHECK(got.error().message.substr(0, 7) == "t:deps:");
        std::string noise;
        for (auto n = number(200); n > 0; --n) noise += letters[number(letters.size())];
        if (auto const read = parse_deps(noise, "t"); !read)
            CHECK(read.error().message.substr(0, 7) == "t:deps:");
    }
}

TEST_CASE("an answer that asks for far too much is refused at once", "[deps]") {
    constexpr std::size_t most = 1U << 16U; // as the host reads it
    std::string nodes = "MEM=1G\nNODES=n0";
    for (auto i = 1; nodes.size() < most; ++i) nodes += fmt::format(",n{}", i);
    CHECK(complaint(nodes).find("nodes: at most 16 are possible") != std::string::npos);
    std::string networks = "MEM=1G\nNODES=a,b\nNETS=n0:a,b";
    for (auto i = 1; networks.size() < most; ++i) networks += fmt::format(" n{}:a,b", i);
    CHECK(complaint(networks).find("networks: at most 8 are possible") != std::string::npos);
    std::string options = "MEM=1G\n";
    for (auto i = 0; options.size() < most; ++i) options += fmt::format("CONFIG=A{}\n", i);
    CHECK(complaint(options)
          == "tests/bcache:deps:502: CONFIG: 501 kernel options: at most 500 are possible");
}

TEST_CASE("an error is no longer than is good to read, whatever it speaks of", "[deps]") {
    std::string const name(5000, 'x');
    for (auto const& line : {"MEM=" + name, "MEM=" + std::string(5000, '0') + "1M", "SCRATCH=" + name,
                             "SCRATCH=" + std::string(5000, '0') + "1B", "MEM." + name + "=1G",
                             "MEM." + name + "=\"", name + "=1", "CPUS=" + name, "NODES=" + name,
                             "CONFIG=A=" + name, "SPLAT=" + name, "TESTS='a" + name, name})
        CHECK(complaint("MEM=1G\n" + line).size() < 400);
    CHECK(complaint("MEM=1G\nNODES=a\nNETS=lan:" + name).size() < 400);
    std::string many = "CONFIG=A";
    for (auto i = 0; i < 1000; ++i) many += fmt::format("/A{}", i);
    CHECK(complaint("MEM=1G\n" + many + "=y," + many.substr(7) + "=m").size() < 400);
}

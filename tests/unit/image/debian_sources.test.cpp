#include "catch.hpp"
#include <ktest/image/debian_sources.hpp>

using namespace ktest;
using lines = std::vector<std::string>;

TEST_CASE("a suite comes with its updates and its security from the machine's mirrors", "[debian_sources]") {
    constexpr auto targets = "Debian|bookworm|stable|http://a.test/debian/|main|Packages\n"
                             "Debian|bookworm|stable|http://a.test/debian/|contrib|Packages\n"
                             "Debian|bookworm|stable|http://a.test/debian/|main|Sources\n"
                             "Debian|bookworm-updates|bookworm-updates|http://a.test/debian/|main|Packages\n"
                             "Debian|bookworm-security|bookworm-security|http://b.test/s/|main|Packages\n"
                             "Debian|trixie|trixie|http://a.test/debian/|main|Packages\n"
                             "Vendor|bookworm|bookworm|http://vendor.test/|main|Packages\n";
    CHECK(mirrors_of("bookworm", targets)
          == lines{"deb http://a.test/debian/ stable main", "deb http://a.test/debian/ bookworm-updates main",
                   "deb http://b.test/s/ bookworm-security main"});
    CHECK(mirrors_of("trixie", targets) == lines{"deb http://a.test/debian/ trixie main"});
    CHECK(mirrors_of("sid", targets).empty());
    CHECK(mirrors_of("bookworm", "").empty());
    CHECK(mirrors_of("bookworm", "\nDebian|\n||||||||\nDebian").empty());
}

TEST_CASE("proxies and certificates go along, what apt downloads does not", "[debian_sources]") {
    constexpr auto config = "Acquire \"\";\n"
                            "Acquire::http \"\";\n"
                            "Acquire::http::Proxy \"http://proxy.test:3142\";\n"
                            "Acquire::http::Proxy::direct.test \"DIRECT\";\n"
                            "Acquire::https::CaInfo \"/etc/ssl/own.pem\";\n"
                            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
                            "Acquire::Check-Valid-Until \"false\";\n"
                            "Dir \"/\";";
    CHECK(network_options(config)
          == lines{"Acquire::http::Proxy \"http://proxy.test:3142\";",
                   "Acquire::http::Proxy::direct.test \"DIRECT\";",
                   "Acquire::https::CaInfo \"/etc/ssl/own.pem\";", "Acquire::Check-Valid-Until \"false\";"});
}

TEST_CASE("only Debian has a Debian code name", "[debian_sources]") {
    CHECK(debian_codename("ID=debian\nVERSION_CODENAME=bookworm\n") == "bookworm");
    CHECK(debian_codename("VERSION_CODENAME=bookworm\nID=debian") == "bookworm");
    CHECK(debian_codename("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n").empty());
    CHECK(debian_codename("").empty());
}

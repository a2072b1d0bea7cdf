#include "catch.hpp"
#include <ktest/spec/image_libraries.hpp>

using namespace ktest;

TEST_CASE("an image's manifest tells its libraries and programs", "[image_libraries]") {
    auto const image =
        parse_image_libraries("ktest image manifest 1\nmachine x86_64\nlibc 2.36\nlib libc.so.6\n"
                              "lib libuuid.so.1\nbin /usr/sbin/mkfs.xfs\nbin /usr/bin/[\n");
    REQUIRE(image);
    CHECK(*image == image_libraries{EM_X86_64, {2, 36}, {"libc.so.6", "libuuid.so.1"}, {"mkfs.xfs", "["}});
    CHECK(parse_image_libraries("ktest image manifest 1\nmachine aarch64\nlibc 2.31"));
}

TEST_CASE("a manifest that is missing, newer or broken tells nothing", "[image_libraries]") {
    auto const* text = GENERATE("", "\n", "ktest image manifest 2\nmachine x86_64\nlibc 2.36\n",
                                "ktest image manifest 1", "ktest image manifest 1\nmachine x86_64\n",
                                "ktest image manifest 1\nmachine vax\nlibc 2.36\n",
                                "ktest image manifest 1\nmachine x86_64\nlibc musl\n",
                                "ktest image manifest 1\nlibc 2.36\nmachine x86_64\n",
                                "ktest image manifest 1\nmachine x86_64\nlibc 2.36\nlib\n",
                                "ktest image manifest 1\nmachine x86_64\nlibc 2.36\nfont a\n",
                                "ktest image manifest 1\nmachine x86_64\nlibc 2.36\n\nlib a\n");
    CAPTURE(text);
    CHECK_FALSE(parse_image_libraries(text));
}

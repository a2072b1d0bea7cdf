#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/spec/interpreter.hpp>

using namespace ktest;

TEST_CASE("a script's first line says what runs it", "[interpreter]") {
    auto const of = [](std::string_view line) {
        return parse_interpreter(line).value_or(interpreter{"none"}).program;
    };
    CHECK(of("#!/bin/sh\necho\n") == "/bin/sh");
    CHECK(of("#! /usr/bin/python3 -u\n") == "/usr/bin/python3");
    CHECK(of("#!\t/bin/sh") == "/bin/sh");
    CHECK(of("#!/usr/bin/env python3\n") == "python3");
    CHECK(of("#!/usr/bin/env -S python3 -u\n") == "python3");
    CHECK(of("#!/usr/bin/env -S A=1 python3 -u\n") == "python3");
    CHECK(of("#!/usr/bin/env /opt/x\n") == "/opt/x");
    CHECK(of("#!/bin/sh\r\n") == "/bin/sh");
}

TEST_CASE("what names no interpreter has none", "[interpreter]") {
    for (auto const* line : {"", "#", "#!", "#!\n/bin/sh\n", "#! \n", "echo", "#!/usr/bin/env\n",
                             "#!/usr/bin/env -i x\n", "#!/usr/bin/env -S A=1\n", "\177ELF", "#!\"/bin/sh\n"})
        CHECK_FALSE(parse_interpreter(line));
}

TEST_CASE("of a file no more is read than the kernel would", "[interpreter]") {
    spec_test::scratch_directory const at;
    CHECK(read_interpreter(at.write("script", "#!/bin/sh\n")) == interpreter{"/bin/sh"});
    CHECK(read_interpreter(at.write("long", "#!/" + std::string(1000, 'x')))->program.size() == 254);
    CHECK_FALSE(read_interpreter(at.write("empty", "")));
    CHECK_FALSE(read_interpreter(at.path / "gone"));
}

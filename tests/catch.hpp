#pragma once

// Debian 12 has Catch2 2.13, everybody else 3.x: the tests include this.

#ifdef KTEST_CATCH2_3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

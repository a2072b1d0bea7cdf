#include "fuzz.hpp"
#include "unit/run/rendezvous_play.hpp"

void fuzz(std::string_view input) { always(ktest::rendezvous_play::is_sound(input)); }

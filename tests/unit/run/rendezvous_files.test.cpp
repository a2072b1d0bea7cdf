#include "rendezvous_test.hpp"

using namespace ktest;

TEST_CASE("a file that a node has put is fetched piece by piece, by anyone", "[rendezvous]") {
    three_nodes test;
    std::string const first(wire::piece_limit, 'x');
    CHECK(test.ask(0, {"put", "log", "0"}, first) == texts{"0.1 ok"});
    CHECK(test.ask(0, {"put", "log", "65536"}, "end") == texts{"0.1 ok"});
    CHECK(test.ask(0, {"put-end", "log"}) == texts{"0.1 ok"});
    for (auto const node : {0U, 1U, 2U}) {
        CHECK(test.ask(node, {"get", "server", "log", "0"})
              == texts{fmt::format("{}.1 ok [{}]", node, first)});
        CHECK(test.ask(node, {"get", "server", "log", "65536"}) == texts{fmt::format("{}.1 ok [end]", node)});
        CHECK(test.ask(node, {"get", "server", "log", "65539"}) == texts{fmt::format("{}.1 ok", node)});
    }
}

TEST_CASE("a file is waited for until it is complete", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(1, {"get", "server", "log", "0"}) == no_answer);
    CHECK(test.ask(2, {"put", "log", "0"}, "another's") == texts{"2.1 ok"});
    CHECK(test.ask(2, {"put-end", "log"}) == texts{"2.1 ok"});
    CHECK(test.ask(0, {"put", "log", "0"}, "text") == texts{"0.1 ok"});
    CHECK(test.meeting.waiting() == "client waits for the file 'log' of server");
    CHECK(test.ask(0, {"put-end", "log"}) == texts{"0.1 ok", "1.1 ok [text]"});
}

TEST_CASE("waiting for a file fails when its node has ended; what it had put stays", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"put", "whole", "0"}) == texts{"0.1 ok"});
    CHECK(test.ask(0, {"put-end", "whole"}) == texts{"0.1 ok"});
    CHECK(test.ask(0, {"put", "half", "0"}, "text") == texts{"0.1 ok"});
    CHECK(test.ask(1, {"get", "server", "half", "0"}) == no_answer);
    CHECK(test.end(0, "it crashed") == texts{"1.1 no: server will not put it: it crashed"});
    CHECK(test.ask(1, {"get", "server", "half", "0"}) == texts{"1.1 no: server will not put it: it crashed"});
    CHECK(test.ask(1, {"get", "server", "whole", "0"}) == texts{"1.1 ok"});
}

TEST_CASE("who fetches a file while another takes its place gets the one it began with", "[rendezvous]") {
    three_nodes test;
    auto const put = [&](std::string text) {
        CHECK(test.ask(0, {"put", "log", "0"}, text) == texts{"0.1 ok"});
        CHECK(test.ask(0, {"put-end", "log"}) == texts{"0.1 ok"});
    };
    put("old text");
    CHECK(test.ask(1, {"get", "server", "log", "0"}) == texts{"1.1 ok [old text]"});
    put("new");
    CHECK(test.ask(1, {"get", "server", "log", "4"}) == texts{"1.1 ok [text]"});
    CHECK(test.ask(2, {"get", "server", "log", "0"}) == texts{"2.1 ok [new]"});
}

TEST_CASE("what a process that has ended put in part is nothing", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"put", "log", "0"}, "te") == texts{"0.1 ok"});
    test.meeting.drop(0, 1);
    CHECK(test.ask(0, {"put-end", "log"}) == texts{"0.1 no: nothing of this file has come yet"});
    CHECK(test.ask(0, {"put", "log", "2"}, "xt")
          == texts{"0.1 no: a piece of the file is missing before byte 2"});
}

TEST_CASE("pieces that do not fit together are refused", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"put", "log", "0"}, "text") == texts{"0.1 ok"});
    CHECK(test.ask(0, {"put", "log", "5"}, "more")
          == texts{"0.1 no: a piece of the file is missing before byte 5"});
    CHECK(test.ask(0, {"put-end", "log"}) == texts{"0.1 no: nothing of this file has come yet"});
    CHECK(test.ask(0, {"put", "log", "0"}, "text") == texts{"0.1 ok"});
    CHECK(test.ask(0, {"put", "other", "4"}, "more")
          == texts{"0.1 no: a piece of the file is missing before byte 4"});
    CHECK(test.ask(0, {"put", "log", "0"}, std::string(wire::piece_limit + 1, 'x'))
          == texts{"0.1 no: the piece has more than 65536 bytes"});
}

TEST_CASE("a host that has no room for files says so", "[rendezvous]") {
    rendezvous meeting{{"server", "client"}, "/nonexistent"};
    auto const answers = meeting.ask(0, {1, {"put", "log", "0"}, "text"});
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].answer.status == 1);
    CHECK(answers[0].answer.text == "/nonexistent: cannot make a file: No such file or directory");
}

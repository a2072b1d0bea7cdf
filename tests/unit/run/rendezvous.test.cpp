#include "rendezvous_test.hpp"

using namespace ktest;

TEST_CASE("who has come to a barrier waits until all have, then all go", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", ""}) == no_answer);
    CHECK(test.ask(2, {"barrier", "data", ""}) == no_answer);
    CHECK(test.meeting.waiting()
          == "server waits at the barrier 'data' for client; peer waits at the barrier 'data' for client");
    CHECK(test.ask(1, {"barrier", "data", ""}) == texts{"0.1 ok", "1.1 ok", "2.1 ok"});
    CHECK(test.meeting.waiting().empty());
}

TEST_CASE("a barrier that let all go can be met at again", "[rendezvous]") {
    three_nodes test;
    for (auto round = 0; round < 3; ++round) {
        CHECK(test.ask(0, {"barrier", "data", "server,client"}) == no_answer);
        CHECK(test.ask(1, {"barrier", "data", "client , server"}) == texts{"0.1 ok", "1.1 ok"});
    }
}

TEST_CASE("barriers of different names are different", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "one", "server,client"}) == no_answer);
    CHECK(test.ask(1, {"barrier", "other", "server,client"}) == no_answer);
    CHECK(test.ask(0, {"barrier", "other", "server,client"}, "", 2) == texts{"0.2 ok", "1.1 ok"});
}

TEST_CASE("who names only itself need not wait", "[rendezvous]") {
    CHECK(three_nodes{}.ask(2, {"barrier", "data", "peer,peer"}) == texts{"2.1 ok"});
}

TEST_CASE("who names other nodes for a barrier than those who wait there is told both", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", "server,client"}) == no_answer);
    CHECK(
        test.ask(1, {"barrier", "data", ""})
        == texts{"1.1 no: server waits there for server, client, but client comes for server, client, peer"});
    CHECK(test.ask(1, {"barrier", "data", "server,client"}) == texts{"0.1 ok", "1.1 ok"});
}

TEST_CASE("a barrier for nodes that are unknown, or are all others, is refused", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", "server,cleint"})
          == texts{"0.1 no: 'cleint' is no node (there are server, client, peer) (did you mean client?)"});
    CHECK(test.ask(0, {"barrier", "data", "client,peer"})
          == texts{"0.1 no: server itself is not among those that are to meet there (client, peer)"});
    CHECK(test.ask(0, {"barrier", "data", "server,,client"})
          == texts{"0.1 no: the nodes: an entry of the list is empty (a comma too many)"});
}

TEST_CASE("two processes of a node cannot wait at one barrier", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", ""}) == no_answer);
    CHECK(test.ask(0, {"barrier", "data", ""}, "", 2)
          == texts{"0.2 no: another process of this node waits there"});
}

TEST_CASE("a barrier fails at once, with the cause, when a node that is missing has ended", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", ""}) == no_answer);
    CHECK(test.ask(1, {"barrier", "data", ""}) == no_answer);
    CHECK(test.end(2, "it crashed: Oops")
          == texts{"0.1 no: peer will not come: it crashed: Oops",
                   "1.1 no: peer will not come: it crashed: Oops"});
    CHECK(test.ask(0, {"barrier", "data", ""}) == texts{"0.1 no: peer will not come: it crashed: Oops"});
    CHECK(test.ask(0, {"barrier", "data", "server,client"}) == no_answer);
    CHECK(test.ask(1, {"barrier", "data", "server,client"}) == texts{"0.1 ok", "1.1 ok"});
}

TEST_CASE("what is known later of a node's end is told to who asks later", "[rendezvous]") {
    three_nodes test;
    CHECK(test.end(2, "its test has ended with exit status 1") == no_answer);
    CHECK(test.end(2, "it failed: no route") == no_answer);
    CHECK(test.ask(0, {"barrier", "data", ""}) == texts{"0.1 no: peer will not come: it failed: no route"});
}

TEST_CASE("a cause is told in one line that can be read", "[rendezvous]") {
    three_nodes test;
    CHECK(test.end(1, "it failed: \x1b[2J\nand " + std::string(100'000, 'x')) == no_answer);
    auto const said = test.ask(0, {"barrier", "data", ""}).at(0);
    CHECK(said.starts_with("0.1 no: client will not come: it failed: \\x1b[2J and xxx"));
    CHECK(said.size() < 600);
}

TEST_CASE("a process that has ended has not come to its barrier", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", "server,client"}) == no_answer);
    test.meeting.drop(0, 1);
    CHECK(test.ask(1, {"barrier", "data", "server,client"}) == no_answer);
    CHECK(test.ask(0, {"barrier", "data", "server,client"}, "", 2) == texts{"0.2 ok", "1.1 ok"});
}

TEST_CASE("a node that begins anew is waited for, and waits no more itself", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", "server,client"}) == no_answer);
    CHECK(test.ask(1, {"wait", "key"}) == no_answer);
    test.meeting.restarted(1);
    CHECK(test.ask(0, {"send", "key", "value"}, "", 2) == texts{"0.2 ok"});
    CHECK(test.ask(1, {"barrier", "data", "server,client"}) == texts{"0.1 ok", "1.1 ok"});
    CHECK(test.end(1, "it rebooted") == no_answer);
    test.meeting.restarted(1);
    CHECK(test.ask(0, {"barrier", "data", "server,client"}) == no_answer);
}

TEST_CASE("who waits no longer is told who came", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"barrier", "data", ""}) == no_answer);
    CHECK(test.ask(1, {"barrier", "data", ""}) == no_answer);
    CHECK(test.ask(0, {"give-up"}) == texts{"0.1 no: the time is up: server, client came, peer did not"});
    CHECK(test.ask(0, {"give-up"}) == no_answer); // it has its answer
    CHECK(test.ask(1, {"give-up"}) == texts{"1.1 no: the time is up: client came, server, peer did not"});
    CHECK(test.ask(2, {"wait", "key"}) == no_answer);
    CHECK(test.ask(2, {"give-up"}) == texts{"2.1 no: the time is up: nobody has sent it"});
    CHECK(test.ask(2, {"get", "client", "log", "0"}) == no_answer);
    CHECK(test.ask(2, {"give-up"}) == texts{"2.1 no: the time is up: client has not put it"});
}

TEST_CASE("a key's value reaches who waits for it and who asks later; the last one counts", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(1, {"wait", "port"}) == no_answer);
    CHECK(test.ask(2, {"wait", "port"}) == no_answer);
    CHECK(test.ask(0, {"send", "port", "80 81"}) == texts{"0.1 ok", "1.1 ok: 80 81", "2.1 ok: 80 81"});
    CHECK(test.ask(0, {"send", "port", ""}) == texts{"0.1 ok"});
    CHECK(test.ask(1, {"wait", "port"}) == texts{"1.1 ok"});
    CHECK(test.end(0, "it passed") == no_answer);
    CHECK(test.ask(1, {"wait", "port"}) == texts{"1.1 ok"});
}

TEST_CASE("waiting for a key fails when all other nodes have ended without it", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(1, {"wait", "port"}) == no_answer);
    CHECK(test.end(0, "it failed") == no_answer);
    CHECK(test.end(2, "it crashed")
          == texts{"1.1 no: server will not send it: it failed; peer will not send it: it crashed"});
    rendezvous alone{{"one"}, "/tmp"};
    CHECK(three_nodes::texts(alone.ask(0, {1, {"wait", "key"}, ""}))
          == texts{"0.1 no: there is no other node that could send it"});
}

TEST_CASE("a request that makes no sense is refused, and says why", "[rendezvous]") {
    three_nodes test;
    auto const refusal = [&](std::vector<std::string> words) {
        return test.ask(0, std::move(words)).at(0).substr(8);
    };
    CHECK(refusal({}) == "'' is nothing that the host knows");
    CHECK(refusal({"net", "lan heal"}) == "'net' is nothing that the host knows");
    CHECK(refusal({"\x1b[2J\n"}) == "'\\x1b[2J' is nothing that the host knows");
    CHECK(refusal({"barrier", "data"}) == "barrier: 2 words (want 3)");
    CHECK(refusal({"wait", ""}) == "the key is empty");
    CHECK(refusal({"wait", "a\nb"}) == "byte 2 of the key (0x0a) is not text");
    CHECK(refusal({"wait", "a\tb"}) == "byte 2 of the key (0x09) is not text");
    CHECK(refusal({"wait", "\xff"}) == "byte 1 of the key (0xff) is not text");
    CHECK(refusal({"barrier", std::string(257, 'x'), ""}) == "the barrier's name has more than 256 bytes");
    CHECK(refusal({"send", "k", std::string(65537, 'x')}) == "the value has more than 65536 bytes");
    CHECK(refusal({"put", "f", "-1"}) == "'-1' is no offset in a file");
    CHECK(refusal({"put", "f", "99999999999999999999"}) == "'99999999999999999999' is no offset in a file");
    CHECK(refusal({"get", "serve", "f", "0"})
          == "'serve' is no node (there are server, client, peer) (did you mean server?)");
    CHECK(refusal({"get", "server", "f", "1"}) == "a file is fetched from its beginning on");
    CHECK(test.meeting.waiting().empty());
}

TEST_CASE("a process that waits cannot wait for more", "[rendezvous]") {
    three_nodes test;
    CHECK(test.ask(0, {"wait", "key"}) == no_answer);
    CHECK(test.ask(0, {"barrier", "data", ""}) == texts{"0.1 no: this process waits for something else"});
    CHECK(test.ask(1, {"send", "key", "v"}) == texts{"0.1 ok: v", "1.1 ok"});
}

TEST_CASE("how many keys there are, and how many processes wait, is bounded", "[rendezvous]") {
    three_nodes test;
    for (std::size_t i = 0; i < rendezvous::most_keys; ++i)
        REQUIRE(test.ask(0, {"send", fmt::format("key{}", i), "v"}) == texts{"0.1 ok"});
    CHECK(test.ask(0, {"send", "one", "v"}) == texts{"0.1 no: there are 1000 keys (no more are possible)"});
    CHECK(test.ask(0, {"send", "key7", "w"}) == texts{"0.1 ok"});
    for (std::uint32_t i = 0; i < rendezvous::most_waiting; ++i)
        REQUIRE(test.ask(0, {"wait", "never"}, "", i) == no_answer);
    CHECK(test.ask(0, {"wait", "never"}, "", 1000)
          == texts{"0.1000 no: 256 processes of server wait (no more can at once)"});
    CHECK(test.ask(1, {"wait", "never"}) == no_answer);
    CHECK(test.meeting.waiting().size() < 1000);
    CHECK(test.meeting.waiting().find("; 249 more wait") != std::string::npos);
}

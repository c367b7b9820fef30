#include "core/ice/candidate.hpp"

#include <doctest/doctest.h>

#include <set>

namespace sfu::ice {
namespace {

const std::vector<Listening> kListening = {{Protocol::kUdp, "192.0.2.1", 5000},
                                           {Protocol::kTcp, "192.0.2.1", 5001},
                                           {Protocol::kUdp, "2001:db8::1", 5000},
                                           {Protocol::kTcp, "sfu.example.org", 443}};

}  // namespace

TEST_CASE("Each listening address is a host candidate, passive over TCP") {
  const auto candidates = host_candidates(kListening, {});
  REQUIRE(candidates.size() == 4);
  for (size_t i = 0; i < candidates.size(); ++i) {
    CHECK(candidates[i].type() == "host");
    CHECK(candidates[i].address == kListening[i].address);
    CHECK(candidates[i].port == kListening[i].port);
    CHECK(candidates[i].protocol == kListening[i].protocol);
  }
  CHECK(candidates[0].tcp_type() == "");
  CHECK(candidates[3].tcp_type() == "passive");
  CHECK(host_candidates({}, {}).empty());
}

TEST_CASE("The first candidate has the highest priority of RFC 8445, 5.1.2.1") {
  const auto candidates = host_candidates(kListening, {});
  CHECK(candidates[0].priority == 0x7effffff);
  for (size_t i = 1; i < candidates.size(); ++i) CHECK(candidates[i].priority < candidates[i - 1].priority);
}

TEST_CASE("A preferred protocol comes above the other, in order within each") {
  const auto udp = host_candidates(kListening, {.udp = true});
  CHECK(udp[0].priority > udp[2].priority);
  CHECK(udp[2].priority > udp[1].priority);
  CHECK(udp[1].priority > udp[3].priority);
  const auto tcp = host_candidates(kListening, {.tcp = true});
  CHECK(tcp[1].priority > tcp[3].priority);
  CHECK(tcp[3].priority > tcp[0].priority);
  CHECK(tcp[0].priority > tcp[2].priority);
}

TEST_CASE("Both preferences together are none") {
  const auto both = host_candidates(kListening, {.udp = true, .tcp = true});
  const auto none = host_candidates(kListening, {});
  for (size_t i = 0; i < both.size(); ++i) CHECK(both[i].priority == none[i].priority);
}

TEST_CASE("Priorities are unique") {
  const std::vector<Listening> many(500, {Protocol::kUdp, "192.0.2.1", 5000});
  std::set<uint32_t> priorities;
  for (const Candidate& candidate : host_candidates(many, {})) priorities.insert(candidate.priority);
  CHECK(priorities.size() == many.size());
}

TEST_CASE("Candidates of one protocol and address share their foundation") {
  const std::vector<Listening> listening = {{Protocol::kUdp, "192.0.2.1", 5000},
                                            {Protocol::kUdp, "192.0.2.1", 5001},
                                            {Protocol::kTcp, "192.0.2.1", 5000},
                                            {Protocol::kUdp, "192.0.2.2", 5000}};
  const auto candidates = host_candidates(listening, {});
  CHECK(candidates[0].foundation == "udp1");
  CHECK(candidates[1].foundation == "udp1");
  CHECK(candidates[2].foundation == "tcp3");
  CHECK(candidates[3].foundation == "udp4");
}

}  // namespace sfu::ice

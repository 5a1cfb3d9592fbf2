// Command robustness kills, stops and disturbs processes that write to two databases under one
// migration flag, and then checks that no acknowledged write was lost and that both databases hold
// the same. It starts a PostgreSQL of its own, and needs the server's binaries on this machine.
//
//	go run ./robustness -rounds 10 -seed 1
//
// Its README says what is tried, what is assumed, and what was found.
package main

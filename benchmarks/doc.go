// Package benchmarks measures what cutover adds to the calls it makes, side by side with the SDK's
// own migrator and with a switch written by hand.
//
// Every case is one operation at one stage. Every contender does it on the same real *ld.LDClient,
// with the same trivial functions, and sends an equal op event; a test of this package holds them
// to that.
//
//	go run ./benchmarks/report                     # the ratios, as tables, in about five minutes
//	go test -run '^$' -bench . ./benchmarks        # the same cases as ordinary benchmarks
//
// Ratios are worth comparing; times are only true for one machine at one moment.
package benchmarks

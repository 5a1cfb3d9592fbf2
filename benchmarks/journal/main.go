// Command journal measures what a journal costs: writes to both systems without one, with one of
// its own database, and with one that joins the transaction of the first write; and repair against
// a loop by hand. All figures of a table are of one run and alternate, so that ratios mean
// something on a busy machine.
//
//	go run ./benchmarks/journal
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/gocutover/cutover/sqljournal/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// settings are what is measured, and how long.
type settings struct {
	each    time.Duration
	rounds  int
	records int
	on      string
}

func run(ctx context.Context, args []string) error {
	var s settings
	flags := flag.NewFlagSet("journal", flag.ContinueOnError)
	flags.DurationVar(&s.each, "each", 2*time.Second, "how long each measurement takes")
	flags.IntVar(&s.rounds, "rounds", 5, "how often each is repeated; the median counts")
	flags.IntVar(&s.records, "records", 10_000, "how many records are repaired")
	flags.StringVar(&s.on, "on", "memory postgres sqlite", "on what it is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, m := range []struct {
		name    string
		measure func(context.Context, settings) error
	}{{"memory", inMemory}, {"postgres", onPostgres}, {"sqlite", onSQLite}} {
		if !strings.Contains(s.on, m.name) {
			continue
		}
		if err := m.measure(ctx, s); err != nil {
			return fmt.Errorf("on %s: %w", m.name, err)
		}
	}
	return nil
}

func onSQLite(ctx context.Context, s settings) (err error) {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	place, err := openSQLite(ctx, dir)
	if err != nil {
		return err
	}
	return measure(ctx, place, s)
}

// onPostgres measures on a server of its own, where there is one.
func onPostgres(ctx context.Context, s settings) (err error) {
	if _, err := pgtest.Binaries(); err != nil {
		fmt.Printf("PostgreSQL is not measured: %v\n\n", err)
		return nil
	}
	server, err := pgtest.New(pgtest.Config{Fsync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	place, err := openPostgres(ctx, server)
	if err != nil {
		return err
	}
	return measure(ctx, place, s)
}

func measure(ctx context.Context, p *place, s settings) (err error) {
	defer func() { err = errors.Join(err, p.close()) }()
	fmt.Printf("## Writes to both, on %s\n\n", p.name)
	fmt.Println("| journal | callers | keys | writes/s | of none | p50 | p99 | commits a write |")
	fmt.Println("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
	for _, callers := range []int{1, 16} {
		for _, hot := range []bool{false, true} {
			if err := writes(ctx, p, s, callers, hot); err != nil {
				return err
			}
		}
	}
	fmt.Println()
	return repairs(ctx, p, s)
}

// Command load shows what a new system that is slow, hangs or panics does to the callers of the old
// one, with detached reads and with the SDK's migrator.
//
//	go run ./benchmarks/load [-duration 25s] [-markdown]
//
// It ends with an error if detached reads do not keep a promise: that the p99 of the caller's reads
// at stage shadow stays within 1.1 times that at stage off, that goroutines and memory stay flat,
// and that each operation is reported once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	if played() {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// options is what the flags say.
type options struct {
	duration time.Duration
	markdown bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.duration, "duration", 25*time.Second, "how long the whole run takes, if nothing is measured again")
	flags.BoolVar(&o.markdown, "markdown", false, "print Markdown tables instead of aligned columns")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.duration <= 0 {
		return o, fmt.Errorf("-duration %s: must be positive", o.duration)
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	r, err := measure(ctx, o.duration, stderr)
	if err != nil {
		return err
	}
	if err := write(stdout, o, r); err != nil {
		return err
	}
	if len(r.broken) > 0 {
		return fmt.Errorf("%w: %d", errBroken, len(r.broken))
	}
	return nil
}

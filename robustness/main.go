//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// options are the command line.
type options struct {
	rounds, first int
	seed          uint64
	without       string
	out           string
	keep, verbose bool
	least         int // acknowledged writes a round, on average
}

func main() {
	if config := os.Getenv(childVariable); config != "" {
		if err := runChild(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 10, "how many rounds to run")
	flag.IntVar(&o.first, "first", 1, "number of the first round, to run one again")
	flag.Uint64Var(&o.seed, "seed", 1, "the same seed gives the same faults")
	flag.StringVar(&o.without, "without", "", "what to leave out, as a control: "+strings.Join(controls, ", "))
	flag.StringVar(&o.out, "out", "", "folder for histories; the default is a temporary one")
	flag.BoolVar(&o.keep, "keep", false, "keep the histories of rounds that found nothing")
	flag.IntVar(&o.least, "least", 1000, "acknowledged writes a round, on average, with less than which the run fails")
	flag.BoolVar(&o.verbose, "v", false, "tell each step")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errFound is the error of a run that found something, or was no test.
var errFound = errors.New("robustness: failed")

// run runs the rounds. The last line that it prints has the figures.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if o.without != "" && !slices.Contains(controls, o.without) {
		return fmt.Errorf("-without %s is none of %s", o.without, strings.Join(controls, ", "))
	}
	level := slog.LevelInfo
	if o.verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
	dir, err := os.MkdirTemp("", "robust")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.out == "" {
		if o.out, err = os.MkdirTemp("", "robustness-"); err != nil {
			return err
		}
	}
	world, err := newWorld(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.close()) }()
	total := &result{kills: map[string]int{}}
	rounds := 0
	for n := o.first; n < o.first+o.rounds && ctx.Err() == nil; n++ {
		r := round{world: world, plan: newPlan(o.seed, n), without: o.without, least: o.least, dir: filepath.Join(o.out, fmt.Sprintf("round%d", n)), log: log}
		found, err := r.run(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("round %d: %w", n, context.Cause(ctx))
		}
		if err != nil {
			return fmt.Errorf("round %d: %w; again: %s", n, err, o.again(n))
		}
		rounds++
		o.tell(lines{out}, found, r.dir)
		total.add(found)
		if !found.failed() && !o.keep {
			if err := os.RemoveAll(r.dir); err != nil {
				return err
			}
		}
	}
	_ = os.Remove(o.out) // which does nothing if something is kept
	return o.conclude(lines{out}, rounds, total)
}

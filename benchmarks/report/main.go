// Command report runs all contenders against each other in one process and prints how they compare.
//
//	go run ./benchmarks/report [-reps 6] [-benchtime 200ms] [-case regexp] [-markdown]
//
// Within each repetition the contenders take turns, so that what else the machine does falls on all
// of them. A ratio is the median of the repetitions' ratios. Beside each ratio stands the target it
// is held to.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"time"

	"github.com/gocutover/cutover/benchmarks/internal/tabular"

	ld "github.com/launchdarkly/go-server-sdk/v7"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// options is what the flags say.
type options struct {
	reps      int
	benchtime time.Duration
	filter    *regexp.Regexp
	markdown  bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var filter string
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.reps, "reps", 6, "how often each contender is measured for each case")
	flags.DurationVar(&o.benchtime, "benchtime", 200*time.Millisecond, "how long one measurement lasts")
	flags.StringVar(&filter, "case", "", "measure only the cases whose name matches this `regexp`, such as read/shadow")
	flags.BoolVar(&o.markdown, "markdown", false, "print Markdown tables instead of aligned columns")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.filter, err = regexp.Compile(filter); err != nil {
		return o, fmt.Errorf("-case: %w", err)
	}
	if o.reps < 1 || o.benchtime <= 0 {
		return o, fmt.Errorf("-reps %d -benchtime %s: both must be positive", o.reps, o.benchtime)
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	s, err := newSuite(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	for rep := range o.reps {
		_, _ = fmt.Fprintf(stderr, "repetition %d of %d\n", rep+1, o.reps)
		if err := s.repetition(ctx, rep); err != nil {
			return err
		}
	}
	return write(stdout, o, s)
}

func write(w io.Writer, o options, s *suite) error {
	tables, tally := s.tables()
	p := &tabular.Printer{W: w, Markdown: o.markdown}
	p.Line("%s %s/%s, %d CPUs, go-server-sdk %s; medians of %d repetitions of %s.",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), ld.Version, o.reps, o.benchtime)
	p.Line("From one repetition to another the bare floor's time varied by %.0f %%.", 100*s.spread())
	for i := range tables {
		p.Table(&tables[i])
	}
	p.Line("\n%s", tally)
	return p.Err
}

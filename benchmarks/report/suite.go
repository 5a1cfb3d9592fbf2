package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	ld "github.com/launchdarkly/go-server-sdk/v7"

	"github.com/gocutover/cutover/benchmarks"
)

const (
	// turns is in how many parts a measurement is taken, the contenders in turn, of which the
	// middle one counts: what else the machine does comes and goes within milliseconds.
	turns = 10
	// deliveredOperations is how many operations one measurement with events takes.
	deliveredOperations = 10 * benchmarks.Batch
)

// suite is everything to be measured, and what was.
type suite struct {
	benchtime time.Duration
	client    *ld.LDClient
	sink      *benchmarks.Sink
	times     []*timing
	scalings  []*scaling
	delivered []*delivery
}

// timing is a case with events off, one operation after another.
type timing struct {
	benchmarks.Case
	contenders []benchmarks.Started
	samples    series[sample]
}

// scaling is a case on one core and on two.
type scaling struct {
	benchmarks.Case
	contenders []benchmarks.Started
	one, two   series[sample]
}

// delivery is a case with events delivered.
type delivery struct {
	benchmarks.Case
	measured series[benchmarks.Delivery]
}

func newSuite(ctx context.Context, o options) (*suite, error) {
	client, err := benchmarks.NewClient(nil, "")
	if err != nil {
		return nil, err
	}
	s := &suite{benchtime: o.benchtime, client: client, sink: benchmarks.NewSink()}
	if err := s.choose(ctx, o); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *suite) choose(ctx context.Context, o options) error {
	for _, c := range benchmarks.Cases() {
		if !o.filter.MatchString(c.String()) {
			continue
		}
		contenders, err := benchmarks.Start(ctx, s.client, c, benchmarks.Trivial())
		if err != nil {
			return err
		}
		s.times = append(s.times, &timing{c, contenders, series[sample]{}})
	}
	if len(s.times) == 0 {
		return fmt.Errorf("no case matches %q", o.filter)
	}
	for _, c := range benchmarks.FewCases() {
		if !o.filter.MatchString(c.String()) {
			continue
		}
		contenders, err := benchmarks.Start(ctx, s.client, c, benchmarks.Trivial())
		if err != nil {
			return err
		}
		if runtime.NumCPU() > 1 {
			contenders = append([]benchmarks.Started{{Name: bareLoop, Do: loop}}, contenders...)
			s.scalings = append(s.scalings, &scaling{c, contenders, series[sample]{}, series[sample]{}})
		}
		s.delivered = append(s.delivered, &delivery{c, series[benchmarks.Delivery]{}})
	}
	return nil
}

func (s *suite) close() {
	_ = s.client.Close() // it always returns nil
	s.sink.Close()
}

// repetition measures everything once.
func (s *suite) repetition(ctx context.Context, rep int) error {
	for _, t := range s.times {
		taken := series[sample]{}
		err := takeTurns(t.contenders, func(one benchmarks.Started) error { return s.add(ctx, taken, one, 1) })
		if err != nil {
			return fmt.Errorf("%s: %w", t.Case, err)
		}
		addMiddles(t.samples, taken)
	}
	for _, sc := range s.scalings {
		one, two := series[sample]{}, series[sample]{}
		err := takeTurns(sc.contenders, func(contender benchmarks.Started) error {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			if err := s.add(ctx, one, contender, 1); err != nil {
				return err
			}
			runtime.GOMAXPROCS(2)
			return s.add(ctx, two, contender, 2)
		})
		if err != nil {
			return fmt.Errorf("%s in parallel: %w", sc.Case, err)
		}
		addMiddles(sc.one, one)
		addMiddles(sc.two, two)
	}
	return s.deliver(ctx, rep)
}

// takeTurns lets the contenders run one after another, again and again. Who goes first changes
// every time.
func takeTurns(contenders []benchmarks.Started, run func(benchmarks.Started) error) error {
	for turn := range turns {
		for i := range contenders {
			one := contenders[(i+turn)%len(contenders)]
			if err := run(one); err != nil {
				return fmt.Errorf("%s: %w", one.Name, err)
			}
		}
	}
	return nil
}

func (s *suite) add(ctx context.Context, to series[sample], one benchmarks.Started, workers int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	taken, err := measure(one.Do, s.benchtime/turns, workers)
	to[one.Name] = append(to[one.Name], taken)
	return err
}

func (s *suite) deliver(ctx context.Context, rep int) error {
	contenders := benchmarks.Contenders()
	for _, d := range s.delivered {
		for i := range contenders {
			if err := ctx.Err(); err != nil {
				return err
			}
			one := contenders[(i+rep)%len(contenders)]
			if !one.Enters(d.Case) {
				continue
			}
			taken, err := benchmarks.MeasureDelivery(ctx, one, d.Case, deliveredOperations, s.sink)
			if errors.Is(err, benchmarks.ErrNoProcessCPU) {
				s.delivered = nil
				return nil
			}
			if err != nil {
				return err
			}
			d.measured[one.Name] = append(d.measured[one.Name], taken)
		}
	}
	return nil
}

// spread returns how much the floor's time varied over the repetitions, in the middle case.
func (s *suite) spread() float64 {
	var all []float64
	for _, t := range s.times {
		all = append(all, spread(t.samples.of(benchmarks.Floor, nsOf)))
	}
	return median(all)
}

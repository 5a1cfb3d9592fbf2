package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Repair makes the dirty records of a journal equal in both systems. It may run in every instance
// of a service at once, and is safe for concurrent use.
type Repair struct {
	journal Journal
	flag    string
	kinds   map[string]RecordKind
	names   []string
	RepairConfig

	figures figures
	log     *slog.Logger
}

// RepairConfig is how a [Repair] works. The zero value is the default.
type RepairConfig struct {
	// Workers is how many batches are repaired at a time. The default is 4.
	Workers int
	// Batch is how many records a worker claims at a time. The default is 50.
	Batch int
	// Poll is how long a worker waits if nothing is due. The default is 500 ms; each wait varies by
	// a fifth, so that many instances do not ask together.
	Poll time.Duration
	// Timeout is how long one batch may take; its functions get a context that ends then. The
	// default is 30 s.
	Timeout time.Duration
	// Attempts is how often a record is tried before it is parked. The default is 10.
	Attempts int
	// Backoff is the wait after the first failure of a record; each further one waits twice as
	// long, up to MaxBackoff. The defaults are 1 s and 5 min.
	Backoff, MaxBackoff time.Duration
	// PerSecond limits how many records are repaired a second by this Repair. Zero is no limit.
	PerSecond float64
	// Throttle is called before each claim. As long as it returns a reason, such as "callers wait
	// too long", nothing is claimed; it is asked again after Poll. The default is never. Repair goes
	// on if it panics.
	Throttle func(ctx context.Context) (reason string)
	// Observe is called for each record that was repaired, or tried to be. It must be safe for
	// concurrent use and fast. Its panic is logged. The default is nobody.
	Observe func(ctx context.Context, r Repaired)
	// Logger is for records that are parked, and for a journal that fails. The default is
	// [slog.Default].
	Logger *slog.Logger
}

// Errors of NewRepair and Drain.
var (
	// ErrNilJournal is returned by NewRepair for a nil journal.
	ErrNilJournal = errors.New("journal is nil")
	// ErrNoKinds is returned by NewRepair without kinds, or for one that is nil.
	ErrNoKinds = errors.New("no kinds of record")
	// ErrNegative is returned by NewRepair for a negative number.
	ErrNegative = errors.New("is negative")
	// ErrParked is returned by Drain if records are parked.
	ErrParked = errors.New("records are parked")
)

// NewRepair returns a repair of one flag's records. It runs nothing yet: call [Repair.Run] or
// [Repair.Drain]. It claims records of the given kinds only; other processes may repair others.
func NewRepair(journal Journal, flag string, config RepairConfig, kinds ...RecordKind) (*Repair, error) {
	r := &Repair{journal: journal, flag: flag, kinds: make(map[string]RecordKind), RepairConfig: config, log: config.Logger}
	var errs []error
	if journal == nil {
		errs = append(errs, ErrNilJournal)
	}
	if len(kinds) == 0 || slices.Contains(kinds, nil) {
		errs = append(errs, ErrNoKinds)
	}
	errs = append(errs, r.setDefaults())
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("building a repair of flag %q: %w", flag, err)
	}
	for _, kind := range kinds {
		r.kinds[kind.Name()] = kind
		r.names = append(r.names, kind.Name())
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	return r, nil
}

func (r *Repair) setDefaults() error {
	var errs []error
	for _, n := range []struct {
		name string
		n    *int
		or   int
	}{{"Workers", &r.Workers, 4}, {"Batch", &r.Batch, 50}, {"Attempts", &r.Attempts, 10}} {
		if *n.n < 0 {
			errs = append(errs, fmt.Errorf("%s %w", n.name, ErrNegative))
		}
		if *n.n == 0 {
			*n.n = n.or
		}
	}
	for _, d := range []struct {
		name string
		d    *time.Duration
		or   time.Duration
	}{
		{"Poll", &r.Poll, 500 * time.Millisecond},
		{"Timeout", &r.Timeout, 30 * time.Second},
		{"Backoff", &r.Backoff, time.Second},
		{"MaxBackoff", &r.MaxBackoff, 5 * time.Minute},
	} {
		if *d.d < 0 {
			errs = append(errs, fmt.Errorf("%s %w", d.name, ErrNegative))
		}
		if *d.d == 0 {
			*d.d = d.or
		}
	}
	if r.PerSecond < 0 {
		errs = append(errs, fmt.Errorf("PerSecond %w", ErrNegative))
	}
	return errors.Join(errs...)
}

// Run repairs until ctx ends, and returns its error. What it has claimed by then it finishes.
func (r *Repair) Run(ctx context.Context) error {
	r.work(ctx)
	return context.Cause(ctx)
}

// Drain repairs until nothing is dirty: not what is dirty when it is called, nor what the writes
// that are under way then leave. Writers may go on. The error is an [ErrParked] if records are
// parked, which only [Ledger.Unpark] makes due again, the context's if that ends first, and
// otherwise nil.
//
// A record may have to wait, for the journal's bound on late writes or after a failed attempt;
// Drain waits too.
func (r *Repair) Drain(ctx context.Context) error {
	began := time.Now()
	within, stop := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	all.Go(func() { r.work(within) })
	defer all.Wait()
	defer stop(nil)
	pause := r.pause()
	for {
		running := time.Since(began) // before the question: the answer may take long
		// An age may be rounded down to a millisecond.
		backlog, err := r.journal.Backlog(ctx, r.flag)
		switch {
		case err == nil && backlog.Dirty == 0 && (backlog.Open == 0 || backlog.OldestOpen+time.Millisecond < running):
			if backlog.Parked > 0 {
				return fmt.Errorf("flag %q: %d %w", r.flag, backlog.Parked, ErrParked)
			}
			return nil
		case err != nil:
			r.tellJournal(ctx, err)
		}
		if !pause.wait(ctx, r.Poll/4) {
			return context.Cause(ctx)
		}
	}
}

// work runs the workers until ctx ends.
func (r *Repair) work(ctx context.Context) {
	var all sync.WaitGroup
	for range r.Workers {
		all.Go(func() {
			pause := r.pause()
			for ctx.Err() == nil {
				if n := r.pass(ctx); n == 0 {
					pause.wait(ctx, r.Poll)
				} else if r.PerSecond > 0 {
					pause.wait(ctx, time.Duration(float64(n*r.Workers)/r.PerSecond*float64(time.Second)))
				}
			}
		})
	}
	all.Wait()
}

package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

// order is what is written.
type order struct {
	id   int64
	body string
}

var (
	byID  = cutover.Key(func(o order) int64 { return o.id })
	shop  = ldcontext.NewWithKind("shop", "corner")
	quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
)

// contender is a way to write to both.
type contender struct {
	name  string
	base  int // the contender that it is compared with
	write func(context.Context, order) error
	close func(context.Context) error
}

// contenders are the ways, each with the one without a journal that does the same.
func contenders(ctx context.Context, p *place) ([]contender, error) {
	var all []contender
	for _, c := range []struct {
		name    string
		journal *sql.DB
		joined  bool
		inTx    bool
		base    int
	}{
		{"none", nil, false, false, 0},
		{"separate", p.journal, false, false, 0},
		{"none, in a transaction", nil, false, true, 2},
		{"joined", p.old, true, true, 2},
	} {
		write, closes, err := writer(ctx, p, c.journal, c.joined, c.inTx)
		if err != nil {
			return nil, err
		}
		all = append(all, contender{c.name, c.base, write, closes})
	}
	return all, nil
}

func writer(ctx context.Context, p *place, db *sql.DB, joined, inTx bool) (
	write func(context.Context, order) error, closes func(context.Context) error, err error,
) {
	b := cutover.New(cutovertest.NewClient(ldmigration.Shadow), "orders").Logger(quiet)
	closes = func(context.Context) error { return nil }
	var journal *sqljournal.Journal
	if db != nil {
		if journal, err = sqljournal.Open(ctx, db, sqljournal.Config{Dialect: p.dialect, Logger: quiet}); err != nil {
			return nil, nil, err
		}
		closes = journal.Close
		kind, err := p.kind()
		if err != nil {
			return nil, nil, err
		}
		b.Journal(journal, kind)
	}
	c, err := b.Build()
	if err != nil {
		return nil, nil, err
	}
	old := p.put(p.old)
	if inTx {
		old = p.putInTx(journal)
	}
	wb := cutover.NewWriter(c, old, p.put(p.new)).SerializeBy(byID) // as hot records want it
	if db != nil {
		wb.Records(byID)
	}
	if joined {
		wb.JoinTx(ldmigration.Old)
	}
	w, err := wb.Build()
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, o order) error { return w.Write(ctx, shop, o) }, closes, nil
}

func (p *place) put(db *sql.DB) func(context.Context, order) error {
	return func(ctx context.Context, o order) error {
		_, err := db.ExecContext(ctx, p.upsert, o.id, o.body)
		return err
	}
}

// putInTx is the authoritative write in a transaction, which the intent joins if there is a
// journal.
func (p *place) putInTx(journal *sqljournal.Journal) func(context.Context, order) error {
	return func(ctx context.Context, o order) (err error) {
		tx, err := p.old.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // which does nothing after a commit
		if journal != nil {
			if err := journal.JoinTx(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, p.upsert, o.id, o.body); err != nil {
			return err
		}
		return tx.Commit()
	}
}

func (p *place) kind() (*reconcile.Kind[int64, string], error) {
	system := func(db *sql.DB) reconcile.System[int64, string] {
		return reconcile.System[int64, string]{
			Get: reconcile.NotFound(func(ctx context.Context, id int64) (body string, err error) {
				err = db.QueryRowContext(ctx, p.get, id).Scan(&body)
				return body, err
			}, sql.ErrNoRows),
			Put: func(ctx context.Context, id int64, body string) error { return p.put(db)(ctx, order{id, body}) },
			Delete: func(ctx context.Context, id int64) error {
				_, err := db.ExecContext(ctx, `DELETE FROM orders WHERE id = $1`, id)
				return err
			},
		}
	}
	return reconcile.NewKind("order", reconcile.Pair[int64, string]{Old: system(p.old), New: system(p.new)})
}

// sample is one measurement.
type sample struct {
	perSecond, commits float64
	p50, p99           time.Duration
}

func writes(ctx context.Context, p *place, s settings, callers int, hot bool) error {
	all, err := contenders(ctx, p)
	if err != nil {
		return err
	}
	samples := make([][]sample, len(all))
	for range s.rounds {
		for i, c := range all {
			one, err := hammer(ctx, p, s, callers, hot, c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			samples[i] = append(samples[i], one)
		}
	}
	keys := map[bool]string{false: "distinct", true: "64 hot"}[hot]
	for i, c := range all {
		ratios := make([]float64, s.rounds)
		for r := range ratios {
			ratios[r] = samples[i][r].perSecond / samples[c.base][r].perSecond
		}
		m := medianOf(samples[i])
		fmt.Printf("| %s | %d | %s | %.0f | %.2f | %v | %v | %s |\n", c.name, callers, keys, m.perSecond, median(ratios),
			m.p50.Round(10*time.Microsecond), m.p99.Round(10*time.Microsecond), told(m.commits))
		if err := c.close(ctx); err != nil {
			return err
		}
	}
	return nil
}

func told(commits float64) string {
	if commits == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", commits)
}

var nextKey atomic.Int64

// hammer writes with many callers for a while.
func hammer(ctx context.Context, p *place, s settings, callers int, hot bool, c contender) (sample, error) {
	before, err := p.committed(ctx)
	if err != nil {
		return sample{}, err
	}
	var all sync.WaitGroup
	took := make([][]time.Duration, callers)
	errs := make([]error, callers)
	began := time.Now()
	for i := range callers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(rand.Uint64(), 0))
			for time.Since(began) < s.each && errs[i] == nil {
				n := nextKey.Add(1)
				id := n % 100_000
				if hot {
					id = random.Int64N(64)
				}
				start := time.Now()
				errs[i] = c.write(ctx, order{id, fmt.Sprint("a line of an order, changed ", n)})
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return sample{}, err
		}
	}
	latencies := slices.Concat(took...)
	slices.Sort(latencies)
	after, err := p.committed(ctx)
	return sample{
		perSecond: float64(len(latencies)) / elapsed.Seconds(),
		commits:   float64(after-before) / float64(len(latencies)),
		p50:       latencies[len(latencies)/2], p99: latencies[len(latencies)*99/100],
	}, err
}

func (p *place) committed(ctx context.Context) (int64, error) {
	if p.commits == nil {
		return 0, nil
	}
	return p.commits(ctx)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func medianOf(samples []sample) sample {
	slices.SortFunc(samples, func(a, b sample) int { return int(a.perSecond - b.perSecond) })
	return samples[len(samples)/2]
}

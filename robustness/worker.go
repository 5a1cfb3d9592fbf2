//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// Keys are written for a while only. Otherwise the next write would soon hide what an earlier one
// had left wrong.
const (
	hotKeys  = 2
	coldKeys = 20
	keysLast = 500 * time.Millisecond
	warmLast = 5 // times as long do some last
)

// worker is a goroutine of a child that makes one operation after the other.
type worker struct {
	child   *child
	client  int
	random  *rand.Rand
	user    ldcontext.Context
	writers []*cutover.Writer[change]
	reader  *cutover.Reader[string, string]
	count   int
}

func newWorker(c *child, i int) (*worker, error) {
	w := &worker{
		child: c, client: c.Client + i, user: ldcontext.New(c.Name),
		random: rand.New(rand.NewPCG(c.Seed, uint64(i))), //nolint:gosec // i is small and positive
	}
	join := *c.old
	plain := join
	plain.join = nil
	var errs [6]error
	builders := []*cutover.WriterBuilder[change]{w.writer(&plain)}
	if c.journal != nil {
		builders = append(builders,
			w.writer(&plain).SecondaryCopies(),
			w.writer(&plain).SecondaryInBackground(),
			w.writer(&plain).SecondaryCopies().SecondaryInBackground())
		if c.Joins {
			builders = append(builders, w.writer(&join).JoinTx(ldmigration.Old), w.writer(&join).JoinTx(ldmigration.Old).SecondaryCopies())
		}
	}
	for i, b := range builders {
		var writer *cutover.Writer[change]
		writer, errs[i] = b.Build()
		w.writers = append(w.writers, writer)
	}
	reader := cutover.NewReader(c.cutover, c.old.read, c.new.read).CompareEqual().NotFound(sql.ErrNoRows)
	if c.journal != nil {
		reader.Records(cutover.Key(func(key string) string { return key }).Of(kindName))
	}
	var err error
	w.reader, err = reader.Build()
	return w, errors.Join(append(errs[:], err)...)
}

func (w *worker) writer(old *system) *cutover.WriterBuilder[change] {
	keys := cutover.Keys(func(c change) []string { return c.keys }).Of(kindName)
	b := cutover.NewWriter(w.child.cutover, old.write, w.child.new.write).PayloadsAreNotModified()
	if w.child.journal != nil {
		b.Records(keys)
	}
	if w.child.Serialize {
		b.SerializeBy(keys)
	}
	return b
}

// run makes operations until ctx ends. An operation under way ends by itself.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		w.count++
		if w.random.IntN(4) == 0 {
			w.read()
		} else {
			w.write()
		}
		time.Sleep(time.Duration(1+w.random.IntN(8)) * time.Millisecond)
	}
}

// key draws a key: one that many write now, one that few write, or one that nobody else does. All
// processes agree on which keys are in use; some of the last ones still are.
func (w *worker) key() string {
	now := int(ticks()/keysLast) % 10_000
	if w.random.IntN(4) == 0 {
		now--
	}
	switch n := w.random.IntN(10); {
	case n < 3:
		return fmt.Sprintf("hot%d.%d", now, w.random.IntN(hotKeys))
	case n < 6:
		return fmt.Sprintf("cold%d.%d", now, w.random.IntN(coldKeys))
	case n < 9:
		return fmt.Sprintf("warm%d.%d", now/warmLast, w.random.IntN(coldKeys))
	default:
		return fmt.Sprintf("own%d.%d", w.client, w.count)
	}
}

func (w *worker) id() int { return w.client*1_000_000 + w.count }

func (w *worker) write() {
	c := change{keys: []string{w.key()}, value: fmt.Sprintf("%d.%d", w.client, w.count)}
	if w.random.IntN(10) == 0 {
		c.keys = append(c.keys, w.key())
		slices.Sort(c.keys)
		c.keys = slices.Compact(c.keys)
	}
	if w.random.IntN(8) == 0 {
		c.deletes, c.value = true, ""
	}
	writer := w.writers[w.random.IntN(len(w.writers))]
	defer w.child.stages.enter()()
	w.child.history.event(event{
		Kind: beganWrite, Op: w.id(), Client: w.client, Keys: c.keys, Value: c.value, Absent: c.deletes,
	})
	ctx, cancel := w.context()
	defer cancel()
	detail := writer.WriteDetail(ctx, w.user, c)
	end := event{
		Kind: ended, Op: w.id(), Outcome: acknowledged, Origin: origin(detail.Stage), Dirty: detail.Journaled.Dirty != "",
	}
	if _, err := detail.Result(); err != nil {
		end.Outcome, end.Err = uncertain, err.Error()
		if errors.Is(err, cutover.ErrNotRun) {
			end.Outcome = notRun
		}
	} else {
		w.child.acked.Add(1)
	}
	w.child.history.event(end)
}

func (w *worker) read() {
	key := w.key()
	defer w.child.stages.enter()()
	w.child.history.event(event{Kind: beganRead, Op: w.id(), Client: w.client, Keys: []string{key}})
	ctx, cancel := w.context()
	defer cancel()
	detail := w.reader.ReadDetail(ctx, w.user, key)
	value, err := detail.Result()
	end := event{Kind: ended, Op: w.id(), Outcome: acknowledged, Value: value, Origin: origin(detail.Stage)}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		end.Value, end.Absent = "", true
	case err != nil:
		end.Outcome, end.Err = uncertain, err.Error()
	}
	w.child.history.event(end)
}

// context is that of a caller who waits for a while.
func (w *worker) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(context.Background(), beganKey{}, time.Now()), callerTimeout)
}

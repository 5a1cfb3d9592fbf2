package journaltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// modelWriter writes random records with random outcomes.
type modelWriter struct {
	*model
	j    reconcile.Journal
	id   uint64
	rand *rand.Rand
	n    int64
}

// pause lets others run, now and then for long.
func (m *modelWriter) pause() {
	turns := m.rand.IntN(3)
	if m.rand.IntN(4) == 0 {
		turns *= 100
	}
	for range turns {
		runtime.Gosched()
	}
}

// crash ends the process in the middle of a write.
func (m *modelWriter) crash() {
	from, key := before, modelKey(modelKeys-1)
	if _, err := m.begin(from, key); err == nil {
		authoritative, _ := m.systems(from)
		authoritative.put(key, m.value())
		m.pause()
	}
	m.w.Crash(m.j)
	m.count("crashed")
}

// modelKey returns a key. Keys have the order of their numbers.
func modelKey(i int) string { return fmt.Sprintf("%03d", i) }

// value returns a value that nobody else writes.
func (m *modelWriter) value() int64 {
	m.n++
	return int64(m.id+1)*1_000_000 + m.n //nolint:gosec // it is small
}

func (m *modelWriter) begin(from origin, keys ...string) (cutover.Intent, error) {
	patience := max(m.w.Patience, 10*time.Second) // nobody has a reason to wait
	if m.both {
		patience = m.w.Patience / 25 // the other direction may hold it up for long
	}
	ctx, cancel := context.WithTimeout(m.w.ctx(), patience)
	defer cancel()
	write := cutover.JournalWrite{Flag: m.w.flag, Records: orders(keys...), From: from, Settle: m.copy}
	return m.j.Begin(ctx, write)
}

// copy makes a record equal.
func (m *model) copy(_ context.Context, record cutover.RecordKey, from origin, permit func() error) error {
	authoritative, secondary := m.systems(from)
	value := authoritative.get(record.Key)
	runtime.Gosched()
	if err := permit(); err != nil {
		return err
	}
	secondary.put(record.Key, value)
	return nil
}

// write makes one write to one of two records, or to both.
func (m *modelWriter) write(first int) {
	keys := []string{modelKey(first), modelKey(first + 1)}
	if one := m.rand.IntN(3); one < 2 {
		keys = keys[one : one+1]
	}
	from := before
	if m.both && m.rand.IntN(3) == 0 {
		from = after
	}
	in, err := m.begin(from, keys...)
	if err != nil {
		m.refused(err)
		return
	}
	m.pause()
	end, value := cutover.IntentEnd{}, m.value()
	authoritative, secondary := m.systems(from)
	for _, key := range keys {
		authoritative.put(key, value)
	}
	m.pause()
	switch outcome := m.rand.IntN(60); {
	case in.Check() != nil:
		end.Dirty = cutover.SecondaryLeftOut
	case outcome == 0:
		end.Dirty = cutover.SecondaryFailed
		m.count("failed")
	case outcome == 1 && !m.both: // the other direction would wait for it
		end = cutover.IntentEnd{Dirty: cutover.SecondaryLate, Late: true}
		m.land(secondary, value, keys)
	default:
		for _, key := range keys {
			secondary.put(key, value)
		}
		m.count("written")
	}
	m.pause()
	in.End(end)
	if m.rand.IntN(40) == 0 {
		seen := cutover.JournalMark{Flag: m.w.flag, Records: orders(keys...), From: from, Dirty: cutover.SeenDifferent}
		m.j.Mark(m.w.ctx(), seen)
	}
}

// refused expects that a write that did not begin waited for the other direction in vain.
func (m *modelWriter) refused(err error) {
	if !m.both || errors.Is(err, cutover.ErrJournal) {
		m.fail("a write did not begin: %v", err)
	}
	m.count("waited in vain")
}

// land lets a write take effect after its operation is over.
func (m *modelWriter) land(secondary *toySystem, value int64, keys []string) {
	turns := m.rand.IntN(200)
	m.late.Go(func() {
		for range turns {
			runtime.Gosched()
		}
		for _, key := range keys {
			secondary.put(key, value)
		}
		m.count("landed late")
	})
}

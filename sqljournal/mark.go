package sqljournal

import (
	"context"
	"fmt"
	"time"

	"github.com/gocutover/cutover"
)

// Mark implements [cutover.Journal]. At most 100,000 different records wait while the database does
// not answer; those beyond are not marked, and the gap tells so.
func (j *Journal) Mark(_ context.Context, m cutover.JournalMark) {
	if m.Dirty == "" {
		m.Dirty = cutover.NotJournaled
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closing {
		j.config.Logger.Warn("journal: a mark came after it was closed", "flag", m.Flag, "records", len(m.Records))
		return
	}
	if m.Dirty == cutover.NotJournaled {
		j.queue.gap(m.Flag).begin(j.now())
	}
	for _, k := range m.Records {
		r, err := rowOf(m.Flag, k)
		if err != nil {
			j.queue.gap(m.Flag).begin(j.now())
			j.queue.gap(m.Flag).marked = false
			continue
		}
		if h := j.holds[r]; h != nil {
			h.restless = true
		}
		j.queue.add(mark{
			row: r, flag: m.Flag, from: string(m.From), why: m.Dirty, late: m.Late, written: m.Written,
		})
	}
	j.wakeLater()
}

// gap is a time in which this process wrote without the journal.
type gap struct {
	since  time.Duration
	begun  bool
	marked bool
}

func (q *queue) gap(flag string) *gap {
	g := q.gaps[flag]
	if g == nil {
		g = &gap{marked: true}
		q.gaps[flag] = g
	}
	return g
}

func (g *gap) begin(now time.Duration) {
	if !g.begun {
		g.begun, g.since = true, now
	}
}

// writeGaps makes durable the gaps whose marks are.
func (j *Journal) writeGaps(ctx context.Context) error {
	j.mu.Lock()
	var flags []string
	unmarked := map[string]bool{}
	for _, m := range j.queue.marks {
		unmarked[m.flag] = true
	}
	for key := range j.queue.gaps {
		if !unmarked[key] {
			flags = append(flags, key)
		}
	}
	j.mu.Unlock()
	for _, key := range flags {
		j.mu.Lock()
		g := j.queue.gaps[key]
		delete(j.queue.gaps, key)
		j.mu.Unlock()
		age := int64(0)
		if g.begun {
			age = (j.now() - g.since).Milliseconds()
		}
		_, err := j.store.execute(ctx, j.store.texts.addGap, args{
			"flag": escape(key), "name": j.config.Instance, "age": age, "marked": number(g.marked),
		})
		if err != nil {
			j.mu.Lock()
			if newer := j.queue.gaps[key]; newer != nil {
				g.marked = g.marked && newer.marked
			}
			j.queue.gaps[key] = g
			j.mu.Unlock()
			return fmt.Errorf("note a gap: %w", err)
		}
	}
	return nil
}

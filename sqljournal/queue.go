package sqljournal

import (
	"context"
	"time"

	"github.com/gocutover/cutover"
)

// queue is what the database is still to be told. The journal's mutex guards it.
type queue struct {
	leaves map[*hold]struct{}
	marks  map[direction]mark
	gaps   map[string]*gap
	most   int           // marks
	now    chan struct{} // flush at once
	soon   chan struct{} // flush in a while
	turn   chan struct{} // held by who flushes
}

func newQueue(most int) queue {
	return queue{
		most:   most,
		leaves: map[*hold]struct{}{}, marks: map[direction]mark{}, gaps: map[string]*gap{},
		now: make(chan struct{}, 1), soon: make(chan struct{}, 1), turn: make(chan struct{}, 1),
	}
}

// mark is a row that is to be made dirty.
type mark struct {
	row           row
	flag          string
	from          string
	why           cutover.DirtyReason
	late, written bool
}

// direction is what marks are kept by. A row may have one of each: a write in one of them, say, and a
// read that went by the other.
type direction struct {
	row  row
	from string
}

func (m mark) direction() direction { return direction{m.row, m.from} }

func (h *hold) mark() mark {
	return mark{row: h.row, flag: h.flag.key, from: string(h.from), why: h.dirty, late: h.late, written: true}
}

func (m mark) item() item {
	i := m.row.item()
	i.Origin, i.Dirty, i.Wrote, i.Late = m.from, string(m.why), number(m.written), number(m.late)
	return i
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add queues a mark. If too many wait already, it is dropped, and a gap tells so.
func (q *queue) add(m mark) {
	if old, ok := q.marks[m.direction()]; ok {
		m.late, m.written = m.late || old.late, m.written || old.written
	} else if len(q.marks) >= q.most {
		q.gap(m.flag).marked = false
		return
	}
	q.marks[m.direction()] = m
}

// kick flushes at once.
func (j *Journal) kick() {
	select {
	case j.queue.now <- struct{}{}:
	default:
	}
}

// wakeLater flushes in a while, together with what comes until then.
func (j *Journal) wakeLater() {
	select {
	case j.queue.soon <- struct{}{}:
	default:
	}
}

// keepFlushing tells the database what is queued, until the journal is closed.
func (j *Journal) keepFlushing() {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	armed := false
	pause := flushEvery
	for {
		select {
		case <-j.stopped.Done():
			return
		case <-j.queue.soon:
			if !armed {
				armed = true
				timer.Reset(pause)
			}
			continue
		case <-j.queue.now:
		case <-timer.C:
		}
		armed = false
		timer.Stop()
		ctx, cancel := context.WithTimeout(j.stopped, wordsTimeout)
		err := j.flush(ctx)
		cancel()
		pause = flushEvery
		if err != nil {
			pause = probeEvery
		}
		j.mu.Lock()
		more := len(j.queue.leaves)+len(j.queue.marks)+len(j.queue.gaps)+j.idle.Len() > 0
		j.mu.Unlock()
		if more {
			j.wakeLater()
		}
	}
}

package sqljournal

import (
	"container/list"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// phase is how far a hold has come.
type phase uint8

const (
	joining  phase = iota // only transactions of the caller's have it open, maybe
	opening               // a statement is to open it, or it is being settled
	open                  // this process has it open
	leaving               // it is queued to be left
	flushing              // a statement is to leave it
	over                  // it is not in the table any more
)

// hold is a record that this process has open, on behalf of any number of its operations. The
// journal's mutex guards it.
type hold struct {
	row    row
	record cutover.RecordKey
	flag   *flag
	from   ldmigration.Origin
	lease  *lease
	token  string

	phase  phase
	ops    int           // operations that rely on it
	begun  time.Duration // when it was last begun in the database
	opener *begin        // while it is opening
	idle   *list.Element
	since  time.Duration // when it became idle

	// durable is true if the database is known to have it open: it can be used again until a
	// statement leaves it.
	durable bool
	// unsure is true if the database may have it open although nobody was told so.
	unsure bool
	// restless is true if it must not be kept open after the last operation, and wanted if no other
	// operation may use it.
	restless, wanted bool
	// dirty is why it is to be left dirty.
	dirty cutover.DirtyReason
	late  bool
	// withdrawn is true if no operation wrote under it: if it is not open, nothing is to be done.
	withdrawn bool
	// tried is true if a statement may have left it already.
	tried bool
	gone  chan struct{} // closed when it is over
}

func (j *Journal) newHold(r row, op *intent) *hold {
	h := &hold{
		row: r, record: r.record(), flag: op.flag, from: op.write.From, lease: op.lease, withdrawn: true,
		token: op.lease.token(writes, j.tokens.Add(1)), gone: make(chan struct{}),
	}
	j.holds[r] = h
	return h
}

// use counts an operation in.
func (j *Journal) use(h *hold) {
	if h.ops++; h.ops > 1 {
		h.stain(cutover.Overlapped, false)
	}
	if h.idle != nil {
		j.idle.Remove(h.idle)
		h.idle = nil
	}
	if h.phase == leaving { // it is still open
		h.phase = open
		delete(j.queue.leaves, h)
	}
}

// drop counts an operation out.
func (j *Journal) drop(h *hold) {
	if h.ops--; h.ops == 0 {
		j.rest(h)
	}
}

// rest decides what becomes of a hold that no operation uses.
func (j *Journal) rest(h *hold) {
	if h.withdrawn { // those that overlapped have written nothing
		h.dirty = ""
	}
	switch {
	case h.phase == over:
	case h.phase == opening: // the statement's result decides
	case h.phase == joining && h.withdrawn && !h.unsure:
		j.forget(h)
	case h.phase == joining, h.restless, h.wanted, h.dirty != "", j.closing, j.config.Linger == 0,
		h.flag.conflicted(j.now()):
		j.leave(h)
	default:
		h.since = j.now()
		h.idle = j.idle.PushBack(h)
		j.wakeLater()
	}
}

func (h *hold) stain(why cutover.DirtyReason, late bool) {
	if why != "" {
		h.dirty = why
	}
	h.late = h.late || late
}

// leave queues a hold to be left.
func (j *Journal) leave(h *hold) {
	if h.idle != nil {
		j.idle.Remove(h.idle)
		h.idle = nil
	}
	h.phase = leaving
	j.queue.leaves[h] = struct{}{}
	j.wakeLater()
	if h.wanted || len(j.queue.leaves) >= flushMost {
		j.kick()
	}
}

// forget takes a hold out of the table.
func (j *Journal) forget(h *hold) {
	if h.phase == over {
		return
	}
	if h.idle != nil {
		j.idle.Remove(h.idle)
		h.idle = nil
	}
	delete(j.queue.leaves, h)
	h.phase = over
	if j.holds[h.row] == h {
		delete(j.holds, h.row)
	}
	close(h.gone)
}

// leaveIdle leaves the idle holds that are chosen.
func (j *Journal) leaveIdle(chosen func(*hold) bool) {
	for e := j.idle.Front(); e != nil; {
		h := e.Value.(*hold) //nolint:forcetypeassert // the list holds nothing else
		e = e.Next()
		if chosen(h) {
			j.leave(h)
		}
	}
}

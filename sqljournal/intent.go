package sqljournal

import (
	"github.com/gocutover/cutover"
)

// intent is an operation. The goroutine of the operation owns it.
type intent struct {
	journal *Journal
	write   cutover.JournalWrite
	rows    []row
	flag    *flag
	lease   *lease
	holds   []*hold
	epoch   cutover.Epoch

	// joins is true if a transaction of the caller's is to make the intent durable, and joined if
	// one was told to.
	joins, joined bool
	// byTx is true if Begin made nothing durable.
	byTx bool
	// alone is true if a row of it was locked, so that it must not hold up others.
	alone bool
}

// Check implements [cutover.Intent].
func (in *intent) Check() error {
	switch {
	case !in.lease.held(in.journal.now()):
		return cutover.ErrLeaseLost
	case in.joins && !in.joined:
		return cutover.ErrNotJoined
	}
	return nil
}

// End implements [cutover.Intent].
func (in *intent) End(end cutover.IntentEnd) {
	j := in.journal
	lost := !in.lease.held(j.now())
	switch {
	case end.Dirty != "":
	case lost:
		end.Dirty = cutover.OwnerLost
	case end.Late:
		end.Dirty = cutover.SecondaryLate
	case in.joins && !in.joined:
		end.Dirty = cutover.NotJournaled
	}
	end.Late = end.Late || lost
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, h := range in.holds {
		if end.Dirty != "" {
			h.stain(end.Dirty, end.Late)
			if h.phase == over {
				j.queue.add(h.mark())
				j.wakeLater()
			}
		}
		j.drop(h)
	}
}

// Epoch implements [cutover.Intent].
func (in *intent) Epoch() cutover.Epoch { return in.epoch }

// withdraw ends an operation that has written nothing.
func (in *intent) withdraw() {
	j := in.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, h := range in.holds {
		if h.opener != nil && h.opener.op == in {
			h.opener.abandoned = true
			if h.opener.settles {
				j.release(h.opener, false)
			}
		}
		j.drop(h)
	}
	in.holds = nil
}

package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gocutover/cutover"
)

// Tx is a transaction in the journal's database. [sql.Tx] is one, and so is a [sql.Conn] on which
// one was begun.
type Tx interface {
	// QueryContext runs a statement that returns rows.
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var errForeign = errors.New("the write has an intent of another journal")

// JoinTx makes the intent of the write that is under way durable together with a transaction of the
// authoritative write, before that commits. Further records are those that the transaction turned
// out to write beside the ones that the write was begun with. It costs one statement and no commit.
//
// It does nothing for a write that has no intent: one that goes to one system only, or without the
// journal. It must be called again for a transaction that is tried again. If a record has to be
// settled first, it returns a [cutover.ErrUnsettled]: roll back, and try the whole write again.
//
// On PostgreSQL an error of the statement spoils the transaction, so that all that is left is to
// roll it back. JoinTx locks the rows of the records until the transaction ends: transactions that
// write the same records one after the other need the same order.
func (j *Journal) JoinTx(ctx context.Context, tx Tx, more ...cutover.RecordKey) error {
	current := cutover.IntentFrom(ctx)
	if current == nil {
		return nil
	}
	in, ok := current.(*intent)
	if !ok || in.journal != j {
		return fmt.Errorf("join a transaction: %w", errForeign)
	}
	if err := in.join(ctx, tx, more); err != nil {
		return fmt.Errorf("join a transaction: %w", err)
	}
	return nil
}

func (in *intent) join(ctx context.Context, tx Tx, more []cutover.RecordKey) error {
	j := in.journal
	if !in.lease.held(j.now()) {
		return cutover.ErrLeaseLost
	}
	var rows []row
	records := more
	if in.byTx {
		records = append(append(records[:0:0], in.write.Records...), more...)
	}
	rows, err := rowsOf(in.write.Flag, records)
	if err != nil || len(rows) == 0 {
		return err
	}
	in.joins, in.joined = true, false
	if err := in.countMore(ctx, rows); err != nil {
		return err
	}
	tokens := in.tokens()
	items := make([]item, len(rows))
	for i, r := range rows {
		items[i] = r.item()
		items[i].Origin, items[i].Token = string(in.write.From), tokens[r]
	}
	fresh, err := j.joinFresh(ctx, tx, items)
	if err == nil && !fresh {
		err = in.joinFound(ctx, tx, items)
	}
	if err != nil {
		return err
	}
	in.joined = true
	return nil
}

// joinFresh opens rows that are not there yet, and reports whether that were all.
func (j *Journal) joinFresh(ctx context.Context, tx Tx, items []item) (bool, error) {
	if j.begins.foundOften() {
		return false, nil
	}
	st := j.store.texts.freshJoin
	if len(items) == 1 {
		st = j.store.texts.freshOneJoin
	}
	n := 0
	err := j.store.queryOnce(ctx, tx, st, freshArgs(items), func(*sql.Rows) error { n++; return nil })
	if err != nil {
		return false, err
	}
	return j.begins.fresh(n == len(items)), nil
}

// joinFound opens rows that may be there.
func (in *intent) joinFound(ctx context.Context, tx Tx, items []item) error {
	j := in.journal
	tokens := in.tokens()
	left := len(items)
	conflict := false
	err := j.store.queryOnce(ctx, tx, j.store.texts.join, beginArgs(items), func(r *sql.Rows) error {
		var f found
		err := f.scan(r)
		if strings.Contains(f.open, tokens[f.row]) && !f.settling {
			left--
		}
		conflict = conflict || f.wanted > 0
		return err
	})
	if err != nil {
		return err
	}
	if left > 0 || conflict {
		j.mu.Lock()
		j.meet(in.flag)
		j.mu.Unlock()
	}
	if left > 0 {
		return cutover.ErrUnsettled
	}
	return nil
}

func (in *intent) tokens() map[row]string {
	tokens := make(map[row]string, len(in.holds))
	for _, h := range in.holds {
		tokens[h.row] = h.token
	}
	return tokens
}

// countMore counts the operation in at records that it did not begin with.
func (in *intent) countMore(ctx context.Context, rows []row) error {
	j := in.journal
	for start := j.now(); ; {
		found := in.countSome(rows)
		switch {
		case found == admitted:
			return nil
		case found == busy:
			return cutover.ErrUnsettled
		case j.now()-start > j.config.BeginTimeout:
			return fmt.Errorf("%w: %w", cutover.ErrJournal, errHeld)
		}
		if err := wait(ctx, 2*time.Millisecond); err != nil {
			return err
		}
	}
}

func (in *intent) countSome(rows []row) outcome {
	j := in.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	mine := in.tokens()
	for _, r := range rows {
		if h := j.holds[r]; mine[r] == "" {
			if found := j.ask(h, in); found != admitted {
				return found
			}
		}
	}
	for _, r := range rows {
		if mine[r] != "" {
			continue
		}
		h := j.holds[r]
		if h == nil {
			h = j.newHold(r, in)
		}
		j.use(h)
		h.withdrawn = false
		in.holds = append(in.holds, h)
	}
	return admitted
}

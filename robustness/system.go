//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// system is one of the two databases. Every write tells the database until when it is valid, so
// that a process that was stopped cannot write long after.
type system struct {
	db               *sql.DB
	put, delete, get string
	points           *points
	join             func(ctx context.Context, tx *sql.Tx) error // nil if writes join no journal
}

const (
	valid    = `WITH t AS MATERIALIZED (SELECT clock_timestamp() < to_timestamp($2::double precision) AS valid), w AS (`
	makeOld  = `CREATE TABLE IF NOT EXISTS records (key text PRIMARY KEY, value text NOT NULL)`
	makeNew  = `CREATE TABLE IF NOT EXISTS documents (id text PRIMARY KEY, body text NOT NULL)`
	allOfOld = `SELECT key, value FROM records`
	allOfNew = `SELECT id, body FROM documents`
	emptyOld = `TRUNCATE records`
	emptyNew = `TRUNCATE documents`
	putOld   = valid + `INSERT INTO records (key, value) SELECT k, $3 FROM t, unnest($1::text[]) AS k WHERE valid ORDER BY k
		ON CONFLICT (key) DO UPDATE SET value = excluded.value) SELECT valid FROM t`
	putNew = valid + `INSERT INTO documents (id, body) SELECT k, $3 FROM t, unnest($1::text[]) AS k WHERE valid ORDER BY k
		ON CONFLICT (id) DO UPDATE SET body = excluded.body) SELECT valid FROM t`
	deleteOld = valid + `DELETE FROM records USING t WHERE valid AND key = ANY($1::text[])) SELECT valid FROM t`
	deleteNew = valid + `DELETE FROM documents USING t WHERE valid AND id = ANY($1::text[])) SELECT valid FROM t`
)

func newSystem(db *sql.DB, which ldmigration.Origin, p *points) *system {
	if which == ldmigration.Old {
		return &system{db: db, put: putOld, delete: deleteOld, get: `SELECT value FROM records WHERE key = $1`, points: p}
	}
	return &system{db: db, put: putNew, delete: deleteNew, get: `SELECT body FROM documents WHERE id = $1`, points: p}
}

// change is what a writer writes: one value for some keys, or their deletion.
type change struct {
	keys    []string
	value   string
	deletes bool
}

var errTooLate = errors.New("the write came too late to be valid")

type (
	beganKey struct{} // of the time at which an operation began
	untilKey struct{} // of the time until which a late write is valid
)

// validUntil returns until when a write of an operation may take effect. The operation began before
// its intent did.
func validUntil(ctx context.Context) time.Time {
	if until, ok := ctx.Value(untilKey{}).(time.Time); ok {
		return until
	}
	if began, ok := ctx.Value(beganKey{}).(time.Time); ok {
		return began.Add(validFor)
	}
	if deadline, ok := ctx.Deadline(); ok { // of a repair, which checks its claim after that was set
		return deadline.Add(validFor - repairTimeout)
	}
	return time.Now()
}

// write makes a change, in a transaction with the journal's intent if the writer joins them.
func (s *system) write(ctx context.Context, c change) error {
	before, after := pointsOf(ctx)
	s.points.pass(before)
	defer s.points.pass(after)
	call, _ := cutover.CallFrom(ctx)
	joins := s.join != nil && call.Purpose == cutover.Serving
	switch {
	case !joins && s.points.isLate(before):
		return s.later(ctx, c)
	case !joins:
		dawdle(call.Purpose)
		return s.run(ctx, s.db, c)
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// The fenced statement comes last: only the commit can follow late, and the server bounds that.
	if err = s.join(ctx, tx); err == nil {
		err = s.run(ctx, tx, c)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// dawdle makes some secondary writes slow, so that they overtake each other.
func dawdle(purpose cutover.Purpose) {
	if purpose == cutover.Following && rand.IntN(4) == 0 {
		time.Sleep(rand.N(20 * time.Millisecond))
	}
}

var errLate = errors.New("connection lost: the write takes effect later, or not at all")

// later fails, and makes the change when its caller has gone on, as a network can. It aims at one
// kind of write, which the proxy cannot.
func (s *system) later(ctx context.Context, c change) error {
	until := validUntil(ctx)
	go func() { //nolint:gosec // the caller's context ends before this write
		time.Sleep(rand.N(max(time.Until(until), 1)))
		ctx, cancel := context.WithDeadline(context.WithValue(context.Background(), untilKey{}, until), until.Add(statementTimeout))
		defer cancel()
		if s.run(ctx, s.db, c) == nil {
			s.points.history.event(event{Kind: landed})
		}
	}()
	return errLate
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (s *system) run(ctx context.Context, q queryer, c change) error {
	until := float64(validUntil(ctx).UnixMicro()) / 1e6
	query, args := s.put, []any{c.keys, until, c.value}
	if c.deletes {
		query, args = s.delete, args[:2]
	}
	var valid bool
	if err := q.QueryRowContext(ctx, query, args...).Scan(&valid); err != nil {
		return err
	}
	if !valid {
		return errTooLate
	}
	return nil
}

// read returns the value of a record, or [sql.ErrNoRows].
func (s *system) read(ctx context.Context, key string) (value string, err error) {
	err = s.db.QueryRowContext(ctx, s.get, key).Scan(&value)
	return value, err
}

// records describes the system to the repair.
func (s *system) records() reconcile.System[string, string] {
	plain := &system{db: s.db, put: s.put, delete: s.delete, get: s.get, points: s.points}
	return reconcile.System[string, string]{
		Get: reconcile.NotFound[string, string](plain.read, sql.ErrNoRows),
		Put: func(ctx context.Context, key, value string) error {
			return plain.write(ctx, change{keys: []string{key}, value: value})
		},
		Delete: func(ctx context.Context, key string) error {
			return plain.write(ctx, change{keys: []string{key}, deletes: true})
		},
	}
}

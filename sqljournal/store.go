package sqljournal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// querier is a connection or a transaction.
type querier interface {
	Tx
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// store runs statements.
type store struct {
	translator
	db    *sql.DB
	clock *clock
	texts statements
	// turn is held by the statement that writes, in SQLite, which has one writer.
	turn chan struct{}
	ran  atomic.Int64 // statements
	pool prepared
}

func newStore(db *sql.DB, c Config) *store {
	t := newTranslator(c)
	return &store{translator: t, db: db, clock: c.clock, texts: newStatements(t), turn: make(chan struct{}, 1), pool: prepared{db: db}}
}

// item is a row in the JSON that is a statement's parameter.
type item struct {
	Flag   string `json:"f"`
	Kind   string `json:"k"`
	Key    string `json:"r"`
	Origin string `json:"o,omitempty"`
	Token  string `json:"m,omitempty"`
	Dirty  string `json:"d"`
	Number int64  `json:"n"`
	Wrote  int    `json:"w"`
	Late   int    `json:"l"`
	One    int    `json:"v"`
}

func (r row) item() item { return item{Flag: r.flag, Kind: r.kind, Key: r.key, One: 1} }

func encode(items any) string {
	text, err := json.Marshal(items)
	if err != nil {
		panic(fmt.Sprintf("sqljournal: %v", err)) // strings and numbers
	}
	return string(text)
}

// offset is the parameter clock.
func (s *store) offset() int64 {
	if s.dialect == SQLite {
		return time.Now().Add(s.clock.offset()).UnixMilli()
	}
	return s.clock.offset().Milliseconds()
}

// direct is what runs statements that are in no transaction.
func (s *store) direct() querier {
	if s.dialect == SQLite {
		return &s.pool
	}
	return s.db
}

// query runs a statement, again if it lost a race, and scans its rows. Scan is called anew for each
// try, after reset.
func (s *store) query(ctx context.Context, st statement, a args, reset func(), scan func(*sql.Rows) error) error {
	return s.retry(ctx, func() error {
		if reset != nil {
			reset()
		}
		return s.queryOnce(ctx, nil, st, a, scan)
	})
}

func (s *store) queryOnce(
	ctx context.Context, q Tx, st statement, a args, scan func(*sql.Rows) error,
) (err error) {
	s.ran.Add(1)
	if q == nil {
		q = s.direct()
	}
	rows, err := q.QueryContext(ctx, st.text, st.values(a, s.offset())...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// execute runs a statement and returns how many rows it changed.
func (s *store) execute(ctx context.Context, st statement, a args) (int64, error) {
	var changed int64
	err := s.retry(ctx, func() error {
		var err error
		changed, err = s.executeOnce(ctx, nil, st, a)
		return err
	})
	return changed, err
}

func (s *store) executeOnce(ctx context.Context, q querier, st statement, a args) (int64, error) {
	s.ran.Add(1)
	if q == nil {
		q = s.direct()
	}
	result, err := q.ExecContext(ctx, st.text, st.values(a, s.offset())...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// transaction runs statements in a transaction that can write from its start.
func (s *store) transaction(ctx context.Context, run func(tx querier) error) error {
	return s.retry(ctx, func() (err error) {
		if s.dialect != SQLite {
			tx, err := s.db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if err := run(tx); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			return tx.Commit()
		}
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, conn.Close()) }()
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		err = run(conn)
		if err == nil {
			_, err = conn.ExecContext(ctx, "COMMIT")
		}
		if err != nil {
			// The connection goes back to the pool, so that its transaction has to end even if ctx has.
			_, undone := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return errors.Join(err, undone)
		}
		return nil
	})
}

// retry runs something until it has not lost a race, or ctx ends.
func (s *store) retry(ctx context.Context, run func() error) error {
	if s.dialect == SQLite {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for pause := time.Millisecond; ; pause = min(2*pause, 4*time.Millisecond) {
		err := run()
		if err == nil || s.dialect.diagnose(err) != again {
			return err
		}
		if pauseErr := wait(ctx, pause); pauseErr != nil {
			return errors.Join(pauseErr, err)
		}
	}
}

// wait returns after about a time, or with the cause of the context's end.
func wait(ctx context.Context, about time.Duration) error {
	timer := time.NewTimer(about/2 + rand.N(about))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

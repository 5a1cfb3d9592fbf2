package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// prepared runs statements that it keeps prepared. SQLite takes longer to understand the journal's
// statements than to run them. Drivers of PostgreSQL keep them by themselves, if the way to the
// server allows that.
type prepared struct {
	db *sql.DB

	mu         sync.Mutex
	statements map[string]*sql.Stmt
}

func (p *prepared) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if st, ok := p.statements[query]; ok {
		return st, nil
	}
	st, err := p.db.PrepareContext(ctx, query) //nolint:sqlclosecheck // close does
	if err != nil {
		return nil, err
	}
	if p.statements == nil {
		p.statements = map[string]*sql.Stmt{}
	}
	p.statements[query] = st
	return st, nil
}

// QueryContext implements [Tx].
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := p.prepare(ctx, query) //nolint:sqlclosecheck // close does
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// ExecContext runs a statement.
func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := p.prepare(ctx, query) //nolint:sqlclosecheck // close does
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, st := range p.statements {
		err = errors.Join(err, st.Close())
	}
	clear(p.statements)
	return err
}

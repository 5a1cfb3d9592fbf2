package sqljournal_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	_ "modernc.org/sqlite"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

// Order is what the example's service keeps.
type Order struct {
	ID    string
	Cents int
}

// shelf is a system of the example: it may be down.
type shelf struct {
	mu     sync.Mutex
	orders map[string]Order
	down   bool
}

func (s *shelf) use(do func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errors.New("down")
	}
	do()
	return nil
}

func (s *shelf) Save(ctx context.Context, o Order) error { return s.Put(ctx, o.ID, o) }

func (s *shelf) Put(_ context.Context, id string, o Order) error {
	return s.use(func() { s.orders[id] = o })
}

func (s *shelf) Delete(_ context.Context, id string) error {
	return s.use(func() { delete(s.orders, id) })
}

func (s *shelf) Find(_ context.Context, id string) (o Order, found bool, err error) {
	err = s.use(func() { o, found = s.orders[id] })
	return o, found, err
}

func (s *shelf) isDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A write that one system missed is known, and repaired.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	dir, err := os.MkdirTemp("", "journal")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "journal")+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
	check(err)
	defer func() { _ = db.Close() }()
	config := sqljournal.Config{Dialect: sqljournal.SQLite, LateBound: 1} // for a quick example
	check(sqljournal.Migrate(ctx, db, config))
	old, new := &shelf{orders: map[string]Order{}}, &shelf{orders: map[string]Order{}}
	client := cutovertest.NewClient(ldmigration.Shadow)
	shop := ldcontext.NewWithKind("shop", "corner")

	kind, err := reconcile.NewKind("order", reconcile.Pair[string, Order]{
		Old: reconcile.System[string, Order]{Get: old.Find, Put: old.Put, Delete: old.Delete},
		New: reconcile.System[string, Order]{Get: new.Find, Put: new.Put, Delete: new.Delete},
	})
	check(err)
	journal, err := sqljournal.Open(ctx, db, config) // of PostgreSQL or SQLite; Migrate has run
	check(err)
	orders, err := cutover.New(client, "orders-to-postgres").Journal(journal, kind).Build()
	check(err)
	save, err := cutover.NewWriter(orders, old.Save, new.Save).
		Records(cutover.Key(func(o Order) string { return o.ID })).Build()
	check(err)
	repair, err := reconcile.NewRepair(journal, "orders-to-postgres", reconcile.RepairConfig{}, kind)
	check(err)
	go repair.Run(ctx) // in every instance, until ctx ends

	new.isDown(true)
	check(save.Write(ctx, shop, Order{"o-1", 1999})) // the caller does not notice
	new.isDown(false)
	check(repair.Drain(ctx))
	status, err := repair.Status(ctx)
	check(err)
	fmt.Println(status.Dirty, status.Open, status.Parked, status.Gaps)
	fmt.Println(new.orders)
	check(journal.Close(ctx))
	// Output:
	// 0 0 0 []
	// map[o-1:{o-1 1999}]
}

func ExampleStatements() {
	statements, err := sqljournal.Statements(sqljournal.Config{Dialect: sqljournal.PostgreSQL, Prefix: "journal_"})
	check(err)
	fmt.Println(statements[0])
	// Output:
	// CREATE TABLE IF NOT EXISTS "journal_version" (version integer NOT NULL PRIMARY KEY)
}

package cutover_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/cutovertest"
)

// The programs of README.md and docs. They stand here too, so that they compile and print what the
// pages say.

// Database is what the service needs of either database. A missing order is sql.ErrNoRows.
type Database interface {
	Order(ctx context.Context, id string) (Order, error)
	Save(ctx context.Context, order Order) error
}

type Orders struct {
	order *cutover.Reader[string, Order]
	save  *cutover.Writer[Order]
}

func NewOrders(client cutover.FlagClient, log *slog.Logger, old, new Database) (*Orders, error) {
	c, err := cutover.New(client, "orders-to-postgres").Logger(log).Build()
	if err != nil {
		return nil, err
	}
	order, err := cutover.NewReader(c, old.Order, new.Order).
		CompareEqual().NotFound(sql.ErrNoRows).Build()
	if err != nil {
		return nil, err
	}
	save, err := cutover.NewWriter(c, old.Save, new.Save).
		SerializeBy(cutover.Key(func(o Order) string { return o.ID })).Build()
	if err != nil {
		return nil, err
	}
	return &Orders{order, save}, nil
}

func (o *Orders) Order(ctx context.Context, tenant, id string) (Order, error) {
	return o.order.Read(ctx, ldcontext.NewWithKind("tenant", tenant), id)
}

func (o *Orders) Save(ctx context.Context, tenant string, order Order) error {
	return o.save.Write(ctx, ldcontext.NewWithKind("tenant", tenant), order)
}

// inMemory is a Database.
type inMemory map[string]Order

func (m inMemory) Order(_ context.Context, id string) (Order, error) {
	order, ok := m[id]
	if !ok {
		return Order{}, sql.ErrNoRows
	}
	return order, nil
}

func (m inMemory) Save(_ context.Context, order Order) error {
	m[order.ID] = order
	return nil
}

func (m inMemory) All(context.Context) (map[string]Order, error) { return maps.Clone(m), nil }

func (m inMemory) list(context.Context, string) ([]Order, error) {
	return slices.Collect(maps.Values(m)), nil
}

var (
	ctx     = context.Background()
	discard = slog.New(slog.DiscardHandler)
	acme    = ldcontext.NewWithKind("tenant", "acme")
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func Example_readme() {
	client := cutovertest.NewClient(ldmigration.Shadow)
	orders, err := NewOrders(client, discard, inMemory{}, inMemory{})
	check(err)
	check(orders.Save(ctx, "acme", Order{"o-1", 1999}))
	fmt.Println(orders.Order(ctx, "acme", "o-1"))
	// Output: {o-1 1999} <nil>
}

func Example_stages() {
	var called []string
	in := func(system string) func(context.Context, string) (string, error) {
		return func(context.Context, string) (string, error) {
			called = append(called, system)
			return "from " + system, nil
		}
	}
	client := cutovertest.NewClient(ldmigration.Off)
	c, err := cutover.New(client, "orders-to-postgres").
		ReadOrder(ldmigration.Serial).Logger(discard).Build()
	check(err)
	read, err := cutover.NewReader(c, in("old"), in("new")).Build()
	check(err)
	write, err := cutover.NewReturningWriter(c, in("old"), in("new")).Build()
	check(err)

	for _, stage := range cutovertest.Stages() {
		client.SetStage(stage)
		called = nil
		result, err := read.Read(ctx, acme, "o-1")
		check(err)
		reads := called
		called = nil
		_, err = write.Write(ctx, acme, "o-1")
		check(err)
		fmt.Printf("%-9s reads %v, writes %v, answer %s\n", stage, reads, called, result)
	}
	// Output:
	// off       reads [old], writes [old], answer from old
	// dualwrite reads [old], writes [old new], answer from old
	// shadow    reads [old new], writes [old new], answer from old
	// live      reads [new old], writes [new old], answer from new
	// rampdown  reads [new], writes [new old], answer from new
	// complete  reads [new], writes [new], answer from new
}

// pinned lets each request see one stage from its beginning to its end.
func pinned(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(cutover.Pin(r.Context())))
	})
}

var _ = pinned

// contextOf says for whom the flag is evaluated: the tenant that the order belongs to.
func contextOf(tenant string) ldcontext.Context {
	return ldcontext.NewWithKind("tenant", tenant)
}

// If the data is not divided, everybody shares one constant context.
var wholeService = ldcontext.NewWithKind("service", "orders")

func Example_whom() {
	client := cutovertest.NewClient(ldmigration.Shadow)
	client.Flag("orders-to-postgres").StageFor(ldmigration.Live, contextOf("acme"))
	c, err := cutover.New(client, "orders-to-postgres").Build()
	check(err)

	for _, who := range []ldcontext.Context{contextOf("acme"), contextOf("globex"), wholeService} {
		stage, err := c.Stage(ctx, who)
		fmt.Println(who.Key(), stage, err)
	}
	// Output:
	// acme live <nil>
	// globex shadow <nil>
	// orders shadow <nil>
}

func Example_hanging() {
	hangs := func(ctx context.Context, _ string) (Order, error) {
		<-ctx.Done()
		return Order{}, ctx.Err()
	}
	c, err := cutover.New(cutovertest.NewClient(ldmigration.Shadow), "orders-to-postgres").
		SecondaryTimeout(20 * time.Millisecond).
		Build()
	check(err)
	getOrder, err := cutover.NewReader(c, inMemory{"o-1": {"o-1", 1999}}.Order, hangs).Build()
	check(err)

	detail := getOrder.ReadDetail(ctx, acme, "o-1")
	order, err := detail.Result()
	fmt.Println(order, err)
	fmt.Println(errors.Is(detail.New.Err, cutover.ErrSecondaryTimeout))
	// Output:
	// {o-1 1999} <nil>
	// true
}

func Example_lateWrite() {
	release := make(chan struct{})
	legacy, postgres := inMemory{}, inMemory{}
	stuck := cutovertest.Write(postgres.Save, cutovertest.First(1, cutovertest.HangUntil(release)))

	c, err := cutover.New(cutovertest.NewClient(ldmigration.DualWrite), "orders-to-postgres").
		SecondaryTimeout(20 * time.Millisecond).
		Build()
	check(err)
	saveOrder, err := cutover.NewWriter(c, legacy.Save, stuck).
		SerializeBy(cutover.Key(func(o Order) string { return o.ID })).
		Build()
	check(err)

	first := saveOrder.WriteDetail(ctx, acme, Order{"o-1", 1999})
	fmt.Println("timed out:", errors.Is(first.New.Err, cutover.ErrSecondaryTimeout))
	second := saveOrder.WriteDetail(ctx, acme, Order{"o-1", 2499})
	fmt.Println("skipped:", errors.Is(second.New.Err, cutover.ErrSecondarySkipped))
	close(release) // the new database recovers, and the first write arrives after all
	check(c.Close(ctx))
	fmt.Println("old:", legacy["o-1"], "new:", postgres["o-1"])
	// Output:
	// timed out: true
	// skipped: true
	// old: {o-1 2499} new: {o-1 1999}
}

func Example_settings() {
	client := cutovertest.NewClient(ldmigration.Live)
	legacy, postgres := inMemory{"o-1": {"o-1", 1999}}, inMemory{}
	unreachable := cutovertest.Read(postgres.Order, cutovertest.Fail(errors.New("no connection")))

	c, err := cutover.New(client, "orders-to-postgres").
		SecondaryTimeout(2 * time.Second). // for all readers and writers that do not say otherwise
		MaxBackground(50).                 // for reads, and as many for writes
		ReturnAtDeadline().
		Logger(discard).
		Build()
	check(err)
	getOrder, err := cutover.NewReader(c, legacy.Order, unreachable).
		SecondaryTimeout(200 * time.Millisecond).
		NotFound(sql.ErrNoRows).
		FallBack(func(failed ldmigration.Origin, err error) bool {
			return failed == ldmigration.New && !errors.Is(err, context.Canceled)
		}).
		Build()
	check(err)

	detail := getOrder.ReadDetail(ctx, acme, "o-1")
	order, err := detail.Result()
	fmt.Println(order, err, "fell back:", detail.FellBack)
	// Output: {o-1 1999} <nil> fell back: true
}

type Line struct {
	SKU   string
	Cents int
}

type Invoice struct {
	ID      string
	SavedAt time.Time
	Lines   []Line
}

func Example_comparing() {
	old := func(context.Context, string) (Invoice, error) {
		return Invoice{"i-1", time.Now(), []Line{{"pen", 120}, {"ink", 435}}}, nil
	}
	new := func(context.Context, string) (Invoice, error) {
		return Invoice{"i-1", time.Now(), []Line{{"ink", 434}, {"pen", 120}}}, nil
	}
	client := cutovertest.NewClient(ldmigration.Shadow)
	c, err := cutover.New(client, "invoices-to-postgres").Build()
	check(err)
	getInvoice, err := cutover.NewReader(c, old, new).
		CompareDeep(compare.Ignore("SavedAt"), compare.KeyedBy("Lines", "SKU")).
		NotFound(sql.ErrNoRows).
		Build()
	check(err)

	detail := getInvoice.ReadDetail(ctx, acme, "i-1")
	fmt.Println(detail.Consistency)
	for _, difference := range detail.Differences {
		fmt.Println(difference)
	}
	// Output:
	// inconsistent
	// Lines["ink"].Cents: 435 -> 434
}

func Example_notFound() {
	legacy, postgres := inMemory{}, inMemory{"o-1": {"o-1", 1999}} // a delete failed in the new one
	c, err := cutover.New(cutovertest.NewClient(ldmigration.Shadow), "orders-to-postgres").Build()
	check(err)
	getOrder, err := cutover.NewReader(c, legacy.Order, postgres.Order).
		CompareEqual().
		NotFound(sql.ErrNoRows).
		Build()
	check(err)

	for _, id := range []string{"o-1", "o-2"} {
		detail := getOrder.ReadDetail(ctx, acme, id)
		_, err := detail.Result()
		fmt.Println(id, detail.Consistency, err, detail.Differences)
	}
	// Output:
	// o-1 inconsistent sql: no rows in result set [(missing) -> {ID:"o-1" Cents:1999}]
	// o-2 consistent sql: no rows in result set []
}

func Example_lists() {
	legacy := inMemory{"o-1": {"o-1", 1999}, "o-2": {"o-2", 500}}
	postgres := inMemory{"o-1": {"o-1", 1999}, "o-2": {"o-2", 501}}
	client, recorder := cutovertest.NewClient(ldmigration.Shadow), &cutovertest.Recorder{}
	c, err := cutover.New(client, "orders-to-postgres").Observe(recorder).Build()
	check(err)

	id := func(o Order) string { return o.ID }
	listOrders, err := cutover.NewReader(c, legacy.list, postgres.list).
		Compare(compare.Rows(id, compare.Equal[Order]())).
		CompareRowsBetweenWrites().
		RevealKey(cutover.Key(func(tenant string) string { return tenant })).
		Build()
	check(err)
	saveOrder, err := cutover.NewWriter(c, legacy.Save, postgres.Save).
		SerializeBy(cutover.Key(id)).
		Build()
	check(err)

	_, err = listOrders.Read(ctx, acme, "acme")
	check(err)
	fmt.Println("differ:", recorder.Observations()[0].Shown.Keys)
	check(saveOrder.Write(ctx, acme, Order{"o-2", 501})) // both have it now
	_, err = listOrders.Read(ctx, acme, "acme")
	check(err)
	fmt.Println(recorder.Observations()[2].Consistency)
	// Output:
	// differ: [o-2]
	// consistent
}

func Example_doubts() {
	legacy, postgres := inMemory{"o-1": {"o-1", 435}}, inMemory{"o-1": {"o-1", 434}}
	client, recorder := cutovertest.NewClient(ldmigration.Shadow), &cutovertest.Recorder{}
	c, err := cutover.New(client, "orders-to-postgres").Observe(recorder).Build()
	check(err)

	getOrder, err := cutover.NewReader(c, legacy.Order, postgres.Order).
		CompareEqual().
		CompareBetweenWrites(cutover.Key(func(id string) string { return id })).
		Recheck(10*time.Millisecond, 20*time.Millisecond).
		Ignore("a cent lost to rounding", func(old, new Order) bool {
			return math.Abs(float64(old.Cents-new.Cents)) == 1
		}).
		Build()
	check(err)

	_, err = getOrder.Read(ctx, acme, "o-1")
	check(err)
	check(c.Close(ctx))
	observed := recorder.Observations()[0]
	fmt.Printf("%s: %s\n", observed.Consistency, observed.IgnoredBy)
	// Output: ignored: a cent lost to rounding
}

func TestTheOldDatabaseAnswersAtShadow(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.Shadow)
	legacy, postgres := inMemory{"o-1": {"o-1", 1999}}, inMemory{"o-1": {"o-1", 2000}}
	orders, err := NewOrders(client, discard, legacy, postgres)
	require.NoError(t, err)

	order, err := orders.Order(t.Context(), "acme", "o-1")
	require.NoError(t, err)
	require.Equal(t, 1999, order.Cents)
	cutovertest.AssertEvent(t, client.OnlyEvent(t), cutovertest.Failed(),
		cutovertest.Invoked(ldmigration.Old, ldmigration.New), cutovertest.Inconsistent())
}

// broken is a Database with a fault in its writes.
type broken struct {
	Database
	fault cutovertest.Fault
}

func (b broken) Save(ctx context.Context, order Order) error {
	return cutovertest.Write(b.Database.Save, b.fault)(ctx, order)
}

func TestAFullDiskInTheNewDatabaseIsNoErrorOfACaller(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.DualWrite)
	full := cutovertest.EveryNth(2, cutovertest.Fail(errors.New("disk full")))
	orders, err := NewOrders(client, discard, inMemory{}, broken{inMemory{}, full})
	require.NoError(t, err)

	require.NoError(t, orders.Save(t.Context(), "acme", Order{"o-1", 1999}))
	require.NoError(t, orders.Save(t.Context(), "acme", Order{"o-2", 500}))
	events := client.Events()
	cutovertest.AssertEvent(t, events[0], cutovertest.Failed())
	cutovertest.AssertEvent(t, events[1], cutovertest.Failed(ldmigration.New))
}

// exercised is a Database made of the functions that Exercise gives.
type exercised struct {
	cutovertest.System[string, Order, Order]
}

func (e exercised) Order(ctx context.Context, id string) (Order, error) { return e.Read(ctx, id) }
func (e exercised) Save(ctx context.Context, order Order) error         { return e.Write(ctx, order) }

func TestOrdersSurviveTheWholeMigration(t *testing.T) {
	t.Parallel()
	type (
		system  = cutovertest.System[string, Order, Order]
		systems = cutovertest.Systems[string, Order, Order]
		service = cutovertest.Service[string, Order, Order]
	)
	database := func() system {
		m := inMemory{}
		return system{Read: m.Order, Write: m.Save, List: m.All}
	}
	cutovertest.Exercise(t, cutovertest.Harness[string, Order, Order]{
		NewSystems: func() systems { return systems{Old: database(), New: database()} },
		Payload:    cutovertest.Samples(Order{"o-1", 1999}, Order{"o-2", 500}, Order{"o-1", 2499}),
		Key:        func(order Order) string { return order.ID },
		NewService: func(client cutover.FlagClient, old, new system) (service, error) {
			orders, err := NewOrders(client, discard, exercised{old}, exercised{new})
			if err != nil {
				return service{}, err
			}
			return service{
				Read: func(ctx context.Context, id string) (Order, error) {
					return orders.Order(ctx, "acme", id)
				},
				Write: func(ctx context.Context, order Order) error {
					return orders.Save(ctx, "acme", order)
				},
			}, nil
		},
	})
}

// toRepair keeps the keys of the records that differ, and why.
type toRepair struct {
	mu   sync.Mutex
	keys map[string]string
}

func (r *toRepair) Observe(_ context.Context, o cutover.Observation) {
	answered, secondary := o.Old, o.New
	if o.Authoritative == ldmigration.New {
		answered, secondary = o.New, o.Old
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range o.Shown.Keys {
		switch {
		case o.Consistency == cutover.Inconsistent:
			r.keys[key] = "differs"
		case o.Operation == ldmigration.Write && answered.Err == nil && secondary.Err != nil:
			r.keys[key] = "write missed: " + secondary.Err.Error()
		case o.Operation == ldmigration.Write && answered.Err == nil && secondary.Invoked:
			delete(r.keys, key) // both have it now
		}
	}
}

func Example_observing() {
	client := cutovertest.NewClient(ldmigration.DualWrite)
	full := cutovertest.EveryNth(2, cutovertest.Fail(errors.New("disk full")))
	repair := &toRepair{keys: map[string]string{}}

	c, err := cutover.New(client, "orders-to-postgres").
		Observe(repair).
		Observe(cutover.LogObserver(discard)).
		Build()
	check(err)
	saveOrder, err := cutover.NewWriter(c, inMemory{}.Save, cutovertest.Write(inMemory{}.Save, full)).
		RevealKey(cutover.Key(func(o Order) string { return o.ID })).
		Build()
	check(err)

	for _, order := range []Order{{"o-1", 1999}, {"o-2", 500}, {"o-3", 750}} {
		check(saveOrder.Write(ctx, acme, order))
	}
	fmt.Println(repair.keys)
	// Output: map[o-2:write missed: disk full]
}

type Customer struct {
	ID, Name, Email string
}

func Example_revealing() {
	old := func(context.Context, string) (Customer, error) { return Customer{"c-1", "Ada", "ada@old"}, nil }
	new := func(context.Context, string) (Customer, error) { return Customer{"c-1", "ada", "ada@new"}, nil }
	client, recorder := cutovertest.NewClient(ldmigration.Shadow), &cutovertest.Recorder{}
	c, err := cutover.New(client, "customers-to-postgres").Observe(recorder).Build()
	check(err)

	getCustomer, err := cutover.NewReader(c, old, new).
		CompareDeep().
		RevealKey(cutover.Key(func(id string) string { return id })).
		Reveal(
			func(id string) any { return id },
			func(c Customer) Customer { c.Email = ""; return c }, // nobody is to see it
		).
		Build()
	check(err)

	_, err = getCustomer.Read(ctx, acme, "c-1")
	check(err)
	for _, d := range recorder.Observations()[0].Shown.Differences {
		fmt.Println(d.Path, d.Old, d.New, "redacted:", d.Redacted)
	}
	// Output:
	// Name Ada ada redacted: false
	// Email <nil> <nil> redacted: true
}

func Example_cost() {
	before, after := inMemory{"o-1": {"o-1", 1999}}, inMemory{"o-1": {"o-1", 1999}}
	client := cutovertest.NewClient(ldmigration.Shadow)
	c, err := cutover.New(client, "orders-to-another-cache").
		ReadOrder(ldmigration.Serial).
		SecondaryInline(). // both are maps in memory: they answer at once and never hang
		Build()
	check(err)
	cached, err := cutover.NewReader(c, before.Order, after.Order).CompareEqual().Build()
	check(err)
	fmt.Println(cached.ReadDetail(ctx, acme, "o-1").Consistency)
	// Output: consistent
}

func Example_bothAPIs() {
	client := cutovertest.NewClient(ldmigration.Shadow)
	dynamic := func(any) (any, error) { return "order", nil }
	typed := func(context.Context, string) (string, error) { return "order", nil }
	migrator, err := cutover.Migration(client).
		Read(dynamic, dynamic, nil).
		Write(dynamic, dynamic).
		Build()
	check(err)
	c, err := cutover.New(client, "orders-to-postgres").DefaultStage(ldmigration.Off).Build()
	check(err)
	getOrder, err := cutover.NewReader(c, typed, typed).Build()
	check(err)

	fmt.Println(migrator.Read("orders-to-postgres", acme, ldmigration.Off, "o-1").GetResult())
	fmt.Println(getOrder.Read(ctx, acme, "o-1"))
	// Output:
	// order
	// order <nil>
}

type Note struct {
	ID   int64
	Text string
}

func Example_payloads() {
	insert := func(nextID int64) func(context.Context, *Note) error {
		return func(_ context.Context, note *Note) error {
			note.ID = nextID // as "INSERT … RETURNING id" does
			return nil
		}
	}
	client := cutovertest.NewClient(ldmigration.DualWrite)
	c, err := cutover.New(client, "notes-to-postgres").Build()
	check(err)

	_, err = cutover.NewWriter(c, insert(7), insert(1)).Build()
	fmt.Println("without a clone:", errors.Is(err, cutover.ErrCloneRequired))

	addNote, err := cutover.NewWriter(c, insert(7), insert(1)).
		ClonePayload(func(n *Note) *Note { clone := *n; return &clone }).
		Build()
	check(err)
	note := &Note{Text: "milk"}
	check(addNote.Write(ctx, acme, note))
	fmt.Println("the caller has the old database's id:", note.ID)
	// Output:
	// without a clone: true
	// the caller has the old database's id: 7
}

// pager tells somebody when a change of the stage is dangerous.
type pager struct{}

func (pager) Observe(context.Context, cutover.Observation) {}

func (pager) ObserveStage(_ context.Context, change cutover.StageChange) {
	if change.Warning != "" {
		fmt.Printf("%s to %s: %s\n", change.From, change.To, change.Warning)
	}
}

func Example_moving() {
	client := cutovertest.NewClient(ldmigration.Complete)
	c, err := cutover.New(client, "orders-to-postgres").Observe(pager{}).Logger(discard).Build()
	check(err)
	getOrder, err := cutover.NewReader(c, inMemory{}.Order, inMemory{}.Order).NotFound(sql.ErrNoRows).Build()
	check(err)

	for _, stage := range []ldmigration.Stage{ldmigration.Complete, ldmigration.RampDown, ldmigration.Live, ldmigration.Shadow} {
		client.SetStage(stage)
		_, _ = getOrder.Read(ctx, acme, "o-1")
	}
	// Output:
	// complete to rampdown: what was written at complete is missing in the old system: do not go back further
	// rampdown to live: what was written at complete is missing in the old system: do not go back further
	// live to shadow: what was written at complete is missing in the old system, unless it was copied
}

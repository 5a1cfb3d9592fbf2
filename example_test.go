package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// Order and Store stand for a service's own types.
type Order struct {
	ID    string
	Cents int
}

type Store map[string]Order

func (s Store) Order(_ context.Context, id string) (Order, error) {
	order, ok := s[id]
	if !ok {
		return Order{}, errors.New("no order " + id)
	}
	return order, nil
}

func (s Store) Save(_ context.Context, order Order) error {
	s[order.ID] = order
	return nil
}

// FakeClient is all that a unit test needs of a flag client: it answers a stage and keeps the op
// events.
type FakeClient struct {
	Stage  ldmigration.Stage
	Events []ldevents.MigrationOpEventData
}

func (f *FakeClient) MigrationVariation(
	key string, evalContext ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return f.Stage, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: evalContext, Default: defaultStage, Stage: f.Stage,
	}), nil
}

func (f *FakeClient) TrackMigrationOp(event ldevents.MigrationOpEventData) error {
	f.Events = append(f.Events, event)
	return nil
}

// In a service the client is an *ld.LDClient, made once when the service starts.
func Example() {
	client := &FakeClient{Stage: ldmigration.Shadow}
	legacy, postgres := Store{}, Store{}

	orders, err := cutover.New(client, "orders-to-postgres").DefaultStage(ldmigration.Off).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	getOrder, err := cutover.NewReader(orders, legacy.Order, postgres.Order).CompareEqual().Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	saveOrder, err := cutover.NewWriter(orders, legacy.Save, postgres.Save).Build()
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	if err := saveOrder.Write(ctx, acme, Order{ID: "o-1", Cents: 1999}); err != nil {
		fmt.Println(err)
	}
	order, err := getOrder.Read(ctx, acme, "o-1")
	fmt.Println(order, err)
	fmt.Println("consistent:", client.Events[1].ConsistencyCheck.Consistent())
	// Output:
	// {o-1 1999} <nil>
	// consistent: true
}

func ExampleNew() {
	orders, err := cutover.New(&FakeClient{}, "orders-to-postgres").
		DefaultStage(ldmigration.Off).
		ReadOrder(ldmigration.Serial).
		Build()
	fmt.Println(orders.FlagKey(), err)

	_, err = cutover.New(nil, "").DefaultStage("Complete").Build()
	fmt.Println(err)
	// Output:
	// orders-to-postgres <nil>
	// building a cutover: flag client is nil
	// flag key is empty
	// default stage "Complete" for flag "" is not a migration stage
}

func ExampleDetached() {
	client := &FakeClient{Stage: ldmigration.Shadow}
	orders, _ := cutover.New(client, "orders-to-postgres").
		ReadOrder(cutover.Detached).
		SecondaryTimeout(250 * time.Millisecond).
		Build()
	legacy := Store{"o-1": {"o-1", 1999}}
	hangs := func(ctx context.Context, _ string) (Order, error) {
		<-ctx.Done()
		return Order{}, ctx.Err()
	}
	getOrder, _ := cutover.NewReader(orders, legacy.Order, hangs).CompareEqual().Build()

	order, err := getOrder.Read(context.Background(), acme, "o-1") // at once
	fmt.Println(order, err)
	err = orders.Close(context.Background()) // when the service stops: waits for the background
	fmt.Println(len(client.Events), err)
	// Output:
	// {o-1 1999} <nil>
	// 1 <nil>
}

func ExampleBuilder_SecondaryInline() {
	client := &FakeClient{Stage: ldmigration.Shadow}
	orders, _ := cutover.New(client, "orders-to-another-cache").
		ReadOrder(ldmigration.Serial).
		SecondaryInline(). // both are maps in memory: they answer at once, and never hang
		Build()
	before, after := Store{"o-1": {"o-1", 1999}}, Store{}
	cached, _ := cutover.NewReader(orders, before.Order, after.Order).CompareEqual().Build()
	fill, _ := cutover.NewWriter(orders, before.Save, after.Save).Build()

	ctx := context.Background()
	fmt.Println(fill.Write(ctx, acme, Order{"o-1", 2000}))
	fmt.Println(cached.ReadDetail(ctx, acme, "o-1").Consistency)
	// Output:
	// <nil>
	// consistent
}

func ExampleReaderBuilder_FallBack() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.Live}, "orders-to-postgres").Build()
	legacy, postgres := Store{"o-1": {"o-1", 1999}}, Store{}

	getOrder, _ := cutover.NewReader(orders, legacy.Order, postgres.Order).FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
	detail := getOrder.ReadDetail(context.Background(), acme, "o-1")
	order, err := detail.Result()
	fmt.Println(order, err, detail.FellBack)
	fmt.Println(detail.New.Err)
	// Output:
	// {o-1 1999} <nil> true
	// no order o-1
}

func ExampleDeep() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.Shadow}, "orders-to-postgres").Build()
	type order struct {
		ID      string
		Lines   []string
		Cents   int
		SavedAt time.Time
	}
	old := func(context.Context, string) (order, error) {
		return order{"o-1", []string{"pen", "ink"}, 435, time.Now()}, nil
	}
	new := func(context.Context, string) (order, error) {
		return order{"o-1", []string{"ink", "pen"}, 434, time.Now()}, nil
	}

	getOrder, _ := cutover.NewReader(orders, old, new).
		Compare(compare.Deep[order](compare.Ignore("SavedAt"), compare.Unordered("Lines"))).
		Build()
	for _, d := range getOrder.ReadDetail(context.Background(), acme, "o-1").Differences {
		fmt.Printf("%s: old %v, new %v\n", d.Path, d.Old, d.New)
	}
	// Output: Cents: old 435, new 434
}

func ExampleWriterBuilder_SerializeBy() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.DualWrite}, "orders-to-postgres").Build()
	legacy, postgres := Store{}, Store{}

	saveOrder, _ := cutover.NewWriter(orders, legacy.Save, postgres.Save).
		SerializeBy(cutover.Key(func(o Order) string { return o.ID })).
		Build()
	getOrder, _ := cutover.NewReader(orders, legacy.Order, postgres.Order).
		CompareEqual().
		CompareBetweenWrites(cutover.Key(func(id string) string { return id })).
		Build()

	ctx := context.Background()
	fmt.Println(saveOrder.Write(ctx, acme, Order{"o-1", 1999}))
	fmt.Println(getOrder.Read(ctx, acme, "o-1"))
	// Output:
	// <nil>
	// {o-1 1999} <nil>
}

func ExampleWriterBuilder_RequireBoth() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.DualWrite}, "orders-to-postgres").Build()
	full := func(context.Context, Order) error { return errors.New("disk full") }

	saveOrder, _ := cutover.NewWriter(orders, Store{}.Save, full).RequireBoth().Build()
	err := saveOrder.Write(context.Background(), acme, Order{"o-1", 1999})
	var failed *cutover.OriginError
	fmt.Println(errors.As(err, &failed), failed.Origin, failed.Authoritative, err)
	// Output: true new false new system: disk full
}

func ExamplePin() {
	client := &FakeClient{Stage: ldmigration.Shadow}
	orders, _ := cutover.New(client, "orders-to-postgres").Build()
	old := func(context.Context, string) (string, error) { return "old", nil }
	new := func(context.Context, string) (string, error) { return "new", nil }
	getOrder, _ := cutover.NewReader(orders, old, new).Build()

	request := cutover.Pin(context.Background()) // in a middleware, say
	fmt.Println(getOrder.Read(request, acme, "o-1"))
	client.Stage = ldmigration.Complete // somebody moves the flag
	fmt.Println(getOrder.Read(request, acme, "o-1"))
	fmt.Println(getOrder.Read(context.Background(), acme, "o-1"))
	// Output:
	// old <nil>
	// old <nil>
	// new <nil>
}

func ExampleNewReader() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.Live}, "orders-to-postgres").Build()
	legacy, postgres := Store{"o-1": {"o-1", 1999}}, Store{"o-1": {"o-1", 2000}}

	getOrder, _ := cutover.NewReader(orders, legacy.Order, postgres.Order).
		CompareFunc(func(old, new Order) bool { return old.Cents == new.Cents }).
		Build()
	order, err := getOrder.Read(context.Background(), acme, "o-1")
	fmt.Println(order.Cents, err)
	// Output: 2000 <nil>
}

func ExampleReader_ReadDetail() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.Live}, "orders-to-postgres").Build()
	legacy, postgres := Store{"o-1": {"o-1", 1999}}, Store{"o-1": {"o-1", 2000}}
	getOrder, _ := cutover.NewReader(orders, legacy.Order, postgres.Order).CompareEqual().Build()

	detail := getOrder.ReadDetail(context.Background(), acme, "o-1")
	fmt.Println(detail.Stage, detail.Authoritative, detail.Consistency)
	fmt.Println(detail.Old.Value, detail.New.Value)
	// Output:
	// live new inconsistent
	// {o-1 1999} {o-1 2000}
}

func ExampleNewWriter() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.DualWrite}, "orders-to-postgres").Build()
	legacy := Store{}
	full := func(context.Context, Order) error { return errors.New("disk full") }

	saveOrder, _ := cutover.NewWriter(orders, legacy.Save, full).Build()
	detail := saveOrder.WriteDetail(context.Background(), acme, Order{"o-1", 1999})
	_, err := detail.Result()
	fmt.Println(legacy, err)
	fmt.Println(detail.New.Err)
	// Output:
	// map[o-1:{o-1 1999}] <nil>
	// disk full
}

func ExampleNewReturningWriter() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.Complete}, "orders-to-postgres").Build()
	insertOld := func(context.Context, Order) (int64, error) { return 1, nil }
	insertNew := func(context.Context, Order) (int64, error) { return 2, nil }

	createOrder, _ := cutover.NewReturningWriter(orders, insertOld, insertNew).Build()
	id, err := createOrder.Write(context.Background(), acme, Order{"o-1", 1999})
	fmt.Println(id, err)
	// Output: 2 <nil>
}

func ExampleMigration() {
	client := &FakeClient{Stage: ldmigration.DualWrite}
	var equal cutover.MigrationComparisonFn = func(authoritative, secondary any) bool { return authoritative == secondary }

	migrator, err := cutover.Migration(client).
		Read(
			func(any) (any, error) { return "old read", nil },
			func(any) (any, error) { return "new read", nil },
			&equal,
		).
		Write(
			func(any) (any, error) { return "old write", nil },
			func(any) (any, error) { return "new write", nil },
		).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(migrator.Read("flag-key", acme, ldmigration.Off, nil).GetResult())
	written := migrator.Write("flag-key", acme, ldmigration.Off, nil)
	fmt.Println(written.GetAuthoritativeResult().GetResult(), written.GetNonAuthoritativeResult().GetResult())
	// Output:
	// old read
	// old write new write
}

func ExampleNewOpTracker() {
	tracker := cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: "orders-to-postgres", Context: acme, Stage: ldmigration.Off,
	})
	tracker.Operation(ldmigration.Read)
	tracker.TrackInvoked(ldmigration.Old)
	tracker.TrackError(ldmigration.Old)
	event, err := tracker.Build()
	fmt.Println(event.Op, event.FlagKey, len(event.Error), err)
	// Output: read orders-to-postgres 1 <nil>
}

// Printer is an Observer that writes down what differs.
type Printer struct{}

func (Printer) Observe(_ context.Context, o cutover.Observation) {
	if o.Consistency == cutover.Inconsistent {
		fmt.Printf("%s of %v: old %v, new %v\n", o.Operation, o.Payload, o.Old.Value, o.New.Value)
	}
}

func ExampleObserver() {
	orders, _ := cutover.New(&FakeClient{Stage: ldmigration.Shadow}, "orders-to-postgres").Observe(Printer{}).Build()
	legacy, postgres := Store{"o-1": {"o-1", 1999}}, Store{"o-1": {"o-1", 2000}}
	getOrder, _ := cutover.NewReader(orders, legacy.Order, postgres.Order).CompareEqual().Build()

	_, _ = getOrder.Read(context.Background(), acme, "o-1")
	// Output: read of o-1: old {o-1 1999}, new {o-1 2000}
}

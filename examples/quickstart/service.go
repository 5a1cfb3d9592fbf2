package main

import (
	"context"
	"strconv"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const flagKey = "orders-to-new-database"

// orderService is what the rest of the program calls. It does not know which database answers: the flag does.
type orderService struct {
	orders *cutover.Cutover
	order  *cutover.Reader[int64, Order]
	save   *cutover.Writer[Order]
}

// orderStore is what the service needs of a database.
type orderStore interface {
	Order(ctx context.Context, id int64) (Order, error)
	Save(ctx context.Context, order Order) error
}

func newOrderService(
	client cutover.FlagClient, legacy, modern orderStore, observer cutover.Observer,
) (*orderService, error) {
	orders, err := cutover.New(client, flagKey).
		DefaultStage(ldmigration.Off).
		ReadOrder(ldmigration.Concurrent).
		Observe(observer).
		Build()
	if err != nil {
		return nil, err
	}
	order, err := cutover.NewReader(orders, legacy.Order, modern.Order).
		CompareWith(cutover.Deep[Order]()).
		Redact(func(id int64) any { return id }, withoutPerson).
		Build()
	if err != nil {
		return nil, err
	}
	save, err := cutover.NewWriter(orders, legacy.Save, modern.Save).Build()
	if err != nil {
		return nil, err
	}
	return &orderService{orders: orders, order: order, save: save}, nil
}

// Order reads a customer's order.
func (s *orderService) Order(ctx context.Context, customer Customer, id int64) (Order, error) {
	return s.order.Read(ctx, evaluationContext(customer), id)
}

// Save stores a customer's new or changed order.
func (s *orderService) Save(ctx context.Context, order Order) error {
	return s.save.Write(ctx, evaluationContext(order.Customer), order)
}

// withoutPerson is what of an order may be shown to whoever looks after the migration: not whose it is.
func withoutPerson(order Order) Order {
	order.Customer = Customer{ID: order.Customer.ID}
	return order
}

// Close waits until nothing runs beside the callers any more. Close the databases after it.
func (s *orderService) Close(ctx context.Context) error {
	return s.orders.Close(ctx)
}

// evaluationContext is whom the flag is evaluated for. Here every customer is at the same stage; a flag with rules could
// move some of them first.
func evaluationContext(customer Customer) ldcontext.Context {
	return ldcontext.NewWithKind("customer", strconv.FormatInt(customer.ID, 10))
}

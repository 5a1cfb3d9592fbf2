package main

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// errNoOrder is what both stores answer for an order they do not have.
var errNoOrder = errors.New("no such order")

// Order is what the service keeps. Revision is 1 when it is placed and grows by one with every
// change.
type Order struct {
	ID       int64     `json:"id"`
	Revision int64     `json:"revision"`
	Customer Customer  `json:"customer"`
	Status   string    `json:"status"`
	Placed   time.Time `json:"placed"`
	Lines    []Line    `json:"lines"`
}

// Customer is who placed an order.
type Customer struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	City  string `json:"city"`
}

// Line is one product in an order, at the price of the day it was placed.
type Line struct {
	SKU       string `json:"sku"`
	Title     string `json:"title"`
	Quantity  int64  `json:"quantity"`
	UnitPrice Cents  `json:"unit_price"`
}

// Cents is an amount of money.
type Cents int64

// String writes the amount with its decimals: 19.99.
func (c Cents) String() string {
	return fmt.Sprintf("%d.%02d", c/100, c%100)
}

// Clone returns a copy of the order that shares nothing with it.
func (o Order) Clone() Order {
	o.Lines = slices.Clone(o.Lines)
	return o
}

// sameOrder says whether two readings of an order agree, as the consistency check of a read does.
func sameOrder(old, new Order) bool {
	return old.ID == new.ID &&
		old.Revision == new.Revision &&
		old.Customer == new.Customer &&
		old.Status == new.Status &&
		old.Placed.Equal(new.Placed) &&
		slices.Equal(old.Lines, new.Lines)
}

// collect takes all orders that a database returns, or the first error.
func collect(orders iter.Seq2[Order, error]) ([]Order, error) {
	var all []Order
	for order, err := range orders {
		if err != nil {
			return nil, err
		}
		all = append(all, order)
	}
	return all, nil
}

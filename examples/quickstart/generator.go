package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	firstOrder    = 100_001
	ordersEach    = 4
	maxLines      = 4
	maxQuantity   = 5
	shopOpened    = "2024-03-01T09:00:00Z"
	minutesApart  = 11
	emailProvider = "example.com"
)

// generator makes orders that look real. The same seed makes the same ones.
type generator struct {
	random *rand.Rand
	opened time.Time
}

func newGenerator(seed, stream uint64) *generator {
	opened, _ := time.Parse(time.RFC3339, shopOpened)
	return &generator{random: rand.New(rand.NewPCG(seed, stream)), opened: opened}
}

// Orders makes the orders a shop has when the migration begins, a few for each customer.
func (g *generator) Orders(count int) []Order {
	orders := make([]Order, count)
	var customer Customer
	for i := range orders {
		if i%ordersEach == 0 {
			customer = g.Customer(int64(i/ordersEach) + 1)
		}
		orders[i] = g.Order(firstOrder+int64(i), customer)
	}
	return orders
}

// Customer makes the customer with that number.
func (g *generator) Customer(id int64) Customer {
	given, family := pick(g.random, givenNames), pick(g.random, familyNames)
	return Customer{
		ID:    id,
		Name:  given + " " + family,
		Email: strings.ToLower(fmt.Sprintf("%s.%s.%d@%s", given, family, id, emailProvider)),
		City:  pick(g.random, cities),
	}
}

// Order makes a new order of one to four different products.
func (g *generator) Order(id int64, customer Customer) Order {
	order := Order{
		ID:       id,
		Revision: 1,
		Customer: customer,
		Status:   statuses[0],
		Placed:   g.opened.Add(time.Duration(id-firstOrder) * minutesApart * time.Minute),
	}
	for _, product := range g.random.Perm(len(catalogue))[:1+g.random.IntN(maxLines)] {
		line := catalogue[product]
		line.Quantity = g.quantity()
		order.Lines = append(order.Lines, line)
	}
	return order
}

// Amend returns the order as it is after a customer or the warehouse did something with it.
func (g *generator) Amend(order Order) Order {
	order.Revision++
	order.Lines = slices.Clone(order.Lines)
	next := slices.Index(statuses, order.Status) + 1
	if next < len(statuses) && g.random.IntN(2) == 0 {
		order.Status = statuses[next]
	} else {
		order.Lines[g.random.IntN(len(order.Lines))].Quantity = g.quantity()
	}
	return order
}

// Again returns the order as it is after its customer orders anew under its number.
func (g *generator) Again(order Order) Order {
	anew := g.Order(order.ID, order.Customer)
	anew.Revision = order.Revision + 1
	return anew
}

func (g *generator) quantity() int64 { return 1 + g.random.Int64N(maxQuantity) }

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheSameSeedMakesTheSameOrders(t *testing.T) {
	t.Parallel()
	orders := newGenerator(1, 0).Orders(100)
	assert.Equal(t, orders, newGenerator(1, 0).Orders(100))
	assert.NotEqual(t, orders, newGenerator(2, 0).Orders(100))
}

func TestOrdersLookReal(t *testing.T) {
	t.Parallel()
	harmed := 0
	for i, order := range newGenerator(1, 0).Orders(200) {
		assert.Equal(t, int64(firstOrder+i), order.ID)
		assert.Equal(t, int64(i/ordersEach+1), order.Customer.ID)
		assert.NotEmpty(t, order.Customer.Name)
		assert.Positive(t, order.Revision)
		products := map[string]bool{}
		for _, line := range order.Lines {
			products[line.SKU] = true
			assert.Positive(t, line.Quantity)
			if truncatedPrices(line.UnitPrice) != exactPrices(line.UnitPrice) {
				harmed++
			}
		}
		assert.Len(t, products, len(order.Lines), "a product is in one line of an order")
		assert.NotEmpty(t, order.Lines)
	}
	assert.Positive(t, harmed, "the planted bug has something to harm")
}

func TestAmendMakesANewRevisionAndLeavesTheOldOneAlone(t *testing.T) {
	t.Parallel()
	g := newGenerator(1, 1)
	order := testOrder(100_001)
	for range 50 {
		before := testOrder(100_001)
		changed := g.Amend(order)
		assert.Equal(t, order.Revision+1, changed.Revision)
		assert.Equal(t, before.Lines, testOrder(100_001).Lines)
		order = changed
	}
	assert.Equal(t, "delivered", order.Status)
}

func TestAnOrderUnderAnEarlierNumberIsAtItsNextRevision(t *testing.T) {
	t.Parallel()
	before := testOrder(100_001)
	before.Status = "delivered"
	anew := newGenerator(1, 1).Again(before)
	assert.Equal(t, before.ID, anew.ID)
	assert.Equal(t, before.Customer, anew.Customer)
	assert.Equal(t, before.Revision+1, anew.Revision)
	assert.Equal(t, "placed", anew.Status)
	assert.NotEqual(t, before.Lines, anew.Lines)
}

func TestACloneSharesNothing(t *testing.T) {
	t.Parallel()
	order := testOrder(100_001)
	clone := order.Clone()
	assert.Equal(t, order, clone)
	clone.Lines[0].Quantity++
	assert.Equal(t, testOrder(100_001), order)
}

func TestCentsAreWrittenWithDecimals(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "19.99", Cents(1999).String())
	assert.Equal(t, "4.05", Cents(405).String())
	assert.Equal(t, "0.07", Cents(7).String())
}

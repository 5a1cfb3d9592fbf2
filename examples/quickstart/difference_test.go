package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDifferencesNameTheFieldAndBothValues(t *testing.T) {
	t.Parallel()
	changes := map[string]func(o *Order){
		"number: old 100001, new 7":                                  func(o *Order) { o.ID = 7 },
		"revision: old 1, new 2":                                     func(o *Order) { o.Revision = 2 },
		"customer: old {1 Ada Ito a@example.com Graz}, new {1   }":   func(o *Order) { o.Customer = Customer{ID: 1} },
		"status: old placed, new paid":                               func(o *Order) { o.Status = "paid" },
		"placed: old 2024-03-01T09:00:00Z, new 2024-03-01T09:00:01Z": func(o *Order) { o.Placed = o.Placed.Add(time.Second) },
		"lines: old 2, new 1":                                        func(o *Order) { o.Lines = o.Lines[:1] },
		"line 1 product: old FLT-STEEL-1, new FLT-STEEL-2":           func(o *Order) { o.Lines[0].SKU = "FLT-STEEL-2" },
		"line 2 title: old Glass teapot, 1 l, new Glass teapot":      func(o *Order) { o.Lines[1].Title = "Glass teapot" },
		"line 1 quantity: old 2, new 3":                              func(o *Order) { o.Lines[0].Quantity = 3 },
		"line 1 unit price: old 19.99, new 19.98":                    func(o *Order) { o.Lines[0].UnitPrice-- },
	}
	for want, change := range changes {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			old, modern := testOrder(100_001), testOrder(100_001)
			old.Customer = Customer{ID: 1, Name: "Ada Ito", Email: "a@example.com", City: "Graz"}
			modern.Customer = old.Customer
			assert.True(t, sameOrder(old, modern))
			assert.Empty(t, differences(old, modern))
			change(&modern)
			assert.False(t, sameOrder(old, modern))
			found := differences(old, modern)
			assert.Len(t, found, 1)
			assert.Equal(t, "order 100001 "+want, found[0].String())
		})
	}
}

func TestCompareOrdersGoesThroughBothSides(t *testing.T) {
	t.Parallel()
	one, two, three := testOrder(1), testOrder(2), testOrder(3)
	paid := testOrder(2)
	paid.Status = "paid"
	cases := map[string]struct {
		old, modern []Order
		want        []difference
	}{
		"nothing on either side":      {nil, nil, nil},
		"the same on both":            {[]Order{one, two}, []Order{one, two}, nil},
		"one is missing in the old":   {[]Order{one, three}, []Order{one, two, three}, []difference{{2, "order", "missing", "there"}}},
		"one is missing in the new":   {[]Order{one, two, three}, []Order{one, three}, []difference{{2, "order", "there", "missing"}}},
		"the last is missing":         {[]Order{one, two}, []Order{one}, []difference{{2, "order", "there", "missing"}}},
		"the first is missing":        {[]Order{two}, []Order{one, two}, []difference{{1, "order", "missing", "there"}}},
		"a field differs":             {[]Order{one, two}, []Order{one, paid}, []difference{{2, "status", "placed", "paid"}}},
		"each side lacks the other's": {[]Order{one}, []Order{two}, []difference{{1, "order", "there", "missing"}, {2, "order", "missing", "there"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, compareOrders(c.old, c.modern))
		})
	}
}

func TestFirstOfTellsHowManyMoreThereAre(t *testing.T) {
	t.Parallel()
	one := difference{1, "status", "placed", "paid"}
	assert.Equal(t, "order 1 status: old placed, new paid", firstOf([]difference{one}))
	assert.Regexp(t, "; 2 more$", firstOf([]difference{one, one, one, one, one}))
}

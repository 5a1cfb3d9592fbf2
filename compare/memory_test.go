package compare_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover/compare"
)

type address struct{ Street, UpdatedAt string }

type customer struct{ Billing, Shipping *address }

// fork refers to the next one twice.
type fork struct {
	Value       int
	Left, Right *fork
	Both        []*fork
}

func forks(value int) (last *fork) {
	last = &fork{Value: value}
	for range 40 {
		last = &fork{Left: last, Right: last, Both: []*fork{last, last}}
	}
	return last
}

// One object at two places, as an ORM's identity map gives it, is compared under the rules of each.
func TestSharedObjectsAreComparedUnderTheRulesOfEachPlace(t *testing.T) {
	t.Parallel()
	type wide struct {
		A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R string
		Tags                                                 []string
	}
	type owner struct{ Billing, Shipping *wide }
	x, y := &wide{A: "Main St", Tags: []string{}}, &wide{A: "Other St", Tags: []string{}}
	agree(t, compare.Different, compare.Deep[owner](compare.Ignore("Billing.A")), owner{x, x}, owner{y, y})
	agree(t, compare.Same, compare.Deep[owner](compare.Ignore("Billing.A", "Shipping.A")), owner{x, x}, owner{y, y})

	a, b := &address{"Main St", "1"}, &address{"Other St", "1"}
	for _, rule := range []compare.Rule{compare.Ignore("Billing.Street"), compare.Ignore("Shipping.Street")} {
		agree(t, compare.Different, compare.Deep[customer](rule), customer{a, a}, customer{b, b})
	}
	differences := compare.Deep[customer]().Explain(customer{a, a}, customer{b, b})
	assert.Len(t, differences, 2, "a difference is told at each place")

	type basket struct{ Wanted, Ordered []int }
	one, other := []int{1, 2}, []int{2, 1}
	agree(t, compare.Different, compare.Deep[basket](compare.Unordered("Wanted")), basket{one, one}, basket{other, other})
	agree(t, compare.Different, compare.Deep[basket](compare.Unordered("Ordered")), basket{one, one}, basket{other, other})
	agree(t, compare.Same, compare.Deep[basket](compare.Unordered("*")), basket{one, one}, basket{other, other})

	long, longer := make([]int, 100), make([]int, 100)
	long[0], longer[99] = 1, 1
	agree(t, compare.Different, compare.Deep[basket](compare.Unordered("Wanted")), basket{long, long}, basket{longer, longer})
}

// What many places share is not compared for each: that would take 2^40 comparisons.
func TestSharedObjectsAreComparedOnce(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	agree(t, compare.Same, compare.Deep[*fork](), forks(1), forks(1))
	agree(t, compare.Different, compare.Deep[*fork](), forks(1), forks(2))
	for _, rules := range [][]compare.Rule{
		{compare.Ignore("Left.Left.Left.Value")},
		{compare.Unordered("Both", "Left.Both", "Right.Right.Both"), compare.NumbersWithin(0.5)},
		{compare.Unordered("Both", "Both[*].Both", "Both[*].Both[*].Both", "Both[*].Both[*].Both[*].Both")},
		{compare.KeyedBy("Both", "Value")},
	} {
		agree(t, compare.Same, compare.Deep[*fork](rules...), forks(1), forks(1))
		agree(t, compare.Different, compare.Deep[*fork](rules...), forks(1), forks(2))
	}
	assert.Less(t, time.Since(begun), time.Minute)
}

// A pair that leads back to one being compared is the same only if that one is.
func TestWhatLeadsBackIsNotTakenForTheSameAfterwards(t *testing.T) {
	t.Parallel()
	type person struct {
		Child  *person
		Parent *person
		Things []any // enough of them to be worth remembering
		Name   string
	}
	family := func(name string) *person {
		parent := &person{Things: make([]any, 20), Name: name}
		parent.Child = &person{Parent: parent, Things: make([]any, 20)}
		return parent
	}
	type town struct {
		People []*person
		Child  *person
	}
	// That the parents differ is found after their children were taken for the same, and decides
	// nothing: in another order the people are the same. The children, by themselves, differ by
	// their parents.
	a, b := family("a"), family("b")
	towns := compare.Deep[town](compare.Unordered("People"))
	agree(t, compare.Same, towns,
		town{People: []*person{a, family("b")}}, town{People: []*person{b, family("a")}})
	agree(t, compare.Different, towns,
		town{People: []*person{a, family("b")}, Child: a.Child}, town{People: []*person{b, family("a")}, Child: b.Child})
}

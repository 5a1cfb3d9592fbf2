package compare_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/gocutover/cutover/compare"
)

type orderLine struct {
	SKU   string
	Cents int
}

type order struct {
	ID      string
	SavedAt time.Time
	Lines   []orderLine
}

func show(differences []compare.Difference) {
	for _, d := range differences {
		fmt.Println(d)
	}
}

func Example() {
	orders := compare.Deep[order](compare.Ignore("SavedAt"))
	if err := orders.Err(); err != nil {
		panic(err)
	}
	old := order{ID: "o-1", Lines: []orderLine{{"tea", 435}}}
	new := order{ID: "o-1", Lines: []orderLine{{"tea", 434}}, SavedAt: time.Now()}
	fmt.Println(orders.Compare(old, new))
	show(orders.Explain(old, new))
	// Output:
	// different
	// Lines[0].Cents: 435 -> 434
}

func ExampleDeep() {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	old := order{ID: "o-1", SavedAt: at, Lines: []orderLine{}}
	new := order{ID: "o-1", SavedAt: at.In(time.FixedZone("", 3600))}
	fmt.Println(compare.Deep[order]().Compare(old, new))
	// Output: same
}

func ExampleJSON() {
	documents := compare.JSON[string](compare.NumbersWithin(0.01))
	show(documents.Explain(`{"id":7, "lines":[{"unit_price":4.35}]}`, `{"lines":[{"unit_price":4.4}],"id":7.0}`))
	// Output: lines[0].unit_price: 4.35 -> 4.4
}

func ExampleRows() {
	orders := compare.Rows(func(o order) string { return o.ID }, compare.Deep[order]())
	old := []order{{ID: "o-1"}, {ID: "o-2", Lines: []orderLine{{"tea", 435}}}}
	new := []order{{ID: "o-2", Lines: []orderLine{{"tea", 434}}}, {ID: "o-1"}}
	for _, d := range orders.Explain(old, new) {
		fmt.Println(d.Row, d)
	}
	// Output: o-2 ["o-2"].Lines[0].Cents: 435 -> 434
}

func ExampleComparison_Without() {
	orders := compare.Rows(func(o order) string { return o.ID }, compare.Deep[order]())
	writtenMeanwhile := func(key any) bool { return key == "o-2" }
	fmt.Println(orders.Without(writtenMeanwhile).Compare([]order{{ID: "o-1"}}, []order{{ID: "o-1"}, {ID: "o-2"}}))
	// Output: same
}

func ExampleEqual() {
	fmt.Println(compare.Equal[string]().Compare("a", "b"))
	fmt.Println(compare.Equal[*order]().Err())
	// Output:
	// different
	// *compare_test.order: == compares identity, not content: use Deep, or By for the part that matters
}

func ExampleByValue() {
	fmt.Println(compare.ByValue[orderLine]().Compare(orderLine{"tea", 435}, orderLine{"tea", 435}))
	// Output: same
}

func ExampleBy() {
	total := compare.By(func(o order) (sum int) {
		for _, line := range o.Lines {
			sum += line.Cents
		}
		return sum
	}, compare.Equal[int]())
	show(total.Explain(order{Lines: []orderLine{{"tea", 435}}}, order{Lines: []orderLine{{"tea", 434}}}))
	// Output: 435 -> 434
}

func ExampleAll() {
	ids := compare.By(func(o order) string { return o.ID }, compare.Equal[string]())
	lines := compare.By(func(o order) []orderLine { return o.Lines }, compare.Deep[[]orderLine]())
	fmt.Println(compare.All(ids, lines).Compare(order{ID: "o-1"}, order{ID: "o-1", SavedAt: time.Now()}))
	// Output: same
}

func ExampleFunc() {
	fmt.Println(compare.Func(strings.EqualFold).Compare("Tea", "tea"))
	// Output: same
}

func ExampleExplained() {
	words := compare.Explained(
		func(old, new string) compare.Answer {
			if old == new {
				return compare.Same
			}
			return compare.Different
		},
		func(old, new string) (all []compare.Difference) {
			if len(old) != len(new) {
				all = append(all, compare.Difference{Path: "length", Old: len(old), New: len(new)})
			}
			return all
		},
	)
	show(words.Explain("tea", "teapot"))
	// Output: length: 3 -> 6
}

func ExampleIgnore() {
	old, new := map[string]int{"eur": 1, "usd": 2}, map[string]int{"eur": 3, "gbp": 4}
	fmt.Println(compare.Deep[map[string]int](compare.Ignore("eur", "usd", `["gbp"]`)).Compare(old, new))
	fmt.Println(compare.Deep[map[string]int](compare.Ignore("[*]")).Compare(old, new))
	fmt.Println(compare.Deep[map[string]int](compare.Ignore("")).Err())
	// Output:
	// same
	// same
	// invalid rule: Ignore: the pattern is empty, it would stand for the whole value
}

func ExampleUnordered() {
	tags := compare.Deep[[]string](compare.Unordered(""))
	show(tags.Explain([]string{"a", "b", "b"}, []string{"b", "a", "c"}))
	// Output:
	// [2]: b -> (missing)
	// [2]: (missing) -> c
}

func ExampleKeyedBy() {
	orders := compare.Deep[order](compare.KeyedBy("Lines", "SKU"))
	show(orders.Explain(
		order{Lines: []orderLine{{"tea", 435}, {"pot", 999}}},
		order{Lines: []orderLine{{"pot", 999}, {"tea", 434}}},
	))
	// Output: Lines["tea"].Cents: 435 -> 434
}

func ExampleTimesWithin() {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	fmt.Println(compare.Deep[time.Time](compare.TimesWithin(time.Second)).Compare(at, at.Truncate(time.Second)))
	// Output: same
}

func ExampleNumbersWithin() {
	type price struct {
		ID     int64
		Amount float64
	}
	prices := compare.Deep[price](compare.NumbersWithin(0.001))
	fmt.Println(prices.Compare(price{1541815603606036480, 1}, price{1541815603606036480, 1.0001}))
	fmt.Println(prices.Compare(price{1541815603606036480, 1}, price{1541815603606036481, 1}))
	// Output:
	// same
	// different
}

// message stands for a protobuf message, and equalMessages for proto.Equal.
type message interface{ Reset() }

type reply struct {
	Text  string
	state int
}

func (*reply) Reset() {}

func equalMessages(a, b message) bool { return a.(*reply).Text == b.(*reply).Text }

func ExampleUsing() {
	// For protobuf: compare.Using(proto.Equal)
	replies := compare.Deep[[]*reply](compare.Using(equalMessages))
	show(replies.Explain([]*reply{{"yes", 1}, {"yes", 1}}, []*reply{{"yes", 2}, {"no", 1}}))
	// Output: [1]: {Text:"yes" state:1} -> {Text:"no" state:1}
}

func ExampleExportedOnly() {
	replies := compare.Deep[*reply](compare.ExportedOnly())
	fmt.Println(replies.Compare(&reply{"yes", 1}, &reply{"yes", 2}))
	// Output: same
}

func ExampleText() {
	type cyclic struct {
		Name string
		Self *cyclic
	}
	price := 4.35
	fmt.Println(compare.Text(map[string]*float64{"tea": &price}))
	c := &cyclic{Name: "a"}
	c.Self = c
	fmt.Println(compare.Text(c))
	// Output:
	// {"tea":4.35}
	// {Name:"a" Self:{Name:"a" Self:{Name:"a" Self:{Name:"a" Self:…}}}}
}

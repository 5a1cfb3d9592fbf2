package compare_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gocutover/cutover/compare"
)

// BenchmarkDeep compares two equal records by Deep, and by what else there is.
func BenchmarkDeep(b *testing.B) {
	of := func() order {
		return order{ID: "o-1", SavedAt: time.Unix(1, 0).UTC(), Lines: []orderLine{{"tea", 435}, {"pot", 999}, {"cup", 250}}}
	}
	old, new := of(), of()
	all := []struct {
		name string
		same func() bool
	}{
		{"Deep", func() bool { return compareDeep.Compare(old, new) == compare.Same }},
		{"Deep with rules", func() bool { return compareRules.Compare(old, new) == compare.Same }},
		{"reflect.DeepEqual", func() bool { return reflect.DeepEqual(old, new) }},
		{"go-cmp", func() bool { return gocmp.Equal(old, new) }},
	}
	for _, c := range all {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !c.same() {
					b.Fatal("they differ")
				}
			}
		})
	}
}

var (
	compareDeep  = compare.Deep[order]()
	compareRules = compare.Deep[order](compare.Ignore("Lines[*].SKU"), compare.TimesWithin(time.Second))
)

// BenchmarkLists compares lists of a thousand rows.
func BenchmarkLists(b *testing.B) {
	old := make([]row, 1000)
	for i := range old {
		old[i] = row{fmt.Sprint("row-", i), i}
	}
	shuffled := reversed(old)
	rows := compare.Rows(keyOfRow, compare.Equal[row]())
	rowsDeep := compare.Rows(keyOfRow, compare.Deep[row]())
	unordered := compare.Deep[[]row](compare.Unordered(""))
	keyed := compare.Deep[[]row](compare.KeyedBy("", "Key"))
	inOrder := compare.Deep[[]row]()
	for _, c := range []struct {
		name string
		run  func() compare.Answer
	}{
		{"Deep, in order", func() compare.Answer { return inOrder.Compare(old, old) }},
		{"Rows of Equal, in order", func() compare.Answer { return rows.Compare(old, old) }},
		{"Rows of Equal", func() compare.Answer { return rows.Compare(old, shuffled) }},
		{"Rows of Deep", func() compare.Answer { return rowsDeep.Compare(old, shuffled) }},
		{"Unordered", func() compare.Answer { return unordered.Compare(old, shuffled) }},
		{"KeyedBy", func() compare.Answer { return keyed.Compare(old, shuffled) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.run() != compare.Same {
					b.Fatal("they differ")
				}
			}
		})
	}
}

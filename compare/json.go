package compare

import (
	"errors"
	"fmt"
	"reflect"
)

// JSON compares documents by what they say: the order of keys, white space and how a text or number
// is written do not matter. Numbers are compared exactly, however many digits they have: 1e19 is
// 10000000000000000000, and 1.000000000000000001 is not 1. All else is as for [Deep], and the rules
// [Ignore], [Unordered], [KeyedBy] and [NumbersWithin] apply; others are an error. Paths are such
// as "lines[2].unit_price", and a [Difference] holds numbers as [encoding/json.Number].
//
// A text that says nothing for certain is compared byte by byte with the other one: it is not JSON
// by RFC 8259, not UTF-8, has half of a surrogate pair, or the same key twice in an object. The
// answer is [Undecided] for documents that are nested more than 10,000 levels deep or have an
// exponent beyond 10^15, if they are not the same to the byte, and for numbers of more than 5,000
// digits that differ where [NumbersWithin] is given.
func JSON[R ~string | ~[]byte](rules ...Rule) Comparison[R] {
	r := rulesOf(rules)
	r.documents = true
	for _, rule := range r.deepOnly {
		r.refuse(fmt.Errorf("%s does not apply to JSON", rule))
	}
	if err := r.err(); err != nil {
		return Comparison[R]{err: err}
	}
	return Explained(
		func(old, new R) Answer { return r.compareDocuments(string(old), string(new)) },
		func(old, new R) []Difference { return r.explainDocuments(string(old), string(new)) },
	)
}

func (r *rules) compareDocuments(old, new string) Answer {
	if old == new {
		return Same
	}
	a, b, err := parseBoth(old, new)
	switch {
	case errors.Is(err, errNotJSON):
		return Different
	case err != nil:
		return Undecided
	default:
		return r.compare(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
	}
}

func (r *rules) explainDocuments(old, new string) []Difference {
	if old == new {
		return nil
	}
	a, b, err := parseBoth(old, new)
	switch {
	case errors.Is(err, errNotJSON):
		return []Difference{{Old: old, New: new}}
	case err != nil:
		return nil
	default:
		return r.explain(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
	}
}

// parseBoth returns errNotJSON if either is not JSON, also if the other one is too deep.
func parseBoth(old, new string) (a, b any, err error) {
	a, oldErr := parseDocument(old)
	b, newErr := parseDocument(new)
	return a, b, errors.Join(oldErr, newErr)
}

package compare

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"sync"
	"time"
)

// Rule relaxes a comparison by [Deep] or [JSON]. Several rules apply together. What is wrong with a
// rule is an error of the comparison: [Comparison.Err] returns it, and errors.Is finds
// [ErrInvalidRule].
//
// A pattern is a path as in [Difference], in which * stands for any name and [*] for any index or
// key: "UpdatedAt", "Lines[*].ID", "Prices[*]". A key of a map can be written as a name or in
// brackets: Prices.eur or Prices["eur"]. Empty brackets stand for any index or key too: Lines[].ID.
// A pattern that leads nowhere does nothing.
type Rule func(*rules)

// ErrInvalidRule is the error of a comparison with a rule that is nil, has a malformed pattern or a
// negative tolerance, or does not apply to what is compared.
var ErrInvalidRule = errors.New("invalid rule")

type rules struct {
	patterns     []pattern
	using        []using
	timesWithin  time.Duration
	within       float64
	wholeWithin  uint64
	exactWithin  decimal
	exportedOnly bool
	documents    bool // json.Number is compared as a number
	deepOnly     []string
	wrong        []error
	plans        *sync.Map // of reflect.Type to *plan
}

func rulesOf(given []Rule) *rules {
	r := &rules{plans: &sync.Map{}}
	for i, rule := range given {
		if rule == nil {
			r.refuse(fmt.Errorf("rule %d is nil", i+1))
			continue
		}
		rule(r)
	}
	if len(r.patterns) > maxPatterns {
		r.refuse(fmt.Errorf("%d patterns, at most %d are possible", len(r.patterns), maxPatterns))
	}
	return r
}

func (r *rules) refuse(err error) {
	r.wrong = append(r.wrong, fmt.Errorf("%w: %w", ErrInvalidRule, err))
}

func (r *rules) err() error { return errors.Join(r.wrong...) }

// add adds a pattern. The empty one stands for the value itself.
func (r *rules) add(rule, written string, p pattern) {
	steps, err := parsePattern(written)
	if err == nil && len(steps) == 0 && p.ignored {
		err = errEmptyPattern
	}
	if err != nil {
		r.refuse(fmt.Errorf("%s: %w", rule, err))
		return
	}
	p.steps = steps
	r.patterns = append(r.patterns, p)
}

// Ignore leaves out the places that one of the patterns leads to, and all below them. An empty
// pattern is an error.
func Ignore(patterns ...string) Rule {
	return func(r *rules) {
		for _, p := range patterns {
			r.add("Ignore", p, pattern{ignored: true})
		}
	}
}

// Unordered compares the lists that one of the patterns leads to whatever their order: each element
// of one needs an element of the other that is the same, and each can be taken once. The empty
// pattern stands for the value itself. Elements that differ in plain fields cost little; of those
// that may all agree with each other by a tolerance, some thousand are too many, and the answer is
// [Undecided].
//
// An index in another pattern is that of the old list; an element that is ignored by its index is
// left out on either side.
func Unordered(patterns ...string) Rule {
	return func(r *rules) {
		for _, p := range patterns {
			r.add("Unordered", p, pattern{unordered: true})
		}
	}
}

// KeyedBy compares the lists that the pattern leads to by a key of their elements, whatever their
// order: a field of a struct, or a key of a JSON object or of a map with text keys. The empty
// pattern stands for the value itself. Elements of one key are compared with each other, in their
// order if there are several; an element whose key stands on one side only differs from [Missing].
// Elements without that field, or whose field holds no plain value, are compared in their order. It
// goes before [Unordered]. An empty field is an error.
//
// In paths such a list has the key in place of the index: Lines["sku-1"].Cents.
func KeyedBy(at, field string) Rule {
	return func(r *rules) {
		if field == "" {
			r.refuse(fmt.Errorf("KeyedBy: pattern %q: the field is empty", at))
			return
		}
		r.add("KeyedBy", at, pattern{keyedBy: field})
	}
}

// TimesWithin lets times agree that are at most d apart. A negative d is an error, and so is the
// rule in [JSON], where times are texts. The last of several counts.
func TimesWithin(d time.Duration) Rule {
	return func(r *rules) {
		r.deepOnly = append(r.deepOnly, "TimesWithin")
		if d < 0 {
			r.refuse(fmt.Errorf("TimesWithin: %v is negative", d))
			return
		}
		r.timesWithin = d
	}
}

// NumbersWithin lets numbers agree that are at most x apart, wherever they stand. Whole numbers are
// compared exactly, however large: identifiers that differ by one differ within 0.001. Numbers of
// JSON are compared exactly too, with x as the decimal it is written as. The difference of floats
// is computed as a float. Bytes in lists are compared exactly, for they are data such as an
// identifier, and so are numbers of math/big. An x that is negative, infinite or NaN is an error.
// The last of several counts.
func NumbersWithin(x float64) Rule {
	return func(r *rules) {
		if !(x >= 0) || math.IsInf(x, 1) {
			r.refuse(fmt.Errorf("NumbersWithin: %v is no tolerance", x))
			return
		}
		r.within = x
		r.wholeWithin = math.MaxUint64
		if x < math.MaxUint64 {
			r.wholeWithin = uint64(x)
		}
		r.exactWithin, _ = parseDecimal(strconv.FormatFloat(x, 'g', -1, 64))
	}
}

// Using compares values of type T by a function, such as proto.Equal for protobuf messages. If T is
// an interface, it compares all values that implement T, also two of different types. It goes
// before Equal methods; of several functions for a type the first one counts. The function is never
// called with nil pointers or nil interfaces: two of them agree if they have the same type, and one
// differs from all else. It must not change what it is given. A nil function is an error, and so is
// the rule in [JSON].
func Using[T any](same func(old, new T) bool) Rule {
	return func(r *rules) {
		r.deepOnly = append(r.deepOnly, "Using")
		if same == nil {
			r.refuse(fmt.Errorf("Using: the function for %v is nil", reflect.TypeFor[T]()))
			return
		}
		r.using = append(r.using, usingOf(same))
	}
}

// ExportedOnly leaves out the unexported fields of structs, such as the internal state of protobuf
// messages. Exported fields of an embedded struct count as exported. A struct type without any
// exported field, such as [net/netip.Addr], is compared by all its fields, for nothing else is
// there. The rule is an error in [JSON].
func ExportedOnly() Rule {
	return func(r *rules) {
		r.deepOnly = append(r.deepOnly, "ExportedOnly")
		r.exportedOnly = true
	}
}

package compare

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number as it can be written, in one form only: digits without zeros at either end,
// times ten to the power of the exponent. The zero value is zero.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

// maxExponent bounds exponents, so that sums of them do not overflow.
const maxExponent = 1_000_000_000_000_000

// parseDecimal reads a number as JSON writes it. It fails if the exponent is beyond all reason.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	s, d.negative = strings.CutPrefix(s, "-")
	mantissa, written, _ := strings.Cut(strings.Replace(s, "E", "e", 1), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(all, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	if written != "" {
		e, err := strconv.ParseInt(written, 10, 64)
		if err != nil || e > maxExponent || e < -maxExponent {
			return decimal{}, false
		}
		d.exponent = e
	}
	d.exponent += int64(len(all)-len(d.digits)) - int64(len(fraction))
	return d, true
}

func (d decimal) isZero() bool { return d.digits == "" }

func (d decimal) String() string {
	sign := ""
	if d.negative {
		sign = "-"
	}
	return sign + "0" + d.digits + "e" + strconv.FormatInt(d.exponent, 10)
}

// top is the power of ten that the number's absolute value is below, and less than ten times below.
func (d decimal) top() int64 { return d.exponent + int64(len(d.digits)) }

// maxDigits bounds the digits of numbers that are compared within a tolerance, for that takes time
// that grows with their square.
const maxDigits = 5000

// sameNumber compares two numbers as JSON writes them, exactly.
func (r *rules) sameNumber(old, new string) Answer {
	if old == new {
		return Same
	}
	a, _ := parseDecimal(old)
	b, _ := parseDecimal(new)
	switch {
	case a == b:
		return Same
	case r.exactWithin.isZero():
		return Different
	case len(a.digits) > maxDigits || len(b.digits) > maxDigits:
		return Undecided
	default:
		return answerOf(within(a, b, r.exactWithin))
	}
}

// within reports whether two numbers that differ are at most t apart, and t is not zero. The work
// is bounded by the lengths of their digits, whatever their exponents are.
func within(a, b, t decimal) bool {
	if a.isZero() || !b.isZero() && a.top() < b.top() {
		a, b = b, a // a is the larger one by now, or about as large
	}
	switch {
	case a.top() < t.top()-1:
		return true // both are less than a tenth of t
	case a.top() <= t.top()+1:
		if low := min(a.exponent, t.exponent); !b.isZero() && b.top() < low-1 {
			b.digits, b.exponent = "1", low-2 // as good as any that small
		}
	case b.isZero() || b.top() < a.top()-1 || a.negative != b.negative:
		return false // their difference is about a, or more
	case min(a.exponent, b.exponent) >= t.top():
		return false // they differ by one of their last digits at least
	}
	low := min(a.exponent, t.exponent)
	if !b.isZero() {
		low = min(low, b.exponent)
	}
	apart := new(big.Int).Sub(a.scaled(low), b.scaled(low))
	return apart.CmpAbs(t.scaled(low)) <= 0
}

// scaled is the number in units of ten to the power of the exponent.
func (d decimal) scaled(exponent int64) *big.Int {
	n := new(big.Int)
	if d.isZero() {
		return n
	}
	n.SetString(d.digits, 10)
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(d.exponent-exponent), nil))
	if d.negative {
		n.Neg(n)
	}
	return n
}

package compare

import (
	"math"
	"reflect"
	"time"
)

// sameScalar compares two values of one type that hold no others.
func (r *rules) sameScalar(old, new reflect.Value) bool {
	switch old.Kind() {
	case reflect.Bool:
		return old.Bool() == new.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		a, b := old.Int(), new.Int()
		return uint64(max(a, b))-uint64(min(a, b)) <= r.wholeWithin //nolint:gosec // right whatever the signs
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		a, b := old.Uint(), new.Uint()
		return max(a, b)-min(a, b) <= r.wholeWithin
	case reflect.Float32, reflect.Float64:
		return r.sameFloat(old.Float(), new.Float())
	case reflect.Complex64, reflect.Complex128:
		a, b := old.Complex(), new.Complex()
		return r.sameFloat(real(a), real(b)) && r.sameFloat(imag(a), imag(b))
	case reflect.String:
		return old.String() == new.String()
	case reflect.Func:
		return old.IsNil() && new.IsNil()
	default: // a channel or an unsafe pointer
		return old.UnsafePointer() == new.UnsafePointer()
	}
}

// sameFloat takes one NaN for another: it is not itself by ==.
func (r *rules) sameFloat(old, new float64) bool {
	return old == new || old != old && new != new || math.Abs(old-new) <= r.within
}

// sameTime counts times as too far apart if their difference is no duration.
func (r *rules) sameTime(old, new time.Time) bool {
	apart := old.Sub(new).Abs()
	return old.Equal(new) || apart <= r.timesWithin && apart != math.MaxInt64
}

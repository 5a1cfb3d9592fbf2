package insights

import "reflect"

// finite reports whether a value is small enough, and no deeper than one that holds itself would
// be, to be given to a method that writes it.
func finite(v reflect.Value) bool {
	left := maxEntries
	return visit(v, &left, 4*maxDepth)
}

func visit(v reflect.Value, left *int, depth int) bool {
	*left--
	if *left < 0 || depth == 0 {
		return false
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil() || visit(v.Elem(), left, depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			if !visit(v.Field(i), left, depth-1) {
				return false
			}
		}
	case reflect.Slice, reflect.Array:
		if flat(v.Type().Elem().Kind()) {
			return true
		}
		for i := range v.Len() {
			if !visit(v.Index(i), left, depth-1) {
				return false
			}
		}
	case reflect.Map:
		for at := v.MapRange(); at.Next(); {
			if !visit(at.Key(), left, depth-1) || !visit(at.Value(), left, depth-1) {
				return false
			}
		}
	default:
	}
	return true
}

// flat is a kind that holds nothing else.
func flat(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Complex128 || k == reflect.String
}

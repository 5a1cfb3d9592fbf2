// Package keytext turns keys of records into text and back, so that a journal can keep them.
package keytext

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// ErrType is the error of a type whose keys cannot be turned into text and back.
var ErrType = errors.New("keys of this type cannot be kept as text")

var (
	marshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Check returns an [ErrType] for a type that Encode and Decode cannot handle. They handle strings,
// integers, booleans, types with MarshalText and UnmarshalText, and arrays and structs of those if
// all fields are exported.
func Check(t reflect.Type) error {
	switch {
	case byText(t):
		return nil
	case t.Kind() == reflect.Array:
		return Check(t.Elem())
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if !field.IsExported() {
				return fmt.Errorf("%v: field %s is not exported: %w", t, field.Name, ErrType)
			}
			if err := Check(field.Type); err != nil {
				return err
			}
		}
		return nil
	case isPlain(t.Kind()):
		return nil
	default:
		return fmt.Errorf("%v: %w", t, ErrType)
	}
}

func isPlain(kind reflect.Kind) bool {
	switch kind {
	case reflect.String, reflect.Bool,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	default:
		return false
	}
}

func byText(t reflect.Type) bool {
	return t.Implements(marshaler) && reflect.PointerTo(t).Implements(unmarshaler)
}

// Encode returns the text of a key. Different keys of one type have different texts.
func Encode(key any) (string, error) {
	switch k := key.(type) {
	case string:
		return k, nil
	case int:
		return strconv.Itoa(k), nil
	case int64:
		return strconv.FormatInt(k, 10), nil
	case encoding.TextMarshaler:
		text, err := k.MarshalText()
		return string(text), err
	}
	v := reflect.ValueOf(key)
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	}
	return encodeParts(v)
}

// encodeParts returns a struct or array as a list of quoted texts, so that every string survives
// JSON.
func encodeParts(v reflect.Value) (string, error) {
	parts := make([]string, parted(v))
	for i := range parts {
		part, err := Encode(partOf(v, i).Interface())
		if err != nil {
			return "", err
		}
		parts[i] = strconv.QuoteToASCII(part)
	}
	text, err := json.Marshal(parts)
	return string(text), err
}

func parted(v reflect.Value) int {
	if v.Kind() == reflect.Array {
		return v.Len()
	}
	return v.NumField()
}

func partOf(v reflect.Value, i int) reflect.Value {
	if v.Kind() == reflect.Array {
		return v.Index(i)
	}
	return v.Field(i)
}

// Decode returns the key of a text.
func Decode[K any](text string) (key K, err error) {
	if err = decode(text, reflect.ValueOf(&key).Elem()); err != nil {
		return key, fmt.Errorf("key %q as %v: %w", text, reflect.TypeFor[K](), err)
	}
	return key, nil
}

func decode(text string, into reflect.Value) error {
	if byText(into.Type()) {
		return into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) //nolint:forcetypeassert // byText
	}
	switch {
	case into.Kind() == reflect.String:
		into.SetString(text)
		return nil
	case into.CanInt():
		n, err := strconv.ParseInt(text, 10, into.Type().Bits())
		into.SetInt(n)
		return err
	case into.CanUint():
		n, err := strconv.ParseUint(text, 10, into.Type().Bits())
		into.SetUint(n)
		return err
	case into.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		into.SetBool(b)
		return err
	default:
		return decodeParts(text, into)
	}
}

func decodeParts(text string, into reflect.Value) error {
	var parts []string
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return err
	}
	if len(parts) != parted(into) {
		return fmt.Errorf("%d parts instead of %d", len(parts), parted(into))
	}
	for i, quoted := range parts {
		part, err := strconv.Unquote(quoted)
		if err != nil {
			return err
		}
		if err := decode(part, partOf(into, i)); err != nil {
			return err
		}
	}
	return nil
}

package keytext_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/internal/keytext"
)

type (
	name string
	pair struct {
		Tenant name
		ID     int64
	}
	nested struct {
		Pair pair
		At   netip.Addr
		Two  [2]uint8
		Open bool
	}
)

func TestKeysOfManyTypesComeBack(t *testing.T) {
	t.Parallel()
	comesBack(t, "", "a", "5 \x00 \xff %", "ä")
	comesBack(t, name("n"), "")
	comesBack[int](t, 0, -7)
	comesBack[int8](t, -128, 127)
	comesBack[int64](t, -1<<63, 1<<63-1)
	comesBack[uint64](t, 1<<64-1)
	comesBack(t, true, false)
	comesBack(t, netip.MustParseAddr("10.0.0.1"))
	comesBack(t, [3]string{"", ",", `"`})
	comesBack(t, pair{"a\xffb", 1}, pair{"", -1}, pair{`","`, 0})
	comesBack(t, nested{pair{"x", 2}, netip.MustParseAddr("::1"), [2]uint8{1, 255}, true})
}

func comesBack[K comparable](t *testing.T, keys ...K) {
	t.Helper()
	require.NoError(t, keytext.Check(reflect.TypeFor[K]()))
	for _, key := range keys {
		text, err := keytext.Encode(key)
		require.NoError(t, err)
		got, err := keytext.Decode[K](text)
		require.NoError(t, err)
		assert.Equal(t, key, got)
	}
}

func TestTypesThatDoNotComeBackAreRefused(t *testing.T) {
	t.Parallel()
	type hidden struct{ a int } //nolint:unused // for its type
	for _, refused := range []reflect.Type{
		reflect.TypeFor[float64](), reflect.TypeFor[hidden](), reflect.TypeFor[any](),
		reflect.TypeFor[[2]complex64](), reflect.TypeFor[struct{ P *int }](),
	} {
		require.ErrorIs(t, keytext.Check(refused), keytext.ErrType, refused.String())
	}
	require.NoError(t, keytext.Check(reflect.TypeFor[time.Time]()), "it marshals itself")
}

func TestTextsOfAnotherTypeAreErrors(t *testing.T) {
	t.Parallel()
	_, err := keytext.Decode[int8]("300")
	require.ErrorContains(t, err, `key "300" as int8`)
	for _, text := range []string{"", "{}", `["a"]`, `["\"a\"","1"]`, `["\"a\"","\"x\""]`} {
		_, err := keytext.Decode[pair](text)
		require.Error(t, err, text)
	}
	_, err = keytext.Decode[bool]("maybe")
	require.Error(t, err)
	_, err = keytext.Decode[uint]("-1")
	require.Error(t, err)
	_, err = keytext.Decode[netip.Addr]("nowhere")
	require.Error(t, err)
}

func FuzzStringsOfAStructComeBack(f *testing.F) {
	f.Add("a", "b", int64(1))
	f.Fuzz(func(t *testing.T, a, b string, n int64) {
		type key struct {
			A, B string
			N    int64
		}
		text, err := keytext.Encode(key{a, b, n})
		require.NoError(t, err)
		got, err := keytext.Decode[key](text)
		require.NoError(t, err)
		require.Equal(t, key{a, b, n}, got)
	})
}

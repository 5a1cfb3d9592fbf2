package compare_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

// FuzzJSONAgainstReference wants the answer of encoding/json with numbers by math/big of any two
// texts.
func FuzzJSONAgainstReference(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":1}`, `{"a":1.0}`},
		{`[1e309,"x"]`, `not JSON`},
		{`{"a":[1,2,{"b":null}]}`, `{ "a" : [1,2.0,{"b":0}] }`},
		{`"\ud83d\ude00"`, `"😀"`},
		{`["\ud800"]`, `["\udbff"]`},
		{`{"a":1,"a":2}`, `{"a":2}`},
		{`[0.1,-0,1E+2]`, `[0.10,0,100]`},
		{"{\"n\":\"\xfc\"}", "{\"n\":\"\xf6\"}"},
		{`"\u00e9\"\\\/\b\f\n\r\t"`, `"é\"\\/\b\f\n\r\t"`},
		{`[[],{},true,false]`, `[{},[],false,true]`},
	} {
		f.Add(seed[0], seed[1], uint8(0))
		f.Add(seed[0], seed[1], uint8(7))
	}
	f.Fuzz(func(t *testing.T, left, right string, tolerance uint8) {
		within := []string{"0", "0.001", "0.1", "0.5", "1", "3", "100", "1e-7", "1e300"}[int(tolerance)%9]
		x, err := strconv.ParseFloat(within, 64)
		require.NoError(t, err)
		documents := compare.JSON[string](compare.NumbersWithin(x))
		answer, differences := documents.Compare(left, right), documents.Explain(left, right)
		require.Equal(t, answer == compare.Different, len(differences) > 0)
		require.Equal(t, compare.Same, documents.Compare(left, left))
		if len(left) > 5000 || len(right) > 5000 || hugeExponent.MatchString(left+" "+right) {
			return // not for math/big
		}
		require.NotEqual(t, compare.Undecided, answer)
		tolerated, _ := new(big.Rat).SetString(within)
		require.Equal(t, sameDocuments(left, right, tolerated), answer == compare.Same, "%v", differences)
	})
}

var (
	hugeExponent = regexp.MustCompile(`[eE][+-]?0*[1-9][0-9]{3}`)
	anEscape     = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)
)

func sameDocuments(left, right string, within *big.Rat) bool {
	old, oldErr := decoded(left)
	new, newErr := decoded(right)
	if oldErr != nil || newErr != nil {
		return left == right
	}
	return sameParts(old, new, within)
}

func decoded(text string) (any, error) {
	if !utf8.ValidString(text) || loneSurrogate(text) {
		return nil, errors.New("no text")
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one")
	}
	keys := 0
	countKeys(document, &keys)
	if keys != writtenKeys(text) {
		return nil, errors.New("a key is there twice")
	}
	return document, nil
}

// loneSurrogate looks for half of a pair among the escapes.
func loneSurrogate(text string) bool {
	high, end := false, 0
	for _, at := range anEscape.FindAllStringIndex(text, -1) {
		isHigh, isLow := false, false
		if e := text[at[0]:at[1]]; len(e) == 6 {
			n, _ := strconv.ParseUint(e[2:], 16, 16)
			isHigh, isLow = n >= 0xD800 && n < 0xDC00, n >= 0xDC00 && n < 0xE000
		}
		if high && (!isLow || at[0] != end) || isLow && !high {
			return true
		}
		high, end = isHigh, at[1]
	}
	return high
}

func countKeys(document any, n *int) {
	switch v := document.(type) {
	case map[string]any:
		*n += len(v)
		for _, below := range v {
			countKeys(below, n)
		}
	case []any:
		for _, below := range v {
			countKeys(below, n)
		}
	}
}

// writtenKeys counts the colons outside of texts.
func writtenKeys(text string) (n int) {
	inText := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '"':
			inText = !inText
		case text[i] == ':' && !inText:
			n++
		}
	}
	return n
}

func sameParts(old, new any, within *big.Rat) bool {
	switch a := old.(type) {
	case map[string]any:
		b, ok := new.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, below := range a {
			other, found := b[k]
			if !found || !sameParts(below, other, within) {
				return false
			}
		}
		return true
	case []any:
		b, ok := new.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameParts(a[i], b[i], within) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := new.(json.Number)
		if !ok {
			return false
		}
		x, _ := rational(string(a))
		y, _ := rational(string(b))
		apart := x.Sub(x, y)
		return apart.Abs(apart).Cmp(within) <= 0
	default:
		return old == new
	}
}

func rational(s string) (*big.Rat, bool) { return new(big.Rat).SetString(s) }

package compare_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

func TestJSONComparesWhatDocumentsSay(t *testing.T) {
	t.Parallel()
	same := map[string]string{
		`{"a":1,"b":[true,null]}`:   ` { "b" : [true, null], "a" : 1.0 } `,
		`12345678901234567`:         `12345678901234567`,
		`1e2`:                       `100`,
		`not JSON`:                  `not JSON`,
		`[]`:                        `[ ]`,
		`{"n":1e19}`:                `{"n":10000000000000000000}`,
		`{"n":9007199254740994}`:    `{"n":9007199254740994.0}`,
		`{"n":10000000000000000}`:   `{"n":1E+16}`,
		`{"n":-0}`:                  `{"n":0e5}`,
		`0.00`:                      `-0.0e-99999999999999999999`,
		`1e999999999`:               `10e999999998`,
		`"\u00e9\n\ud83d\ude00"`:    `"é\u000a😀"`,
		`"\"\\\/\b\f\r\t"`:          `"\u0022\u005c\u002f\u0008\u000c\u000d\u0009"`,
		`{"\u0061":{}, "b":false}`:  `{"b":false,"a":{ }}`,
		"[\t1,\r\n2 ]":              `[1,2]`,
		"\"M\xfcller\"":             "\"M\xfcller\"",
		`{"a":1,"a":2}`:             `{"a":1,"a":2}`,
		`1e99999999999999999999999`: `1e99999999999999999999999`,
	}
	for old, new := range same {
		agree(t, compare.Same, compare.JSON[string](), old, new)
	}
	n := func(s string) json.Number { return json.Number(s) }
	different := map[[2]string][]compare.Difference{
		{`{"lines":[{"unit_price":435}]}`, `{"lines":[{"unit_price":434}]}`}: {{Path: "lines[0].unit_price", Old: n("435"), New: n("434")}},
		{`{"a":null}`, `{}`}:                               {{Path: "a", Old: nil, New: compare.Missing}},
		{`{"a":"1"}`, `{"a":1}`}:                           {{Path: "a", Old: "1", New: n("1")}},
		{`9007199254740993`, `9007199254740992`}:           {{Old: n("9007199254740993"), New: n("9007199254740992")}},
		{`123456789012345678901`, `123456789012345678902`}: {{Old: n("123456789012345678901"), New: n("123456789012345678902")}},
		{`1e400`, `2e400`}:                                 {{Old: n("1e400"), New: n("2e400")}},
		{`1e-400`, `2e-400`}:                               {{Old: n("1e-400"), New: n("2e-400")}},
		{`1`, `-1`}:                                        {{Old: n("1"), New: n("-1")}},
		{`not JSON`, `{}`}:                                 {{Old: "not JSON", New: "{}"}},
		{`1 2`, `1`}:                                       {{Old: "1 2", New: "1"}},
		{`1.000000000000000001`, `1.000000000000000002`}:   {{Old: n("1.000000000000000001"), New: n("1.000000000000000002")}},
		{`123456789012345678.91`, `123456789012345678.92`}: {{Old: n("123456789012345678.91"), New: n("123456789012345678.92")}},
		{"\"M\xfcller\"", "\"M\xf6ller\""}:                 {{Old: "\"M\xfcller\"", New: "\"M\xf6ller\""}},
		{"\"M\xfcller\"", "\"M\uFFFDller\""}:               {{Old: "\"M\xfcller\"", New: "\"M\uFFFDller\""}},
		{`"\ud800"`, `"\udbff"`}:                           {{Old: `"\ud800"`, New: `"\udbff"`}},
		{`"\ud800x"`, `"\ud800y"`}:                         {{Old: `"\ud800x"`, New: `"\ud800y"`}},
		{`"\ud800\u0041"`, `"\ufffdA"`}:                    {{Old: `"\ud800\u0041"`, New: `"\ufffdA"`}},
		{`{"a":1,"a":2}`, `{"a":2}`}:                       {{Old: `{"a":1,"a":2}`, New: `{"a":2}`}},
		{`{"a":1,"\u0061":2}`, `{"a":2}`}:                  {{Old: `{"a":1,"\u0061":2}`, New: `{"a":2}`}},
	}
	for documents, want := range different {
		answer, differences := explained(t, compare.JSON[json.RawMessage](), json.RawMessage(documents[0]), json.RawMessage(documents[1]))
		assert.Equal(t, compare.Different, answer, documents)
		assert.Equal(t, want, differences)
	}
}

func TestWhatIsNotJSONIsComparedByBytes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "{", "[", "[1", "[1 2]", "[1,]", "[,1]", "{1:2}", `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{"a":1 "b":2}`, `{"a" 1}`, `{"a":1,"b"`,
		`"`, `"a`, "\"\n\"", "\"\\\\\n\"", `"\x"`, `"\`, `"\u12"`, `"\u12g4"`, `"\u+123"`, `"a\`, `"\n`, `"\ud800\u"`, "nul", "tru", "fals", "True", "'a'", "-", "01", "1.", ".5", "1e", "1e+", "+1", "NaN", "0x1", "1,", "[1]]", "\v1",
	} {
		assert.False(t, json.Valid([]byte(text)), text)
		agree(t, compare.Different, compare.JSON[string](), text, text+" ")
		agree(t, compare.Same, compare.JSON[[]byte](), []byte(text), []byte(text))
	}
}

func TestJSONIsUndecidedAboutWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	nested := func(n int, of string) string { return strings.Repeat("[", n) + of + strings.Repeat("]", n) }
	c := compare.JSON[string]()
	agree(t, compare.Same, c, nested(250, "1"), " "+nested(250, "1"))
	agree(t, compare.Different, c, nested(250, "1"), nested(250, "2"))
	agree(t, compare.Same, c, nested(9_900, "1"), " "+nested(9_900, "1"))
	agree(t, compare.Undecided, c, nested(2_000_000, "1"), " "+nested(2_000_000, "1"))
	agree(t, compare.Undecided, c, strings.Repeat(`{"a":`, 50_000), " "+strings.Repeat(`{"a":`, 50_000))
	agree(t, compare.Different, c, nested(20_000, "1"), "no JSON")
	agree(t, compare.Undecided, c, `{"a":1e99999999999999999999999}`, ` {"a":1e99999999999999999999999}`)
	agree(t, compare.Undecided, c, `1e1000000000000001`, `1`)
}

func TestTheCostOfEscapesGrowsWithTheirNumber(t *testing.T) {
	t.Parallel()
	text := `["` + strings.Repeat(`\n\u00e9`, 500_000) + `"]`
	begun := time.Now()
	agree(t, compare.Same, compare.JSON[string](), text, " "+text)
	assert.Less(t, time.Since(begun), 20*time.Second)
}

func TestJSONIsUndecidedAboutLongNumbersWithinATolerance(t *testing.T) {
	t.Parallel()
	sevens := strings.Repeat("7", 3_000_000)
	begun := time.Now()
	tolerant := compare.JSON[string](compare.NumbersWithin(3))
	agree(t, compare.Undecided, tolerant, sevens+"8", sevens+"9")
	agree(t, compare.Same, tolerant, sevens, sevens+".0")
	agree(t, compare.Different, compare.JSON[string](), sevens+"8", sevens+"9")
	assert.Less(t, time.Since(begun), 20*time.Second)
	agree(t, compare.Same, tolerant, sevens[:4999]+"8", sevens[:4999]+"9")
}

func TestJSONToleratesExactly(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	for _, c := range []struct {
		within   float64
		old, new string
		want     compare.Answer
	}{
		{0.001, `{"id":1541815603606036480}`, `{"id":1541815603606036481}`, compare.Different},
		{0.01, `19.99`, `20.00`, compare.Same},
		{0.01, `19.99`, `20.0000000000000000000001`, compare.Different},
		{0.3, `1`, `1.3`, compare.Same},
		{0.1, `-0.05`, `0.05`, compare.Same},
		{0.1, `-0.05`, `0.0500001`, compare.Different},
		{1, `1e999999999`, `2e999999999`, compare.Different},
		{1, `1e999999999`, `1`, compare.Different},
		{1, `1e999999999`, `-1e999999999`, compare.Different},
		{1, `1e999999999`, `0`, compare.Different},
		{1, `1e-999999999`, `2e-999999999`, compare.Same},
		{1, `1e-999999999`, `0`, compare.Same},
		{1, `1e-999999999`, `1`, compare.Same},
		{1, `-1e-999999999`, `1`, compare.Different},
		{1, `1.0`, `-1e-999999999`, compare.Different},
		{1, `2`, `1`, compare.Same},
		{1, `2`, `0`, compare.Different},
		{10, `1e30`, `1000000000000000000000000000010`, compare.Same},
		{9, `1e30`, `1000000000000000000000000000010`, compare.Different},
		{1, `1e30`, `-1000000000000000000000000000001`, compare.Different},
		{1, `1000.5`, `1001`, compare.Same},
		{1, `999`, `1000.5`, compare.Different},
		{1e300, `1e299`, `-5`, compare.Same},
		{1e-300, `1e-299`, `0`, compare.Different},
	} {
		agree(t, c.want, compare.JSON[string](compare.NumbersWithin(c.within)), c.old, c.new)
	}
	agree(t, compare.Different, compare.JSON[string](), `1e999999999`, `1e-999999999`)
	assert.Less(t, time.Since(begun), 10*time.Second)
}

func TestRulesHoldForDocuments(t *testing.T) {
	t.Parallel()
	c := compare.JSON[string](compare.Ignore("at", `lines[].note`), compare.Unordered("tags"), compare.KeyedBy("lines", "id"))
	require.NoError(t, c.Err())
	negative := compare.JSON[string](compare.KeyedBy("", "id"))
	agree(t, compare.Same, negative, `[{"id":-1.5},{"id":1.5}]`, `[{"id":1.50},{"id":-15e-1}]`)
	agree(t, compare.Same, c,
		`{"at":1,"tags":["a","b"],"lines":[{"id":1,"note":"x"},{"id":2}]}`, `{"tags":["b","a"],"lines":[{"id":2},{"id":1,"note":"y"}]}`)
}

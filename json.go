package cutover

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// JSON compares documents by what they say: the order of keys, white space and how a number is written do not matter. It
// explains as [Deep] does, with paths such as "lines[2].unit_price". Documents that are not JSON agree if they are the
// same to the byte.
func JSON[R ~string | ~[]byte](rules ...Rule) Comparison[R] {
	r := rulesOf(rules)
	return Comparison[R]{
		equal:   func(old, new R) bool { return len(r.documentDifferences([]byte(old), []byte(new), 1)) == 0 },
		explain: func(old, new R) []Difference { return r.documentDifferences([]byte(old), []byte(new), maxDifferences) },
	}
}

func (r *rules) documentDifferences(old, new []byte, most int) []Difference {
	if bytes.Equal(old, new) {
		return nil
	}
	oldDocument, oldErr := parseDocument(old)
	newDocument, newErr := parseDocument(new)
	if oldErr != nil || newErr != nil {
		return []Difference{{Old: string(old), New: string(new)}}
	}
	return r.differences(oldDocument, newDocument, most)
}

func parseDocument(text []byte) (document any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	return plain(document), nil
}

// plain turns numbers into those that compare by value: floats, but for whole numbers that a float cannot hold.
func plain(document any) any {
	switch v := document.(type) {
	case map[string]any:
		for key, element := range v {
			v[key] = plain(element)
		}
	case []any:
		for i, element := range v {
			v[i] = plain(element)
		}
	case json.Number:
		return plainNumber(v)
	}
	return document
}

// exactFloats is how far floats hold each whole number.
const exactFloats = 1 << 53

func plainNumber(n json.Number) any {
	whole, err := n.Int64()
	if err == nil && (whole > exactFloats || whole < -exactFloats) {
		return whole
	}
	float, floatErr := n.Float64()
	if floatErr != nil || err != nil && !strings.ContainsAny(n.String(), ".eE") {
		return n.String() // too large for either
	}
	return float
}

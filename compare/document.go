package compare

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	errNotJSON  = errors.New("no JSON document, or not a clear one")
	errTooLarge = errors.New("nested too deep, or a number is too large")
)

// parseDocument reads a document as encoding/json does with UseNumber, but refuses what that takes
// for something else without a word: text that is not UTF-8, half of a surrogate pair, and an
// object with the same key twice.
func parseDocument(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errNotJSON
	}
	p := parser{text: text}
	document, err := p.value()
	if p.space(); err == nil && p.at < len(text) {
		err = errNotJSON
	}
	return document, err
}

type parser struct {
	text  string
	at    int
	depth int
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next takes a byte after white space, if it is there.
func (p *parser) next(b byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *parser) value() (any, error) {
	p.space()
	if p.at == len(p.text) {
		return nil, errNotJSON
	}
	switch b := p.text[p.at]; {
	case b == '{':
		return p.nested(p.object)
	case b == '[':
		return p.nested(p.list)
	case b == '"':
		return p.string()
	case b == '-' || isDigit(b):
		return p.number()
	case p.word("null"):
		return nil, nil //nolint:nilnil // that is what it says
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	default:
		return nil, errNotJSON
	}
}

func (p *parser) word(w string) bool {
	found := strings.HasPrefix(p.text[p.at:], w)
	if found {
		p.at += len(w)
	}
	return found
}

func (p *parser) nested(read func() (any, error)) (any, error) {
	if p.depth == maxDepth {
		return nil, errTooLarge
	}
	p.depth++
	p.at++
	v, err := read()
	p.depth--
	return v, err
}

func (p *parser) list() (any, error) {
	list := []any{}
	if p.next(']') {
		return list, nil
	}
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if p.next(']') {
			return list, nil
		}
		if !p.next(',') {
			return nil, errNotJSON
		}
	}
}

func (p *parser) object() (any, error) {
	object := map[string]any{}
	if p.next('}') {
		return object, nil
	}
	for {
		p.space()
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return nil, errNotJSON
		}
		key, err := p.string()
		if err != nil || !p.next(':') {
			return nil, errNotJSON
		}
		if _, twice := object[key]; twice {
			return nil, errNotJSON
		}
		if object[key], err = p.value(); err != nil {
			return nil, err
		}
		if p.next('}') {
			return object, nil
		}
		if !p.next(',') {
			return nil, errNotJSON
		}
	}
}

// string reads a text. Without escapes it is a part of the document, and costs nothing.
func (p *parser) string() (string, error) {
	from := p.at + 1
	for i := from; i < len(p.text); i++ {
		switch b := p.text[i]; {
		case b == '"':
			p.at = i + 1
			return p.text[from:i], nil
		case b == '\\':
			return p.escaped(from, i)
		case b < ' ':
			return "", errNotJSON
		}
	}
	return "", errNotJSON
}

// escaped reads a text that has an escape at i.
func (p *parser) escaped(from, i int) (string, error) {
	b := []byte(p.text[from:i])
	for i < len(p.text) {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			return string(b), nil
		case c < ' ':
			return "", errNotJSON
		case c != '\\':
			b = append(b, c)
			i++
		case strings.HasPrefix(p.text[i:], `\u`):
			r, n := unicodeEscape(p.text[i:])
			if n == 0 {
				return "", errNotJSON
			}
			b = utf8.AppendRune(b, r)
			i += n
		default:
			at := -1
			if i+1 < len(p.text) {
				at = strings.IndexByte(`"\/bfnrt`, p.text[i+1])
			}
			if at < 0 {
				return "", errNotJSON
			}
			b = append(b, "\"\\/\b\f\n\r\t"[at])
			i += 2
		}
	}
	return "", errNotJSON
}

// unicodeEscape reads an escape such as \u00e9, or a pair of them, and returns its length: 0 if it
// is none, or half of a pair.
func unicodeEscape(s string) (rune, int) {
	first, ok := hexRune(s)
	if !ok || !utf16.IsSurrogate(first) {
		return first, 6 * boolToInt(ok)
	}
	second, ok := hexRune(s[6:])
	if !ok {
		return 0, 0
	}
	r := utf16.DecodeRune(first, second)
	return r, 12 * boolToInt(r != utf8.RuneError)
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func hexRune(s string) (rune, bool) {
	if len(s) < 6 || !strings.HasPrefix(s, `\u`) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// number reads a number and keeps it as it is written.
func (p *parser) number() (any, error) {
	from := p.at
	p.skip('-')
	if !p.skip('0') && !p.digits() {
		return nil, errNotJSON
	}
	if p.skip('.') && !p.digits() {
		return nil, errNotJSON
	}
	withExponent := p.skip('e') || p.skip('E')
	if withExponent {
		if !p.skip('+') {
			p.skip('-')
		}
		if !p.digits() {
			return nil, errNotJSON
		}
	}
	n := p.text[from:p.at]
	if withExponent {
		if _, ok := parseDecimal(n); !ok {
			return nil, errTooLarge
		}
	}
	return json.Number(n), nil
}

func (p *parser) skip(b byte) bool {
	found := p.at < len(p.text) && p.text[p.at] == b
	if found {
		p.at++
	}
	return found
}

func (p *parser) digits() bool {
	from := p.at
	for p.at < len(p.text) && isDigit(p.text[p.at]) {
		p.at++
	}
	return p.at > from
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

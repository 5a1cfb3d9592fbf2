package cutover

import (
	"strconv"
	"strings"
)

// step is one step of a path: a name, or in brackets a quoted key or an index.
type step struct {
	kind stepKind
	name string
	n    int
}

type stepKind uint8

const (
	aName stepKind = iota
	aKey
	anIndex
	anyName    // in patterns alone
	anyBracket // in patterns alone
)

// keyStep is a name for what looks like one.
func keyStep(key string) step {
	if isName(key) {
		return step{kind: aName, name: key}
	}
	return step{kind: aKey, name: key}
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r == '-' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// path leads from a result to a place in it.
type path []step

func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch s.kind {
		case anIndex:
			b.WriteString("[" + strconv.Itoa(s.n) + "]")
		case aKey:
			b.WriteString("[" + strconv.Quote(s.name) + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// matches reports whether the path is one that the pattern, a path with wildcards, leads to.
func (p path) matches(pattern path) bool {
	if len(p) != len(pattern) {
		return false
	}
	for i, s := range p {
		switch want := pattern[i]; want.kind {
		case anyName:
			if s.kind != aName {
				return false
			}
		case anyBracket:
			if s.kind != anIndex && s.kind != aKey {
				return false
			}
		default:
			if s != want {
				return false
			}
		}
	}
	return true
}

func (p path) matchesAny(patterns []path) bool {
	for _, pattern := range patterns {
		if p.matches(pattern) {
			return true
		}
	}
	return false
}

func parsePatterns(written []string) []path {
	parsed := make([]path, len(written))
	for i, w := range written {
		parsed[i] = parsePattern(w)
	}
	return parsed
}

// parsePattern reads what String of a path writes, and wildcards. It takes any text: what is no path leads nowhere.
func parsePattern(written string) (p path) {
	for rest := written; rest != ""; {
		switch rest[0] {
		case '.':
			rest = rest[1:]
		case '[':
			end := bracketEnd(rest)
			p = append(p, bracketStep(rest[1:end]))
			rest = rest[min(end+1, len(rest)):]
		default:
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			p = append(p, nameStep(rest[:end]))
			rest = rest[end:]
		}
	}
	return p
}

func nameStep(name string) step {
	if name == "*" {
		return step{kind: anyName}
	}
	return step{kind: aName, name: name}
}

func bracketStep(inside string) step {
	if inside == "*" {
		return step{kind: anyBracket}
	}
	if n, err := strconv.Atoi(inside); err == nil {
		return step{kind: anIndex, n: n}
	}
	if key, err := strconv.Unquote(inside); err == nil {
		inside = key
	}
	return keyStep(inside)
}

// bracketEnd finds the closing bracket, past a quoted key that may hold one.
func bracketEnd(s string) int {
	from := 1
	if quoted, err := strconv.QuotedPrefix(s[1:]); err == nil {
		from += len(quoted)
	}
	if end := strings.IndexByte(s[from:], ']'); end >= 0 {
		return from + end
	}
	return len(s)
}

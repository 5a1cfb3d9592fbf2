package sqljournal

import (
	"fmt"
	"strconv"
	"strings"
)

// statement is a statement in the language of the database, and the names of its parameters.
type statement struct {
	text   string
	params []string
}

// args are the values of a statement's parameters. All statements have the parameter clock.
type args map[string]any

func (s statement) values(a args, clock int64) []any {
	values := make([]any, len(s.params))
	for i, name := range s.params {
		if values[i] = a[name]; name == "clock" {
			values[i] = clock
		}
	}
	return values
}

// translator makes statements of text with words in braces and parameters such as @owner.
type translator struct {
	dialect Dialect
	tables  map[string]string
}

func newTranslator(c Config) translator {
	t := translator{c.Dialect, map[string]string{}}
	schema := ""
	if c.Schema != "" {
		schema = quote(c.Schema) + "."
	}
	for _, name := range []string{"rows", "instances", "uses", "epochs", "gaps", "version"} {
		t.tables[name] = schema + quote(c.Prefix+name)
	}
	t.tables["due"] = quote(c.Prefix + "rows_due")
	t.tables["schema"] = quote(c.Schema)
	return t
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// words replaces the words in braces.
func (t translator) words(text string) string {
	for strings.Contains(text, "{") {
		before, rest, _ := strings.Cut(text, "{")
		word, after, _ := strings.Cut(rest, "}")
		said, ok := speech[t.dialect][word]
		if !ok {
			said, ok = t.tables[word]
		}
		if !ok {
			said, ok = phrases[word]
		}
		if !ok {
			panic(fmt.Sprintf("sqljournal: unknown word %q in a statement", word))
		}
		text = before + said + after
	}
	return strings.Join(strings.Fields(text), " ")
}

// statement replaces the words and the parameters.
func (t translator) statement(text string) statement {
	var s statement
	var b strings.Builder
	parts := strings.Split(t.words(text), "@")
	b.WriteString(parts[0])
	mark := "$"
	if t.dialect == SQLite {
		mark = "?"
	}
	for _, part := range parts[1:] {
		end := strings.IndexFunc(part, func(r rune) bool { return r < 'a' || r > 'z' })
		if end < 0 {
			end = len(part)
		}
		b.WriteString(mark + strconv.Itoa(s.number(part[:end])) + part[end:])
	}
	s.text = b.String()
	return s
}

func (s *statement) number(name string) int {
	for i, p := range s.params {
		if p == name {
			return i + 1
		}
	}
	s.params = append(s.params, name)
	return len(s.params)
}

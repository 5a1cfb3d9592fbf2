package cutover_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// page is README.md or a page of docs.
type page struct {
	path string
	text string
}

// pages returns all of them. They refer to modules that a copy of the root module lacks; the test
// is skipped there.
func pages(t *testing.T) []page {
	t.Helper()
	if _, err := os.Stat("otelcutover/go.mod"); err != nil {
		t.Skip("this is not the whole repository")
	}
	paths, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var all []page
	for _, name := range append(paths, "README.md") {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		all = append(all, page{filepath.ToSlash(name), string(text)})
	}
	return all
}

// block is the text between two fences.
type block struct {
	line     int // of the opening fence
	language string
	marked   bool // the line above it is the marker
	lines    []string
}

// marker is the line above a block whose code is added with a change of other files.
const marker = "<!-- not compiled yet -->"

// blocks returns the fenced blocks of a page, and its lines outside of them.
func (p page) blocks() (all []block, prose map[int]string) {
	prose = make(map[int]string)
	lines := strings.Split(p.text, "\n")
	open := false
	for i, line := range lines {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !open:
			marked := i > 0 && lines[i-1] == marker
			all = append(all, block{line: i + 1, language: language, marked: marked})
			open = true
		case fence:
			open = false
		case open:
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		default:
			prose[i+1] = line
		}
	}
	return all, prose
}

// squeezed returns code without what gofmt and its place in a file decide: indentation, alignment
// and empty lines.
func squeezed(lines []string) string {
	var all strings.Builder
	for _, line := range lines {
		if words := strings.Fields(line); len(words) > 0 {
			all.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	return "\n" + all.String()
}

var compiled = sync.OnceValues(func() (map[string]string, error) {
	files := make(map[string]string)
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := entry.Name(); entry.IsDir() {
			if name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil || strings.HasPrefix(string(text), "//go:build ignore") {
			return err
		}
		files[name] = squeezed(strings.Split(string(text), "\n"))
		return nil
	})
	return files, err
})

func isCompiled(t *testing.T, lines []string) bool {
	t.Helper()
	files, err := compiled()
	require.NoError(t, err)
	code := squeezed(lines)
	for _, text := range files {
		if strings.Contains(text, code) {
			return true
		}
	}
	return false
}

func TestCodeInTheDocsIsCompiled(t *testing.T) {
	t.Parallel()
	found := 0
	for _, p := range pages(t) {
		blocks, _ := p.blocks()
		for _, b := range blocks {
			if b.language != "go" {
				assert.False(t, b.marked, "%s:%d: only Go code is compiled", p.path, b.line)
				continue
			}
			found++
			if !b.marked {
				assert.True(t, isCompiled(t, b.lines), "%s:%d: no Go file has this code", p.path, b.line)
			}
		}
	}
	assert.Greater(t, found, 20, "the pages have programs")
}

// The output that a page shows must be the output of an Example.
func TestOutputInTheDocsIsThatOfAnExample(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		blocks, _ := p.blocks()
		for _, b := range blocks {
			if b.language != "text" {
				continue
			}
			wanted := make([]string, len(b.lines))
			for i, line := range b.lines {
				wanted[i] = "// " + line
			}
			assert.True(t, isCompiled(t, wanted) || isCompiled(t, afterOutput(wanted)),
				"%s:%d: no Example prints this", p.path, b.line)
		}
	}
}

// afterOutput formats an output as Examples do that begin it on the line of the keyword.
func afterOutput(wanted []string) []string {
	first := strings.Replace(wanted[0], "// ", "// Output: ", 1)
	return append([]string{first}, wanted[1:]...)
}

func TestEachPageHasAProgram(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		blocks, prose := p.blocks()
		programs := 0
		for _, b := range blocks {
			if b.language == "go" {
				programs++
			}
		}
		if p.path != "docs/README.md" {
			assert.Positive(t, programs, "%s has no program", p.path)
		}
		assert.True(t, strings.HasPrefix(prose[1], "# "), "%s begins with its title", p.path)
	}
}

func TestTheReadmeIsShort(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		if p.path == "README.md" {
			assert.Less(t, strings.Count(p.text, "\n"), 200)
			assert.Contains(t, p.text, "\ngo run ./examples/quickstart ")
			assert.Contains(t, p.text, "\ngo test work ")
		}
	}
}

func TestTheIndexNamesEachPage(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for _, index := range all {
		if index.path != "docs/README.md" {
			continue
		}
		for _, p := range all {
			if name := path.Base(p.path); name != "README.md" {
				assert.Contains(t, index.text, "("+name+")")
			}
		}
	}
}

func TestTheDocsAreWrapped(t *testing.T) {
	t.Parallel()
	unbreakable := regexp.MustCompile(`^\S*\[[^]]*\]: \S+$`)
	for _, p := range pages(t) {
		_, prose := p.blocks()
		for number, line := range prose {
			if !strings.HasPrefix(line, "|") && !unbreakable.MatchString(line) {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), 100, "%s:%d is long", p.path, number)
			}
		}
	}
}

func TestTheDocsNameNothingThatIsGone(t *testing.T) {
	t.Parallel()
	gone := []string{
		"BackgroundLimit", "Redact(", "CompareWith", "cutover.Deep", "cutover.Equal", "cutover.JSON",
		"NotBothRead", "NotBothSucceeded", "Fresh:", "Wire:", "Want:", "`Fresh`", "`Wire`", "`Want`",
	}
	for _, p := range pages(t) {
		for _, name := range gone {
			assert.NotContains(t, p.text, name, "%s", p.path)
		}
	}
}

// A context of the default kind is a user. The flag must be evaluated for how the data is
// partitioned.
func TestTheDocsEvaluateTheFlagForNoUser(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		assert.NotContains(t, p.text, "ldcontext.New(", "%s", p.path)
		assert.NotContains(t, p.text, "user-123", "%s", p.path)
	}
}

// An exported name in backquotes, alone or with arguments, must be a word of some Go file.
func TestTheDocsNameWhatThereIs(t *testing.T) {
	t.Parallel()
	files, err := compiled()
	require.NoError(t, err)
	words := make(map[string]bool)
	word := regexp.MustCompile(`\b[A-Z]\w*`)
	for _, text := range files {
		for _, name := range word.FindAllString(text, -1) {
			words[name] = true
		}
	}
	name := regexp.MustCompile("`(?:\\w+\\.)?([A-Z][a-z]\\w*)(?:\\([^`]*\\))?`")
	for _, p := range pages(t) {
		for _, match := range name.FindAllStringSubmatch(p.text, -1) {
			assert.True(t, words[match[1]], "%s: %s is no name", p.path, match[0])
		}
	}
}

// picturesToCome excludes a picture from the link check until its files exist.
var picturesToCome = regexp.MustCompile(`(?s)<!-- pictures to come -->.*?</picture>`)

func TestLinksInTheDocsLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)|(?m:^\[[^]]+\]:\s+(\S+)$)|(?:src|srcset|href)="([^"]+)"`)
	reference := regexp.MustCompile(`\]\[([^]]+)\]`)
	for _, p := range pages(t) {
		_, prose := p.blocks()
		text := picturesToCome.ReplaceAllString(inOrder(prose), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := match[1] + match[2] + match[3]
			if strings.HasPrefix(target, "https://") {
				continue
			}
			assert.NoError(t, resolve(path.Dir(p.path), p.path, target), "%s: %s", p.path, target) //nolint:testifylint // tell all
		}
		for _, match := range reference.FindAllStringSubmatch(text, -1) {
			assert.Contains(t, text, "\n["+match[1]+"]: ", "%s: reference", p.path)
		}
	}
}

func inOrder(prose map[int]string) string {
	last := 0
	for number := range prose {
		last = max(last, number)
	}
	var text strings.Builder
	for number := 1; number <= last; number++ {
		text.WriteString(prose[number] + "\n")
	}
	return text.String()
}

// resolve looks for a file, and for a heading in it if the target has one.
func resolve(dir, self, target string) error {
	file, anchor, _ := strings.Cut(target, "#")
	name := self
	if file != "" {
		name = path.Join(dir, file)
	}
	info, err := os.Stat(filepath.FromSlash(name))
	if err != nil || anchor == "" {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a directory and has no headings", name)
	}
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	_, prose := page{name, string(text)}.blocks()
	for _, line := range prose {
		if heading := strings.TrimLeft(line, "#"); heading != line && slug(heading) == anchor {
			return nil
		}
	}
	return fmt.Errorf("%s has no heading #%s", name, anchor)
}

// slug returns the anchor that GitHub makes from a heading.
func slug(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(heading))
	heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(heading, "")
	return strings.ReplaceAll(heading, " ", "-")
}

func TestJSONInTheDocsIsValid(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		blocks, _ := p.blocks()
		for _, b := range blocks {
			if b.language == "json" {
				assert.True(t, json.Valid([]byte(strings.Join(b.lines, "\n"))), "%s:%d", p.path, b.line)
			}
		}
	}
}

// LaunchDarkly's EU and federal instances have no migration flags. The real client accepts a plain
// string flag instead, and every read of both systems is compared.
func TestAPlainStringFlagWorks(t *testing.T) {
	t.Parallel()
	stages := make([]ldvalue.Value, 0, len(allStages))
	for _, stage := range allStages {
		stages = append(stages, ldvalue.String(string(stage)))
	}
	for _, fast := range []bool{true, false} {
		data, events := ldtestdata.DataSource(), &opEvents{}
		data.Update(data.Flag("orders-to-postgres").Variations(stages...).FallthroughVariationIndex(0))
		client := customClient(t, ld.Config{DataSource: data, Events: events})
		c := build(t, cutover.New(client, "orders-to-postgres").
			DefaultStage(ldmigration.Complete).Logger((&logBook{}).logger()).FastEvaluation(fast))
		get, put := functionsOfStrings(t, c)

		for i, stage := range allStages {
			data.Update(data.Flag("orders-to-postgres").FallthroughVariationIndex(i))
			for range 20 {
				detail := get.ReadDetail(t.Context(), acme, "o-1")
				require.Equal(t, stage, detail.Stage)
				_, err := put.Write(t.Context(), acme, "o-1")
				require.NoError(t, err)
			}
		}
		requireEventsOfStringFlag(t, events)
	}
}

func functionsOfStrings(
	t *testing.T, c *cutover.Cutover,
) (*cutover.Reader[string, string], *cutover.ReturningWriter[string, string]) {
	t.Helper()
	same := func(_ context.Context, id string) (string, error) { return "order " + id, nil }
	get, err := cutover.NewReader(c, same, same).CompareEqual().Build()
	require.NoError(t, err)
	put, err := cutover.NewReturningWriter(c, same, same).Build()
	require.NoError(t, err)
	return get, put
}

func requireEventsOfStringFlag(t *testing.T, events *opEvents) {
	t.Helper()
	events.mu.Lock()
	defer events.mu.Unlock()
	require.Len(t, events.events, 40*len(allStages))
	for i, event := range events.events {
		stage := allStages[i/40]
		require.Equal(t, string(stage), event.Evaluation.Value.StringValue())
		require.Equal(t, i/40, event.Evaluation.VariationIndex.IntValue())
		compared := i%2 == 0 && (stage == ldmigration.Shadow || stage == ldmigration.Live)
		require.Equal(t, compared, event.ConsistencyCheck != nil, "event %d at %s", i, stage)
		if compared {
			require.True(t, event.ConsistencyCheck.Consistent())
			require.Equal(t, 1, event.ConsistencyCheck.SamplingRatio())
		}
	}
}

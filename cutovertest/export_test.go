package cutovertest

import (
	"context"
	"fmt"
	"sync"
)

var knownTable = sync.OnceValues(stageTable)

// ParsedScript is a script read and written again.
func ParsedScript(text string) (string, error) {
	s, err := parseScript(text)
	return s.String(), err
}

// Shown is how a value is told.
func Shown(value any) string { return shown(value) }

// Copied and Scribble are what is done to payloads by default.
func Copied[T any](value T) T { return copied(value) }
func Scribble[T any](value T) { scribble(value) }

// Scripts are what Exercise plays with a harness, by the name of the walk.
func Scripts[K comparable, P, R any](harness Harness[K, P, R]) (map[string]string, error) {
	m, err := harness.withDefaults()
	if err != nil {
		return nil, err
	}
	table, err := stageTable()
	scripts := map[string]string{}
	for _, way := range walks(m.journaled()) {
		scripts[way.name] = m.script(way, m.Seed, table, true).String()
	}
	return scripts, err
}

// Lawful returns why a script does what no migration does.
func Lawful[K comparable, P, R any](harness Harness[K, P, R], text string) error {
	s, err := parseScript(text)
	if err != nil {
		return err
	}
	table, err := knownTable()
	if err != nil {
		return err
	}
	m, err := harness.withDefaults()
	if err != nil {
		return err
	}
	return m.lawful(s, table)
}

// Shrunk is what is left of a script that breaks the promise that play tells of it, of all scripts
// that are lawful. Without lawful, all are.
func Shrunk(text string, lawful func(string) bool, play func(script string) (promise string)) string {
	s, err := parseScript(text)
	if err != nil {
		return err.Error()
	}
	failing := func(s script) *failure {
		if promise := play(s.String()); promise != "" {
			return &failure{promise: promise, script: s}
		}
		return nil
	}
	if lawful == nil {
		lawful = func(string) bool { return true }
	}
	return shrink(failing(s), func(s script) bool { return lawful(s.String()) }, failing).script.String()
}

// Tried are the scripts that Exercise plays with a harness to cut down the failure that it finds.
func Tried[K comparable, P, R any](ctx context.Context, harness Harness[K, P, R]) (tried []string, err error) {
	m, err := harness.withDefaults()
	if err != nil {
		return nil, err
	}
	table, err := stageTable()
	if err != nil {
		return nil, err
	}
	deletes, err := m.survey(ctx, table)
	if err != nil {
		return nil, err
	}
	broken, _, err := m.find(ctx, deletes, table)
	if err != nil || broken == nil {
		return nil, fmt.Errorf("nothing found: %w", err)
	}
	m.shrunkBy(broken, table, func(s script) (*failure, error) {
		tried = append(tried, s.String())
		return m.play(ctx, s, table)
	})
	return tried, nil
}

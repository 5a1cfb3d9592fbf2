package cutovertest

// ParsedScript is a script read and written again.
func ParsedScript(text string) (string, error) {
	s, err := parseScript(text)
	return s.String(), err
}

// Scripts are what Exercise plays of a migration, by the name of the walk.
func Scripts[K comparable, P, R any](migration Migration[K, P, R]) (map[string]string, error) {
	m, err := migration.prepared()
	if err != nil {
		return nil, err
	}
	table, err := stageTable()
	scripts := map[string]string{}
	for _, way := range walks() {
		scripts[way.name] = m.script(way, m.Seed, table, true).String()
	}
	return scripts, err
}

// Shrunk is what is left of a script that breaks the promise that play tells of it.
func Shrunk(text string, play func(script string) (promise string)) string {
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
	return shrink(failing(s), failing).script.String()
}

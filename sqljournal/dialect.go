package sqljournal

import (
	"errors"
	"fmt"
	"strings"
)

// Dialect is the language of a database.
type Dialect uint8

const (
	// PostgreSQL is PostgreSQL 12 or later. All times are the server's.
	PostgreSQL Dialect = iota + 1
	// SQLite is SQLite 3.38 or later. All processes must be on one machine, whose clock is used. The
	// journal needs no settings; WAL mode is faster.
	SQLite
)

// speech is what the dialects say differently. The statements have the keys in braces.
var speech = map[Dialect]map[string]string{
	PostgreSQL: {
		// The time in milliseconds. The tests' clock differs from the server's by @clock.
		"now": `(floor(extract(epoch from clock_timestamp()) * 1000)::bigint + @clock::bigint)`,
		// The rows of a statement. The condition on v, which always holds, makes the planner expect
		// one row, so that it looks them up in the index even if the table is small now.
		"items": `i AS (SELECT x.f, x.k, x.r, x.o, x.m, x.d, x.n, x.w, x.l
			FROM json_to_recordset(@items::text::json) AS
			x(f text, k text, r text, o text, m text, d text, n bigint, w bigint, l bigint, v bigint) WHERE x.v = 1)`,
		"fewItems": `i AS (SELECT x.f, x.k, x.r, x.o, x.m
			FROM json_to_recordset(@items::text::json) AS x(f text, k text, r text, o text, m text))`,
		// The rows that are there and that nobody else holds. They are locked in their latest state.
		"found": `l AS MATERIALIZED (SELECT i.f, i.k, i.r, i.o, i.m, i.d, i.n, i.w, i.l
			FROM i JOIN {rows} AS r ON r.flag = i.f AND r.kind = i.k AND r.key = i.r FOR UPDATE OF r SKIP LOCKED)`,
		"deleteLeft":    `DELETE FROM {rows} AS r USING l WHERE {same} AND r.open = l.m AND r.dirty = 0`,
		"deleteClaimed": `DELETE FROM {rows} AS r USING l WHERE {same} AND r.gen = l.n AND r.open = l.m`,
		"kinds":         `(SELECT json_array_elements_text(@kinds::text::json))`,
		"fewRows":       `json_to_recordset(@items::text::json) AS i(f text, k text, r text, o text, m text)`,
		"impatiently":   `set_config('lock_timeout', '100ms', true) <> ''`,
		"impatient":     `, set_config('lock_timeout', '100ms', true) AS impatient`,
		"bytes":         `COLLATE "C"`,
		"greatest":      `greatest`,
		"skipLocked":    `FOR UPDATE OF r SKIP LOCKED`,
		"forUpdate":     `FOR UPDATE`,
		"text":          `text COLLATE "C"`,
		"serial":        `bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY`,
		"rowOptions":    `WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)`,
		"options":       ``,
	},
	SQLite: {
		"now": `CAST(@clock AS integer)`,
		"items": `i AS (SELECT json_extract(value, '$.f') AS f, json_extract(value, '$.k') AS k,
			json_extract(value, '$.r') AS r, json_extract(value, '$.o') AS o, json_extract(value, '$.d') AS d, json_extract(value, '$.m') AS m,
			json_extract(value, '$.n') AS n, json_extract(value, '$.w') AS w, json_extract(value, '$.l') AS l
			FROM json_each(@items))`,
		"fewItems": `i AS (SELECT json_extract(value, '$.f') AS f, json_extract(value, '$.k') AS k,
			json_extract(value, '$.r') AS r, json_extract(value, '$.o') AS o, json_extract(value, '$.m') AS m FROM json_each(@items))`,
		"found": `l AS (SELECT i.f, i.k, i.r, i.o, i.m, i.d, i.n, i.w, i.l FROM i)`,
		"deleteLeft": `DELETE FROM {rows} AS r WHERE r.dirty = 0
			AND (r.flag, r.kind, r.key, r.open) IN (SELECT l.f, l.k, l.r, l.m FROM l)`,
		"deleteClaimed": `DELETE FROM {rows} AS r
			WHERE (r.flag, r.kind, r.key, r.gen, r.open) IN (SELECT l.f, l.k, l.r, l.n, l.m FROM l)`,
		"kinds": `(SELECT value FROM json_each(@kinds))`,
		"fewRows": `(SELECT json_extract(value, '$.f') AS f, json_extract(value, '$.k') AS k, json_extract(value, '$.r') AS r,
			json_extract(value, '$.o') AS o, json_extract(value, '$.m') AS m FROM json_each(@items)) AS i`,
		"impatiently": `true`,
		"impatient":   ``,
		"bytes":       ``,
		"greatest":    `max`,
		"skipLocked":  ``,
		"forUpdate":   ``,
		"text":        `text`,
		"serial":      `integer PRIMARY KEY AUTOINCREMENT`,
		"rowOptions":  `WITHOUT ROWID`,
		"options":     ``,
	},
}

func (d Dialect) known() error {
	if _, ok := speech[d]; !ok {
		return fmt.Errorf("unknown dialect %d: Config.Dialect must be PostgreSQL or SQLite", d)
	}
	return nil
}

// trouble is what an error of the database means.
type trouble uint8

const (
	fatal  trouble = iota // the database does not do what it is asked
	again                 // the same statement may succeed now
	locked                // somebody else's transaction holds a row
)

// diagnose asks drivers for their codes in the ways that they have in common.
func (d Dialect) diagnose(err error) trouble {
	if d == SQLite {
		text := err.Error()
		for _, busy := range []string{"SQLITE_BUSY", "SQLITE_LOCKED", "database is locked", "database table is locked"} {
			if strings.Contains(text, busy) {
				return again
			}
		}
		return fatal
	}
	var state interface{ SQLState() string }
	if !errors.As(err, &state) {
		return fatal
	}
	switch state.SQLState() {
	case "40001", "40P01":
		return again
	case "55P03":
		return locked
	}
	return fatal
}

package sqljournal

import "github.com/gocutover/cutover"

// phrases are conditions on the row r that a begin finds; excluded is the row it would make.
var phrases = map[string]string{
	"idle":   `r.open = ','`,
	"fresh":  `(r.open = ',' AND r.dirty = 0)`,
	"mine":   `r.open LIKE '%' || excluded.open || '%'`,
	"others": `r.open NOT IN (',', excluded.open)`,
	// Somebody else's write in the same direction is admitted unless the record is being settled, or
	// the other direction waits for it.
	"joins": `({fresh}
		OR (r.origin = excluded.origin AND r.settling = 0 AND ({mine} OR r.wants_until <= excluded.opened))
		OR (r.origin <> excluded.origin AND {idle} AND (r.written = 0 OR r.unclear = 1)
			AND r.late_until <= excluded.opened))`,
	"settles": `(r.origin <> excluded.origin AND {idle} AND r.dirty = 1 AND r.written = 1 AND r.unclear = 0
		AND r.late_until <= excluded.opened)`,
	"isDue": `r.flag = @flag AND r.dirty = 1 AND r.parked = 0 AND r.open = ',' AND r.kind IN {kinds}
		AND r.late_until <= {now} AND r.not_before <= {now}`,
	// A write of the other direction decides the direction of a record that was only seen to differ.
	// Of two writes, one of them without the journal, nobody knows which system is right. Every other
	// mark is of a write that had an intent: the row's direction came after it.
	"opposes": `(NOT {fresh} AND excluded.written = 1 AND r.origin <> excluded.origin)`,
	"confuses": `({opposes} AND (r.written = 1 OR NOT {idle})
		AND excluded.reason = '` + string(cutover.NotJournaled) + `')`,
	"in":   `r.open LIKE '%' || l.m || '%'`,
	"same": `r.flag = l.f AND r.kind = l.k AND r.key = l.r`,
}

// statements are all that are run more than once. The column open holds the owners of a row between
// commas, such as ",3w12,4c7,"; see [lease.token]. It is "," if there are none. The generation of a
// new row is the time, so that no statement that is late takes it for an older one.
type statements struct {
	fresh, freshOne, freshJoin, freshOneJoin     statement
	begin, join, settled                         statement
	leaveClean, leave, hasMe                     statement
	mark, markUnlessIn                           statement
	register, renew, unregister, instances       statement
	lapsed, unlease, ownedRows, reapRows         statement
	reapGaps, unuse                              statement
	openRows, impatient                          statement
	due, claim, releaseEqual, release, unclaim   statement
	use, firstEpoch, epoch, epochs, oldUsed      statement
	newUsed, turnByItself, lockEpoch, held, turn statement
	addGap, gaps, closeGaps                      statement
	backlog, entries, unpark, unparkSome         statement
}

// Most records have no row, which costs less to find out than to provide for the rest. The rows are
// locked in the order of the items. A transaction of the caller's must not keep the lock timeout.
const freshText = `INSERT INTO {rows} (flag, kind, key, gen, open, origin, opened)
	SELECT i.f, i.k, i.r, {now} * 1024, i.m, i.o, {now} FROM {fewRows} WHERE `

const freshOneText = `INSERT INTO {rows} (flag, kind, key, gen, open, origin, opened)
	SELECT CAST(@flag AS text), CAST(@kind AS text), CAST(@key AS text), {now} * 1024, CAST(@me AS text),
		CAST(@origin AS text), {now} WHERE `

const beginText = `
	INSERT INTO {rows} AS r (flag, kind, key, gen, open, origin, opened)
	SELECT i.f, i.k, i.r, s.t * 1024, i.m, i.o, s.t FROM i, s WHERE true
	ORDER BY i.f {bytes}, i.k {bytes}, i.r {bytes}
	ON CONFLICT (flag, kind, key) DO UPDATE SET
		gen = CASE WHEN {joins} OR {settles} THEN r.gen + 1 ELSE r.gen END,
		open = CASE WHEN NOT ({joins} OR {settles}) OR {mine} THEN r.open ELSE r.open || substr(excluded.open, 2) END,
		origin = CASE WHEN {joins} THEN excluded.origin ELSE r.origin END,
		opened = CASE WHEN ({joins} OR {settles}) AND {idle} THEN excluded.opened ELSE r.opened END,
		settling = CASE WHEN {settles} THEN 1 ELSE r.settling END,
		wants_until = CASE WHEN {fresh} OR (r.origin <> excluded.origin AND ({joins} OR {settles})) THEN 0
			WHEN r.origin <> excluded.origin AND NOT ({idle}) THEN excluded.opened + 1000 ELSE r.wants_until END,
		dirty = CASE WHEN {joins} AND {others} THEN 1 ELSE r.dirty END,
		written = CASE WHEN {joins} AND {others} THEN 1 ELSE r.written END,
		reason = CASE WHEN {joins} AND {others} THEN @overlapped ELSE r.reason END,
		since = CASE WHEN {joins} AND {others} AND r.dirty = 0 THEN excluded.opened ELSE r.since END
	WHERE {joins} OR {settles} OR
		(r.origin <> excluded.origin AND NOT ({idle}) AND r.wants_until < excluded.opened + 500)
	RETURNING flag, kind, key, gen, open, origin, dirty, settling, wants_until - {now}`

const markText = `
	WITH s AS MATERIALIZED (SELECT {now} AS t{impatient}), {items}
	INSERT INTO {rows} AS r (flag, kind, key, gen, open, origin, opened, dirty, reason, written, since, late_until)
	SELECT i.f, i.k, i.r, s.t * 1024, ',', i.o, s.t, 1, i.d, i.w, s.t, CASE WHEN i.l = 1 THEN s.t + @late ELSE 0 END
	FROM i, s WHERE true
	ORDER BY i.f {bytes}, i.k {bytes}, i.r {bytes}
	ON CONFLICT (flag, kind, key) DO UPDATE SET
		gen = r.gen + 1, dirty = 1, reason = excluded.reason, written = {greatest}(r.written, excluded.written),
		unclear = CASE WHEN {confuses} THEN 1 ELSE r.unclear END,
		origin = CASE WHEN {fresh} OR ({opposes} AND r.written = 0 AND r.unclear = 0 AND {idle}) THEN excluded.origin
			ELSE r.origin END,
		since = CASE WHEN r.dirty = 1 THEN r.since ELSE excluded.since END,
		late_until = {greatest}(r.late_until, excluded.late_until)`

func newStatements(t translator) statements {
	st := t.statement
	return statements{
		fresh:        st(freshText + `{impatiently} ON CONFLICT DO NOTHING`),
		freshOne:     st(freshOneText + `{impatiently} ON CONFLICT DO NOTHING`),
		freshJoin:    st(freshText + `true ON CONFLICT DO NOTHING RETURNING 1`),
		freshOneJoin: st(freshOneText + `true ON CONFLICT DO NOTHING RETURNING 1`),
		begin:        st(`WITH s AS MATERIALIZED (SELECT {now} AS t{impatient}), {fewItems}` + beginText),
		join:         st(`WITH s AS MATERIALIZED (SELECT {now} AS t), {fewItems}` + beginText),
		settled: st(`UPDATE {rows} SET origin = @origin, settling = 0, dirty = 0, written = 0, reason = '',
			since = 0, late_until = 0, not_before = 0, wants_until = 0, parked = 0, attempts = 0, why = ''
			WHERE flag = @flag AND kind = @kind AND key = @key AND open = @me AND settling = 1 AND gen = @gen`),

		leaveClean: st(`WITH {items}, {found} {deleteLeft} RETURNING flag, kind, key`),
		leave: st(`WITH s AS MATERIALIZED (SELECT {now} AS t), {items}, {found}
			UPDATE {rows} AS r SET
				open = replace(r.open, l.m, ','), settling = 0,
				dirty = CASE WHEN l.d <> '' THEN 1 ELSE r.dirty END,
				written = CASE WHEN l.d <> '' THEN 1 ELSE r.written END,
				reason = CASE WHEN l.d <> '' THEN l.d ELSE r.reason END,
				since = CASE WHEN l.d <> '' AND r.dirty = 0 THEN s.t ELSE r.since END,
				late_until = CASE WHEN l.l = 1 THEN {greatest}(r.late_until, s.t + @late) ELSE r.late_until END
			FROM l, s
			WHERE {same} AND {in} AND (r.open <> l.m OR r.dirty = 1 OR l.d <> '')
			RETURNING flag, kind, key`),
		hasMe: st(`WITH {items} SELECT r.flag, r.kind, r.key FROM i
			JOIN {rows} AS r ON r.flag = i.f AND r.kind = i.k AND r.key = i.r
			WHERE r.open LIKE '%' || i.m || '%'`),

		mark:         st(markText + ` RETURNING flag, kind, key`),
		markUnlessIn: st(markText + ` WHERE r.open NOT LIKE '%' || @me || '%' RETURNING flag, kind, key`),

		register: st(`INSERT INTO {instances} (name, renewed, lease_until)
			VALUES (@name, {now}, {now} + @lease) RETURNING id`),
		renew:      st(`UPDATE {instances} SET renewed = {now}, lease_until = {now} + @lease WHERE id = @id`),
		unregister: st(`DELETE FROM {instances} WHERE id = @id`),
		instances:  st(`SELECT id FROM {instances}`),

		lapsed:    st(`SELECT id FROM {instances} WHERE lease_until <= {now}`),
		impatient: st(`SELECT 1{impatient}`),
		unlease:   st(`DELETE FROM {instances} WHERE id = @id AND lease_until <= {now} RETURNING name, renewed`),
		ownedRows: st(`SELECT flag, kind, key, open FROM {rows} WHERE open LIKE @writer OR open LIKE @claimer {forUpdate}`),
		reapRows: st(`WITH s AS MATERIALIZED (SELECT {now} AS t), {items}
			UPDATE {rows} AS r SET
				open = i.m, dirty = 1,
				settling = CASE WHEN i.w = 1 THEN 0 ELSE r.settling END,
				since = CASE WHEN r.dirty = 0 THEN s.t ELSE r.since END,
				written = CASE WHEN i.w = 1 THEN 1 ELSE r.written END,
				reason = CASE WHEN i.w = 1 THEN i.d ELSE r.reason END,
				late_until = {greatest}(r.late_until, s.t + @late)
			FROM i, s WHERE r.flag = i.f AND r.kind = i.k AND r.key = i.r`),
		reapGaps: st(`INSERT INTO {gaps} (flag, instance, since, until, suspected, marked)
			SELECT flag, CAST(@name AS text), CAST(@since AS bigint), {now}, 1, 0 FROM {uses} WHERE instance = @id`),
		unuse:    st(`DELETE FROM {uses} WHERE instance = @id`),
		openRows: st(`SELECT flag, kind, key, open FROM {rows} WHERE open <> ','`),

		claim: st(`WITH s AS MATERIALIZED (SELECT {now} AS t), due AS (
				SELECT r.flag AS f, r.kind AS k, r.key AS r FROM {rows} AS r
				WHERE {isDue} ORDER BY r.since, r.kind, r.key LIMIT @most {skipLocked})
			UPDATE {rows} AS r SET open = @me, gen = r.gen + 1, opened = s.t
			FROM due, s WHERE r.flag = due.f AND r.kind = due.k AND r.key = due.r
			RETURNING flag, kind, key, gen, origin, written, unclear, reason, since, attempts`),
		due: st(`SELECT coalesce(max(e.number), 0), coalesce(max(e.origin), ''),
			CASE WHEN EXISTS (SELECT 1 FROM {rows} AS r WHERE {isDue}) THEN 1 ELSE 0 END
			FROM {epochs} AS e WHERE e.flag = @flag`),
		releaseEqual: st(`WITH {items}, {found} {deleteClaimed} RETURNING flag, kind, key`),
		release: st(`WITH s AS MATERIALIZED (SELECT {now} AS t), {items}, {found}
			UPDATE {rows} AS r SET
				open = replace(r.open, l.m, ','),
				attempts = CASE WHEN l.w = 0 THEN 0 ELSE r.attempts + 1 END,
				why = CASE WHEN l.w = 0 THEN r.why ELSE l.d END,
				parked = CASE WHEN l.w = 2 THEN 1 ELSE r.parked END,
				not_before = CASE WHEN l.w = 0 THEN r.not_before ELSE {greatest}(r.not_before, s.t + l.n) END,
				late_until = CASE WHEN l.l = 1 THEN {greatest}(r.late_until, s.t + @late) ELSE r.late_until END
			FROM l, s WHERE {same} AND {in}
			RETURNING flag, kind, key`),
		unclaim: st(`WITH {items}, {found} UPDATE {rows} AS r SET open = replace(r.open, l.m, ',')
			FROM l WHERE {same} AND {in} AND r.dirty = 1`),

		use: st(`INSERT INTO {uses} (instance, flag) VALUES (@id, @flag) ON CONFLICT DO NOTHING`),
		firstEpoch: st(`INSERT INTO {epochs} (flag, number, origin, began, old_used, new_used)
			VALUES (CAST(@flag AS text), 1, CAST(@origin AS text), {now},
				CASE WHEN CAST(@origin AS text) = 'old' THEN {now} ELSE 0 END,
				CASE WHEN CAST(@origin AS text) = 'new' THEN {now} ELSE 0 END)
			ON CONFLICT DO NOTHING`),
		epoch:   st(`SELECT number, origin FROM {epochs} WHERE flag = @flag`),
		epochs:  st(`SELECT flag, number, origin FROM {epochs}`),
		oldUsed: st(usedText("old_used")),
		newUsed: st(usedText("new_used")),
		turnByItself: st(`UPDATE {epochs} SET number = number + 1, began = {now},
				origin = CASE WHEN origin = 'old' THEN 'new' ELSE 'old' END
			WHERE (origin = 'old' AND new_used > {greatest}(began, old_used) AND {greatest}(began, old_used) + @after <= {now})
				OR (origin = 'new' AND old_used > {greatest}(began, new_used) AND {greatest}(began, new_used) + @after <= {now})`),
		lockEpoch: st(`SELECT number, origin FROM {epochs} WHERE flag = @flag {forUpdate}`),
		held: st(`SELECT coalesce(sum(CASE WHEN open <> ',' THEN 1 ELSE 0 END), 0), count(*) FROM {rows}
			WHERE flag = @flag AND origin = @origin`),
		turn: st(`INSERT INTO {epochs} (flag, number, origin, began)
			VALUES (CAST(@flag AS text), CAST(@number AS bigint), CAST(@origin AS text), {now})
			ON CONFLICT (flag) DO UPDATE SET number = excluded.number, origin = excluded.origin, began = excluded.began`),

		addGap: st(`INSERT INTO {gaps} (flag, instance, since, until, suspected, marked)
			VALUES (@flag, @name, {now} - @age, {now}, 0, @marked)`),
		gaps: st(`SELECT flag, instance, since, until, suspected, marked FROM {gaps}
			WHERE flag = @flag OR CAST(@flag AS text) = '' ORDER BY since, flag, id`),
		closeGaps: st(`DELETE FROM {gaps} WHERE flag = @flag AND until < @before`),

		backlog: st(`SELECT
			coalesce(sum(CASE WHEN dirty = 1 AND parked = 0 THEN 1 ELSE 0 END), 0),
			coalesce(sum(parked), 0),
			coalesce(sum(CASE WHEN open <> ',' THEN 1 ELSE 0 END), 0),
			coalesce({now} - min(CASE WHEN dirty = 1 AND parked = 0 THEN since END), 0),
			coalesce({now} - min(CASE WHEN open <> ',' THEN opened END), 0)
			FROM {rows} WHERE flag = @flag OR CAST(@flag AS text) = ''`),
		entries: st(`SELECT flag, kind, key, origin, open, dirty, parked, reason, since, opened, attempts, why FROM {rows}
			WHERE (flag, kind, key) > (@afterflag, @afterkind, @afterkey) AND (flag = @flag OR CAST(@flag AS text) = '')
				AND (@state = 0 OR @state = CASE WHEN open <> ',' THEN 3 WHEN parked = 1 THEN 2 ELSE 1 END)
			ORDER BY flag, kind, key LIMIT @most`),
		unpark: st(unparkText + ` AND r.flag = @flag`),
		unparkSome: st(`WITH {items} ` + unparkText + ` AND EXISTS
			(SELECT 1 FROM i WHERE r.flag = i.f AND r.kind = i.k AND r.key = i.r)`),
	}
}

const unparkText = `UPDATE {rows} AS r SET parked = 0, attempts = 0, why = '', not_before = 0 WHERE r.parked = 1`

func usedText(column string) string {
	return `WITH s AS MATERIALIZED (SELECT {now} AS t), {items} UPDATE {epochs} AS e SET
		` + column + ` = {greatest}(` + column + `, s.t - i.n) FROM i, s WHERE e.flag = i.f`
}

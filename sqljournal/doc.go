// Package sqljournal is a journal in PostgreSQL or SQLite, through database/sql. Any number of
// processes may share its tables. It needs no driver of its own: the caller opens the database with
// one of theirs.
//
//	err := sqljournal.Migrate(ctx, db, config)       // or run sqljournal.Statements
//	journal, err := sqljournal.Open(ctx, db, config)
//	defer journal.Close(ctx)
//
// A record has a row while it is being written or dirty, and no row afterwards. Before the first of
// two writes the row is made durable: concurrent writes of a process share one statement for that.
// After both it is removed in the background. A record that is written often keeps its row for a
// short while, so that most of its writes need no statement at all. The rows hold keys, never what
// is written.
//
// Where the authoritative write runs in a transaction of the journal's database, [Journal.JoinTx]
// makes the row durable with it, at no further commit.
//
// A process has a lease, which it renews. If it ends without a word, any other one marks what it
// was writing as dirty once its lease is over; package reconcile then makes the two systems equal.
package sqljournal

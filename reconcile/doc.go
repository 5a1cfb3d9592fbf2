// Package reconcile makes both systems of a migration equal, and says what is not.
//
// A dual write can leave the two systems different: the process may crash between the two writes,
// one of them may fail or land late, and two writes may reach the systems in different orders. With
// a [Journal], which [cutover.Builder.Journal] takes, every such record is known to be dirty. A
// [Repair] takes the dirty records from the journal, reads each from the system that is
// authoritative for it, and writes what it finds to the other one.
//
// Describe each kind of record once, as a [Pair] of systems that can get, put and delete it; see
// [NewKind]. Copies are always of what is read at the time, never of a payload.
//
// What holds: if the journal has no row of a record, no gap, and all processes write the record
// under the journal, both systems hold the same and no write of it is under way. This needs a bound
// on how late a write may take effect after its caller gave it up, unless the systems can tell old
// writes from new ones; see [System.Apply]. Writes that bypass the library are not seen.
package reconcile

// Package journaltest tests an implementation of [reconcile.Journal].
//
// [Run] opens journals of several processes on one storage, crashes them, moves the clock, and
// checks each rule of a journal. It never looks into the storage. A journal in a database passes it
// as well as one in memory: ends and marks may take effect some time after the call.
package journaltest

// Package cutover moves a running service from an old system to a new one, stage by stage, under a
// LaunchDarkly migration flag. It evaluates the stage, sends each read and write to the old system,
// the new one or both, and compares what reads return. It reports consistency, latency and errors
// to the flag client as op events.
//
// # Stages
//
// The flag gives one of six stages. A flag with fewer uses off and complete, or off, shadow, live
// and complete.
//
//	stage      reads        writes, in order  the caller gets  compared
//	off        old          old               old
//	dualwrite  old          old, new          old
//	shadow     old and new  old, new          old              reads
//	live       new and old  new, old          new              reads
//	rampdown   new          new, old          new
//	complete   new          new               new
//
// The origin whose result the caller gets is authoritative. The other one is the secondary.
//
// # Whom to evaluate the flag for
//
// Each operation takes an evaluation context. It must say how the data is partitioned: give it the
// tenant who owns the record, the shard that holds it, or, if the data is not partitioned, the
// service itself. All operations on a record then run at the same stage.
//
// Do not give it the user who makes the request, if users share records. A rollout by user runs one
// record at two stages for as long as the rollout lasts. While some users are at off and others at
// dualwrite, the new system misses writes. While some are at shadow and others at live, two writes
// can reach the two systems in opposite orders, and leave them different.
//
// # Two APIs
//
// The typed API is for new code. [New] builds a [Cutover] for one flag. [NewReader], [NewWriter]
// and [NewReturningWriter] build typed operations under it. The functions of a writer return an
// error, or a result and an error.
//
// The dynamic API, [Migration], has the names and signatures of the migrator in LaunchDarkly's Go
// SDK, so a program moves over by changing an import. By default the op events of both APIs equal
// the SDK's in every field.
//
// # Building a reader or a writer
//
// Both systems get the payload. If a payload can be modified through a pointer, slice or map, Build
// returns [ErrCloneRequired] until the builder has ClonePayload, which gives the secondary a copy,
// or PayloadsAreNotModified. Results that the library keeps after the caller has them need
// [ReaderBuilder.CloneResult] or [ReaderBuilder.ResultsAreNotModified].
//
// Name the errors that mean "no such record" with [ReaderBuilder.NotFound], such as
// [database/sql.ErrNoRows]. They are then answers to compare, and not failures.
//
// [ReaderBuilder.Recheck] reads again before it reports a difference, to leave out writes that were
// under way. [ReaderBuilder.FallBack] returns the other system's result if the authoritative read
// fails.
//
// [WriterBuilder.SerializeBy] keeps two writes of one record from reaching the two systems in
// different orders. [Pin] keeps one stage for all operations of a request.
//
// # What a caller can rely on
//
// The secondary does not change the caller's result, whether it fails, panics, calls
// [runtime.Goexit], is slow or hangs. The exceptions are explicit: [ReaderBuilder.FallBack] and
// [WriterBuilder.RequireBoth].
//
// The secondary runs on its own goroutine, and the operation waits for it no longer than
// [Builder.SecondaryTimeout], by default five seconds. Its panic becomes a [PanicError]. The end of
// the caller's context does not end the wait for a write, nor for a function that ignores its
// context. With [Builder.ReturnAtDeadline] it does, and a [Detached] read does not wait at all: in
// both, the rest follows in the background. [Builder.SecondaryInline] saves the goroutine for
// functions that return within microseconds, and gives up some of this protection.
//
// The authoritative function runs on the caller's goroutine. Its panic reaches the caller with its
// own stack, after the op event was sent.
//
// Each operation that runs sends one op event. It is sent before the operation returns, or in the
// background if the rest of the operation follows there.
//
// A write goes to the secondary only after the authoritative write succeeded. The secondary write
// gets the values of the caller's context without its cancellation, so a cancellation between the
// two does not leave the systems different.
//
// A change of stage is logged and reported to observers, with a warning if it can lose writes.
//
// A [Cutover] owns the calls that still run when an operation returns; [Cutover.Close] waits for
// them. A [Migrator] has no Close and no timeout: it waits for each secondary.
//
// The library calls none of your functions while it holds a lock. If a comparison or an [Observer]
// panics, the panic is logged and the caller's result is unchanged.
//
// # Tests
//
// A test needs no LaunchDarkly account and no network. Any type with the two methods of
// [FlagClient] is a flag client, and [NewOpTracker] makes the tracker that it returns. Package
// cutovertest has such a client, faults for your own functions, and Exercise, which runs a
// migration through all stages.
package cutover

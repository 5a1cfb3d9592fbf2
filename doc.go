// Package cutover moves a running service from an old system to a new one, stage by stage, under a LaunchDarkly
// migration flag. It evaluates the stage, sends each read and write to the old system, the new one or both, compares
// what they return, and reports consistency, latency and errors to the flag client as op events.
//
// # Stages
//
// The flag gives one of six stages. Flags with fewer use off and complete, or off, shadow, live and complete.
//
//	stage      reads        writes, in order  the caller gets  compared
//	off        old          old               old
//	dualwrite  old          old, new          old
//	shadow     old and new  old, new          old              reads
//	live       new and old  new, old          new              reads
//	rampdown   new          new, old          new
//	complete   new          new               new
//
// The origin whose result the caller gets is authoritative, the other one is the secondary.
//
// # Two APIs
//
// The typed one is for new code. [New] builds a [Cutover] for one flag; [NewReader] and [NewWriter] make typed
// operations under it, with context.Context first and no assertion anywhere. A writer's functions may return only an
// error, or a result and an error ([NewReturningWriter]).
//
// The dynamic one, [Migration], has the names and signatures of the migrator in LaunchDarkly's own Go SDK, so that a
// program moves over by changing an import. Both stand on one engine and send the same op events, field by field the
// ones that the SDK would send.
//
// # What a caller can rely on
//
// A result never depends on the secondary: whether that fails, panics, calls [runtime.Goexit], is slow or hangs, the
// caller gets the authoritative result. It runs on a goroutine of its own, under a timeout of five seconds unless
// [Builder.SecondaryTimeout] says another one, and the operation waits for it no longer than that. Its panic becomes a
// [PanicError]. With [Detached] reads the caller does not wait for it at all. A deadline of the caller's does not end that
// wait; where the secondary goes first, in random order, it has half of what is left of the deadline at most. For
// functions that answer within microseconds [Builder.SecondaryInline] gives up some of this, and saves most of what it
// costs.
//
// The authoritative function runs on the caller's goroutine and its panic is the caller's, with its own stack. The op
// event is sent all the same, exactly once an operation and before the operation returns, but for a [Detached] read and one
// that is read again ([ReaderBuilder.Recheck]).
//
// A write goes to the secondary only after it succeeded in the authoritative origin, and a cancellation in between does
// not split the two: the secondary write gets the values of the caller's context and not its cancellation.
//
// Two writes of one record can overtake each other between the two systems; [WriterBuilder.SerializeBy] lets them not.
// A request that reads more than once can see two stages; [Pin] lets it see one. A stage that changes is told to the log
// and to observers, with a warning where the move loses writes.
//
// What is still running when an operation returns belongs to its [Cutover], whose Close waits for it. A [Migrator] has
// no such owner, and waits for its secondaries as long as they take.
//
// No function of the user's runs while the library holds a lock, and a panicking comparison or [Observer] costs the
// caller nothing but a line in the log.
//
// # Tests
//
// A test needs no LaunchDarkly account and no network: any type with the two methods of [FlagClient] will do, and
// [NewOpTracker] makes the tracker that it has to return. Package cutovertest has such a client, faults for your own
// functions, and Exercise, which takes a whole migration through all stages.
package cutover

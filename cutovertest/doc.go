// Package cutovertest helps to test services that use package cutover, without a LaunchDarkly
// account, without a network and without sleeping.
//
// [Client] is a flag client that answers the stages a test gives it and keeps the op events it
// gets; [AssertEvent] checks one. [Recorder] is an observer that keeps what it sees;
// [AssertObservation] checks it. [RaiseOnMismatch] fails a test when the two systems disagree.
//
// [Read], [Write] and [ReturningWrite] put a [Fault] around a function of the service's own, so that
// it fails, hangs or panics when the test wants it to. [Fault.Do] does so in a function of any
// other shape.
//
// [Journal] puts faults around a journal, for tests of what a service does while its journal fails.
//
// [Exercise] drives a service through all stages, moves and faults, and checks what a migration
// promises. A [Harness] tells it how to make the service and its two systems. It also kills a
// service with a journal between its two writes, and checks that the repair makes both systems
// equal.
//
// Everything takes a [TB], such as *testing.T, and works in a synctest bubble. What is exported is
// safe for concurrent use unless it says otherwise.
package cutovertest

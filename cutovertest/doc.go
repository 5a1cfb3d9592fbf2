// Package cutovertest is for the tests of those who use package cutover: no LaunchDarkly account, no network, no sleeping.
//
// [Client] is a flag client that answers the stages a test gives it and keeps the op events it gets, with [AssertEvent] to
// say what is expected of them; [Recorder] and [AssertObservation] do the same for what an observer sees.
// [RaiseOnMismatch] fails a test when the two systems disagree.
//
// [Read] and [Write] put a [Fault] around a function of the service's own, so that it fails, hangs or panics when the
// test wants it to.
//
// [Exercise] drives a whole migration through all stages, moves and faults, and checks what a migration promises.
//
// Everything takes a [TB], which *testing.T is, and works in a synctest bubble. What is exported is safe for concurrent
// use unless it says otherwise.
package cutovertest

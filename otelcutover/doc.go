// Package otelcutover reports a migration to OpenTelemetry: metrics of both systems and of their
// consistency, and a span for each operation and for each call in it.
//
// It is a [cutover.Observer]. Make one for the process and give it to every Cutover:
//
//	telemetry, err := otelcutover.New()
//	orders, err := cutover.New(client, "orders-to-postgres").Observe(telemetry).Build()
//
// # Metrics
//
//	cutover.origin.duration      histogram, s         calls of the origins' functions
//	cutover.consistency.checks   counter, {check}     reads of both origins, by outcome and reason
//	cutover.rechecks             counter, {recheck}   times that both were read again
//	cutover.secondary.timeouts   counter, {timeout}   secondaries that ran out of time
//	cutover.secondary.panics     counter, {panic}     secondaries that panicked or called runtime.Goexit
//	cutover.secondary.skips      counter, {skip}      secondary reads and writes that were not made
//	cutover.fallbacks            counter, {fallback}  reads answered by the secondary
//	cutover.stage.changes        counter, {change}    stage changes, by from and to
//	cutover.stage.active         gauge, {flag}        1 for each stage in use, 0 for the others
//
// Their attributes follow the [conventions for feature flags] where there is one:
//
//	feature_flag.key              the flag
//	feature_flag.result.variant   the stage
//	cutover.operation             read or write
//	cutover.origin                old or new
//	cutover.role                  authoritative or secondary
//	cutover.not_found             true for a call that answered that there is no such record
//	error.type                    of a call that failed; see below
//	cutover.consistency.outcome   consistent, inconsistent, ignored or not_checked
//	cutover.consistency.reason    why it is not known, or the rule that ignores the difference
//	cutover.stage.from            the stage before the change
//	cutover.stage.to              the stage after it
//	cutover.stage.side_by_side    true if the stage before is still in use, as in a rollout
//	cutover.stage.warned          true if the change has a warning; see [cutover.StageChange]
//
// A stage that reads one origin counts no check. A skipped secondary write is a record that the
// other system lacks until it is repaired.
//
// An answer that a reader declares as "not found" is not a failure: it has cutover.not_found and no
// error.type. The error.type of a failure is "timeout" for a secondary that ran out of time,
// "panic" for a call that did not return, "context.Canceled" or "context.DeadlineExceeded". Of
// other errors it is what their ErrorType method returns, or else their Go type. No metric has an
// error's message, a payload, a result or an evaluation context.
//
// A stage is in use for a minute after an operation ran at it. It stops being in use when a stage
// change leaves it: pinned or slow requests that are still at it do not count for the next minute.
// While two stages are used side by side, both are in use. If nothing runs, the last stage stays.
//
// # Bounds
//
// There are at most 64 flags, and in all flags together 32 error types and 32 names of rules, each
// at most 128 bytes long. The first to come are kept until the process ends; all later ones are
// "_OTHER". A flag has at most this many series of each metric:
//
//	cutover.origin.duration      620
//	cutover.consistency.checks   86
//	cutover.rechecks             2
//	cutover.secondary.timeouts   6
//	cutover.secondary.panics     6
//	cutover.secondary.skips      6
//	cutover.fallbacks            2
//	cutover.stage.changes        120
//	cutover.stage.active         6
//
// That is 854 in all, and 55,510 for 64 flags and "_OTHER". A flag whose calls succeed has 26 of
// cutover.origin.duration, and each error type adds at most 18. OpenTelemetry's SDK has a limit of
// its own, 2,000 series of a metric by default, and sums up what is beyond it as
// otel.metric.overflow.
//
// # Spans
//
// An operation is a span such as "read orders-to-postgres", a child of the span in the operation's
// context. Each call is a child of it, such as "read new". Both are made when the operation is
// over, with the times at which it happened. A span made by an origin's own instrumentation is
// therefore a sibling of the operation, not a child of the call.
//
// A detached secondary stays in its caller's trace, because OpenTelemetry allows a child to outlive
// its parent. The operation's span ends with what the caller waited for. The secondary's span goes
// on, with cutover.detached and a link to the caller's span.
//
// The operation's span has an event feature_flag.evaluation. If the results differ it also has an
// event cutover.difference with the first 16 differing paths, as [cutover.Shown] has them, and no
// values. Its attributes are those of its metrics, and where they apply cutover.authoritative (old
// or new), cutover.fell_back, cutover.not_found, cutover.rechecks (how often both were read again),
// cutover.detached and cutover.secondary.skipped.
//
// The operation's span is an error if the authoritative call failed and no other one answered, or
// if an inline secondary came first and ended the operation. With RequireBoth a failed secondary
// write is an error on its own span alone.
//
// A stage change is an event cutover.stage.change on the caller's span, with the text of the
// warning as cutover.stage.warning.
//
// [conventions for feature flags]: https://opentelemetry.io/docs/specs/semconv/feature-flags/
package otelcutover

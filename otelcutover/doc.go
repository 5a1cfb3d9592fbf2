// Package otelcutover tells OpenTelemetry about a migration: metrics of both systems and of their consistency, and a span
// for each operation and for each call in it.
//
// It is a [cutover.Observer]. Make one for the process and give it to every Cutover:
//
//	telemetry, err := otelcutover.New()
//	orders, err := cutover.New(client, "orders-to-postgres").Observe(telemetry).Build()
//
// # Metrics
//
//	cutover.origin.duration      histogram, s         one call of an origin's function; its count is the rate
//	cutover.consistency.checks   counter, {check}     reads of both origins, by outcome and reason
//	cutover.secondary.timeouts   counter, {timeout}   secondaries whose time was over
//	cutover.secondary.panics     counter, {panic}     secondaries that panicked or called runtime.Goexit
//	cutover.secondary.skips      counter, {skip}      secondary reads not made because the background was full
//	cutover.fallbacks            counter, {fallback}  reads answered by the secondary
//	cutover.stage.changes        counter, {change}    stage changes seen, by from and to
//	cutover.stage.active         gauge, {flag}        1 for each stage in use, 0 for the others
//
// Their attributes are those of the [conventions for feature flags] where there is one:
//
//	feature_flag.key              the flag
//	feature_flag.result.variant   the stage
//	cutover.operation             read or write
//	cutover.origin                old or new
//	cutover.role                  authoritative or secondary
//	error.type                    of a call that failed; see below
//	cutover.consistency.outcome   consistent, inconsistent, ignored or not_checked
//	cutover.consistency.reason    why it was not checked, or the name of the rule that ignores the difference
//	cutover.stage.from, cutover.stage.to, cutover.stage.data_loss
//
// A stage that needs no second read counts no check. An error.type is "timeout" for a secondary whose time was over,
// "panic" for a call that did not return, "context.Canceled", "context.DeadlineExceeded", what the error's ErrorType
// method says if it has one, and else its type. Messages, payloads, results and evaluation contexts are never on a metric.
//
// Every value is bounded: flags, error types and rules in length and number, all others to a known few. What is beyond is
// "_OTHER".
//
// # Spans
//
// An operation is a span such as "read orders-to-postgres", a child of the span in the operation's context; each call
// is a child of it, such as "read new". Both are made when the operation is over, with the times at which it happened: a
// span that an origin's own instrumentation makes is a sibling of the operation, not a child of the call.
//
// A detached secondary stays in its caller's trace, for OpenTelemetry allows a child to outlive its parent: the operation's
// span ends with what the caller waited for, and the secondary's goes on beyond it, with cutover.detached and a link to
// the caller's span.
//
// The operation's span has an event feature_flag.evaluation. If the results differ it has an event cutover.difference
// with the first 16 differing paths, as [cutover.Shown] has them, and no values. It tells what its metrics tell of the
// outcome, and cutover.authoritative (old or new), cutover.fell_back, cutover.rechecked, cutover.detached and
// cutover.secondary.skipped where they are so. It is an error if the authoritative call failed and nothing else answered.
//
// [conventions for feature flags]: https://opentelemetry.io/docs/specs/semconv/feature-flags/
package otelcutover

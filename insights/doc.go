// Package insights keeps rolling figures of a migration and shows them on a page: how the old and
// the new system are doing, where they differ, and whether the next stage is safe.
//
//	figures, err := insights.New(insights.Config{})
//	orders, err := cutover.New(client, "orders-to-postgres").Observe(figures).Build()
//	mux.Handle("/migration/", http.StripPrefix("/migration", onlyForUs(figures.Handler())))
//
// # What it keeps
//
// For each flag, stage, operation and origin: how many calls there were, how many failed, timed
// out, panicked or were skipped, and their latency; how many reads were compared and agreed, were
// ignored, or were not compared and why. All that over the last minute, the last hour and since the
// figures began. Further the stage changes, and the records that are to be repaired. Figures are of
// this process alone; they begin anew with it.
//
// The failure rate is the same everywhere: failed calls of all calls of one system, for reads and
// writes apart. An answer that a reader takes for "no such record" is no failure. What happens per
// second is by the time that the stage was in use within the window.
//
// # Records to repair
//
// [Figures.Keys] lists two kinds. A record that differed, until a later comparison of it finds both
// consistent. And a record of which one system missed a write that the other one took, because it
// failed, timed out or was skipped, until a later write of it succeeds in both or a later
// comparison finds it consistent. A team that repairs records by other means says so with
// [Figures.Repaired]. While a write is missing, the [Verdict] calls every move unsafe that relies
// on the system which missed it, however long ago that was. While more records differ than the
// [Thresholds] allow, it calls no move forward safe.
//
// Records are known by [cutover.Shown]: give readers and writers a RevealKey. Without it, missed
// writes are a number that only Repaired takes back.
//
// # Memory
//
// Memory is bounded. A flag takes some hundred kilobytes while it has short keys and few records to
// repair. It never takes more than 10 MB with the default [Config], whatever its traffic, keys and
// values are: 4.5 MB for the latencies of all six stages over an hour, 3 MB for 10,000 records to
// repair, 1.2 MB for the last 100 mismatches. There are at most 128 flags, so that hostile flag
// keys take up to 1.3 GB; the operations of further flags are not counted. Texts are cut at 160
// bytes, and quantiles of latency are within one percent.
//
// # Whose data it shows
//
// The page shows which records differ and how, if the reader says what may leave the process with
// Reveal and RevealKey. Without that it shows paths and no values. It never keeps anything but
// [cutover.Shown].
//
// The handler asks nobody for a password. Put it behind your own authentication, as you would any
// page for your colleagues only, and serve it over TLS or on a loopback address:
//
//	func onlyForUs(next http.Handler) http.Handler {
//		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//			if !session(r).IsEmployee() {
//				http.Error(w, "sign in first", http.StatusForbidden)
//				return
//			}
//			next.ServeHTTP(w, r)
//		})
//	}
//
// It answers only to the names of the machine itself unless [Config.Hosts] lists others, so that a
// stranger's page cannot have its own name lead to it. It changes nothing and answers only GET and
// HEAD. Its headers forbid framing, caching, and scripts, styles and requests from or to anywhere
// else.
package insights

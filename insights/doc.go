// Package insights keeps rolling figures of a migration and shows them on a page: how the old and the new system are
// doing, where they differ, and whether the next stage is safe.
//
//	figures := insights.New(insights.Config{})
//	orders, err := cutover.New(client, "orders-to-postgres").Observe(figures).Build()
//	mux.Handle("/migration/", http.StripPrefix("/migration", onlyForUs(figures.Handler())))
//
// # What it keeps
//
// For each flag, stage, operation and origin: how many calls there were, how many failed, timed out, panicked or were
// skipped, and their latency; how many reads were compared and agreed, were ignored, or were not compared and why. All
// that over the last minute, the last hour and since the figures began. Further the stage changes, and the records whose
// reads differed. Figures are of this process alone; they begin anew with it.
//
// Memory is bounded: a flag takes some hundred kilobytes to a few megabytes, whatever its traffic. Latencies are in
// sketches whose quantiles are within one percent.
//
// # Whose data it shows
//
// The page shows which records differ and how, if the reader says what may leave the process with Redact. Without that it
// shows paths and no values. It never keeps anything but [cutover.Shown].
//
// The handler asks nobody for a password. Put it behind your own authentication, as you would any page for your
// colleagues only, and serve it over TLS or on a loopback address:
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
// It changes nothing and answers only GET and HEAD. Its headers forbid framing, caching, and scripts, styles and requests
// from or to anywhere else.
package insights

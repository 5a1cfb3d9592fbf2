// Package pgtest runs a PostgreSQL server of its own for tests. It needs the server's binaries on
// this machine (Debian's package is postgresql) and nothing else: no Docker, no open port, and no
// driver. Where there are none, a test is skipped.
//
// A server listens on a Unix socket in a temporary folder. Its tests may kill it, start it again,
// and stop it as a crash would:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }
//
//	func TestOutage(t *testing.T) {
//		server := pgtest.Shared(t)
//		db, err := sql.Open("pgx", server.DSN("postgres"))
//		...
//	}
//
// It is for tests only: everybody on the machine who can reach the folder is the superuser.
package pgtest

module github.com/gocutover/cutover/robustness

go 1.25.0

replace (
	github.com/gocutover/cutover => ../
	github.com/gocutover/cutover/sqljournal => ../sqljournal
)

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/gocutover/cutover v0.0.0-00010101000000-000000000000
	github.com/gocutover/cutover/sqljournal v0.0.0-00010101000000-000000000000
	github.com/jackc/pgx/v5 v5.12.0
	github.com/launchdarkly/go-sdk-common/v3 v3.4.0
	github.com/launchdarkly/go-sdk-events/v3 v3.5.0
	github.com/launchdarkly/go-server-sdk/v7 v7.14.6
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
	golang.org/x/sys v0.47.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/josharian/intern v1.0.0 // indirect
	github.com/launchdarkly/go-jsonstream/v3 v3.1.0 // indirect
	github.com/mailru/easyjson v0.7.7 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

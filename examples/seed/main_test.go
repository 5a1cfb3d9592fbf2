package main

import (
	"strings"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestTheProgramOfTheGuide(t *testing.T) {
	t.Parallel()
	t.Run("without an account is at the default stage", func(t *testing.T) {
		t.Parallel()
		client := newTestClient(t, ld.Config{Offline: true})
		assert.Equal(t, "read: old read\nwrite: old write result\n", output(t, client))
	})
	t.Run("follows its flag", func(t *testing.T) {
		t.Parallel()
		data := ldtestdata.DataSource()
		flag := data.Flag("migration-flag-key-123abc")
		data.Update(flag.ValueForAll(ldvalue.String(string(ldmigration.Live))))
		client := newTestClient(t, ld.Config{DataSource: data, Events: ldcomponents.NoEvents()})
		assert.Equal(t, "read: new read\nwrite: new write result\n", output(t, client))
	})
}

func output(t *testing.T, client *ld.LDClient) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, migrate(client, &out))
	return out.String()
}

func newTestClient(t *testing.T, config ld.Config) *ld.LDClient {
	t.Helper()
	config.Logging = ldcomponents.Logging().MinLevel(ldlog.Error)
	client, err := ld.MakeCustomClient("sdk-key-123abc", config, 5*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

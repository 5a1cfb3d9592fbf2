package main

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const samplePayload = `[
	{"kind": "index", "creationDate": 1, "context": {"kind": "customer", "key": "1"}},
	{"kind": "migration_op", "operation": "read", "evaluation": {"key": "orders-to-new-database", "value": "shadow"},
		"measurements": [{"key": "invoked", "values": {"old": true, "new": true}},
			{"key": "consistent", "value": true, "samplingRatio": 1},
			{"key": "latency_ms", "values": {"old": 1, "new": 2}}]},
	{"kind": "migration_op", "operation": "read", "evaluation": {"key": "orders-to-new-database", "value": "shadow"},
		"measurements": [{"key": "invoked", "values": {"old": true, "new": true}},
			{"key": "consistent", "value": false, "samplingRatio": 1}]},
	{"kind": "migration_op", "operation": "read", "evaluation": {"key": "orders-to-new-database", "value": "shadow"},
		"measurements": [{"key": "invoked", "values": {"old": true, "new": true}}, {"key": "error", "values": {"new": true}}]},
	{"kind": "migration_op", "operation": "write", "evaluation": {"key": "orders-to-new-database", "value": "live"},
		"measurements": [{"key": "invoked", "values": {"new": true}}]},
	{"kind": "migration_op", "operation": "write", "evaluation": {"key": "another-flag", "value": "live"}, "measurements": []},
	{"kind": "summary", "features": {"orders-to-new-database": {"counters": []}}}
]`

func TestTheSinkCountsMigrationOpEvents(t *testing.T) {
	t.Parallel()
	s := newSink()
	assert.Equal(t, http.StatusAccepted, post(s, "a", samplePayload))
	assert.Equal(t, tally{Reads: 3, Checked: 2, Inconsistent: 1, Errors: 1}, s.Tally(ldmigration.Shadow))
	assert.Equal(t, tally{Writes: 1}, s.Tally(ldmigration.Live))
	assert.Equal(t, tally{}, s.Tally(ldmigration.Off))
	assert.Equal(t, 4, s.Arrived())
	require.NoError(t, s.Err())
}

func TestTheSinkCountsAPayloadThatIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	s := newSink()
	for range 2 {
		assert.Equal(t, http.StatusAccepted, post(s, "a", samplePayload))
	}
	assert.Equal(t, 4, s.Arrived())
	post(s, "b", samplePayload)
	assert.Equal(t, 8, s.Arrived())
}

func TestTheSinkKeepsFewIdentifiersOfPayloads(t *testing.T) {
	t.Parallel()
	s := newSink()
	for i := range 3 * payloadsKept {
		post(s, strconv.Itoa(i), samplePayload)
		post(s, strconv.Itoa(i), samplePayload)
	}
	assert.Equal(t, 3*payloadsKept*4, s.Arrived(), "each payload counts once")
	assert.Len(t, s.payloads, payloadsKept)
}

func TestTheSinkRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	s := newSink()
	assert.Equal(t, http.StatusBadRequest, post(s, "a", `[{"kind": `))
	assert.ErrorContains(t, s.Err(), "payload a")
}

func TestTheSinkServesOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	s := testSink(t)
	assert.True(t, strings.HasPrefix(s.URL, "http://127.0.0.1:"))
	response, err := http.Post(s.URL+"/bulk", "application/json", strings.NewReader(samplePayload))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 4, s.Arrived())
}

func post(s *sink, id, payload string) int {
	request := httptest.NewRequest(http.MethodPost, "/bulk", strings.NewReader(payload))
	request.Header.Set("X-Launchdarkly-Payload-Id", id)
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, request)
	return answer.Code
}

package insights_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func askHost(h http.Handler, host, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = host
	h.ServeHTTP(w, r)
	return w
}

// A page of a stranger may have its own name lead to a loopback address, and read what is there
// (DNS rebinding).
func TestTheHandlerAnswersToItsOwnNamesAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hosts            []string
		allowed, refused []string
	}{
		"by default the machine itself": {
			nil,
			[]string{"localhost", "LOCALHOST:8080", "localhost.", "app.localhost:1", "127.0.0.1", "127.8.9.1:80", "[::1]", "[::1]:8080", "::1", "[::ffff:127.0.0.1]"},
			[]string{"rebound.attacker.example", "localhost.attacker.example", "notlocalhost", "10.0.0.1", "0.0.0.0", "[2001:db8::1]:80", "127.0.0.1.nip.io", "", "admin.example.com"},
		},
		"names that are listed": {
			[]string{"Admin.Example.com", "10.0.0.7:8080", "[2001:db8::1]"},
			[]string{"admin.example.com", "admin.example.com:8443", "ADMIN.example.com.", "10.0.0.7", "10.0.0.7:9", "[2001:db8::1]:80", "localhost"},
			[]string{"example.com", "x.admin.example.com", "10.0.0.8", ""},
		},
		"any": {[]string{"*"}, []string{"rebound.attacker.example", "", "x"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := figures(t, insights.Config{Hosts: c.hosts}).Handler()
			for _, host := range c.allowed {
				for _, target := range []string{"/", "/data.json", "/keys.json", "/page.js"} {
					assert.Equal(t, http.StatusOK, askHost(h, host, target).Code, "%q %s", host, target)
				}
			}
			for _, host := range c.refused {
				for _, target := range []string{"/", "/data.json", "/keys.json", "/page.js", "/nothing"} {
					w := askHost(h, host, target)
					assert.Equal(t, http.StatusForbidden, w.Code, "%q %s", host, target)
					assert.Contains(t, w.Body.String(), "is not allowed: list it in the Hosts of insights.Config")
					assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
				}
			}
		})
	}
}

func TestFlagKeysThatAreNotUTF8CanBeAskedFor(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{FlagStages: map[string][]ldmigration.Stage{"a\xff": two}})
	for _, key := range []string{"a\xff", "a\xfe", "plain"} {
		o := read(ldmigration.Shadow, cutover.Consistent)
		o.Flag = key
		observe(t, f, 2, o)
	}
	assert.Len(t, f.Flags(), 3, "two keys are two flags")
	var d struct{ Flags []struct{ Flag string } }
	require.NoError(t, json.Unmarshal(ask(f.Handler(), "GET", "/data.json").Body.Bytes(), &d))
	for i, listed := range d.Flags {
		assert.Equal(t, f.Flags()[i], listed.Flag)
		var again struct{ Report *insights.Report }
		w := ask(f.Handler(), "GET", "/data.json?"+url.Values{"flag": {listed.Flag}}.Encode())
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &again))
		require.NotNil(t, again.Report, "%q is listed", listed.Flag)
		assert.Equal(t, listed.Flag, again.Report.Flag)
		assert.Equal(t, uint64(2), again.Report.Stages[0].Checks.Checked)
	}
	r, known := f.Report("a\xff", insights.LastMinute)
	assert.True(t, known, "it can be asked for as it is")
	assert.Equal(t, two, r.Order)
}

// The page goes through lists: one that is null would end it.
func TestNoListIsNull(t *testing.T) {
	t.Parallel()
	empty := figures(t, insights.Config{})
	change := figures(t, insights.Config{})
	turn(t, change, ldmigration.Off, ldmigration.DualWrite)
	one := figures(t, insights.Config{})
	observe(t, one, 1, read(ldmigration.Complete, cutover.Inconsistent))
	for name, f := range map[string]*insights.Figures{"nothing seen": empty, "a stage change alone": change, "one operation": one} {
		for _, target := range []string{"/data.json", "/data.json?window=hour", "/data.json?window=start", "/keys.json", "/keys.json?flag=orders"} {
			var body any
			require.NoError(t, json.Unmarshal(ask(f.Handler(), "GET", target).Body.Bytes(), &body))
			if d, isData := body.(map[string]any); isData && d["report"] == nil {
				delete(d, "report") // it says that there is none
			}
			noNull(t, name+" "+target, body)
		}
	}
}

func noNull(t *testing.T, at string, value any) {
	t.Helper()
	switch v := value.(type) {
	case nil:
		t.Errorf("%s is null", at)
	case map[string]any:
		for name, one := range v {
			noNull(t, at+"."+name, one)
		}
	case []any:
		for _, one := range v {
			noNull(t, at+"[]", one)
		}
	}
}

func TestStagesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 2, read("canary", cutover.SingleOrigin))
	f.ObserveStage(t.Context(), cutover.StageChange{Flag: flag, From: "canary", To: ldmigration.Live})
	f.ObserveStage(t.Context(), cutover.StageChange{Flag: flag, From: ldmigration.Live})
	assert.Contains(t, ask(f.Handler(), "GET", "/data.json").Body.String(), `"refused":4`)
}

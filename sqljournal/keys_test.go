package sqljournal_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

var strangeKeys = []string{
	"", " ", "a\x00b", "\xff\xfe", "a\\00b", `\`, `\\`, `"quoted"`, "it's", "50%_", "日本語", "\u2028<&>", "a\nb", "\ufffd", "\xef\xbf",
	strings.Repeat("k", 1024),
}

func FuzzStoredKeys(f *testing.F) {
	for _, k := range strangeKeys {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, key string) {
		stored := sqljournal.Escape(key)
		assert.Equal(t, key, sqljournal.Unescape(stored))
		assert.True(t, utf8.ValidString(stored))
		assert.NotContains(t, stored, "\x00")
	})
}

func TestEveryKeyComesBackAsItWas(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		j := w.journal("a")
		in, err := j.Begin(t.Context(), write(ldmigration.Old, strangeKeys...))
		require.NoError(t, err)
		in.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		eventually(t, func() bool { return j.Holds() == 0 })
		claims, err := j.Claim(t.Context(), reconcile.ClaimRequest{Flag: "flag", Kinds: []string{"order"}, Limit: 100})
		require.NoError(t, err)
		var keys []string
		releases := make([]reconcile.Release, 0, len(claims))
		for _, c := range claims {
			keys = append(keys, c.Record.Key)
			releases = append(releases, reconcile.Release{Claim: c, Outcome: reconcile.Equal})
		}
		assert.ElementsMatch(t, strangeKeys, keys)
		gone, err := j.Release(t.Context(), releases)
		require.NoError(t, err)
		assert.NotContains(t, gone, false)
	})
}

func TestAKeyThatIsTooLongIsAnErrorOfTheJournal(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		j := w.journal("a")
		long := strings.Repeat("k", 1025)
		_, err := j.Begin(t.Context(), write(ldmigration.Old, long))
		require.ErrorIs(t, err, cutover.ErrJournal)
		require.ErrorContains(t, err, "1025 bytes")
		_, err = j.Begin(t.Context(), write(ldmigration.Old, strings.Repeat("\x00", 1024)))
		require.ErrorIs(t, err, cutover.ErrJournal)
		require.NoError(t, j.Down())

		// The write goes on without the journal, which is a gap.
		j.Mark(t.Context(), cutover.JournalMark{
			Flag: "flag", Records: []cutover.RecordKey{order(long), order("1")}, From: ldmigration.Old,
			Dirty: cutover.NotJournaled, Written: true, Late: true,
		})
		b, err := j.Backlog(t.Context(), "flag")
		require.NoError(t, err)
		assert.Equal(t, 1, b.Dirty)
		require.Len(t, b.Gaps, 1)
		assert.False(t, b.Gaps[0].Marked)
		assert.WithinDuration(t, time.Now(), b.Gaps[0].Until, time.Minute)
	})
}

package cutover_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

type customer struct{ Name, Email, City string }

func withoutEmail(c customer) customer {
	c.Email = ""
	return c
}

func TestOnlyPathsAreShownUnlessRedactSaysOtherwise(t *testing.T) {
	t.Parallel()
	old, new := customer{"Ada", "ada@old", "Kent"}, customer{"Ada", "ada@new", "Bath"}
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
	plain, err := cutover.NewReader(built, returning(old), returning(new)).Compare(compare.Deep[customer]()).Build()
	require.NoError(t, err)
	_, err = plain.Read(t.Context(), user, "secret-id")
	require.NoError(t, err)
	o := observed.only(t)
	assert.Equal(t, []compare.Difference{
		{Path: "Email", Old: "ada@old", New: "ada@new"}, {Path: "City", Old: "Kent", New: "Bath"},
	}, o.Differences)
	assert.Equal(t, cutover.Shown{
		Differences: []compare.Difference{{Path: "Email", Redacted: true}, {Path: "City", Redacted: true}},
	}, o.Shown)

	observed.all = nil
	redacted, err := cutover.NewReader(built, returning(old), returning(new)).Compare(compare.Deep[customer]()).
		Reveal(func(id string) any { return id[:6] + "…" }, withoutEmail).Build()
	require.NoError(t, err)
	_, err = redacted.Read(t.Context(), user, "secret-id")
	require.NoError(t, err)
	assert.Equal(t, cutover.Shown{
		Payload: "secret…", Old: customer{Name: "Ada", City: "Kent"}, New: customer{Name: "Ada", City: "Bath"},
		Differences: []compare.Difference{{Path: "Email", Redacted: true}, {Path: "City", Old: "Kent", New: "Bath"}},
	}, observed.only(t).Shown)
}

func TestAWritersPayloadIsShownAsRedacted(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").Observe(observed))
	write := func(context.Context, customer) error { return nil }
	writer, err := cutover.NewWriter(built, write, write).Reveal(func(c customer) any { return c.City }).Build()
	require.NoError(t, err)
	require.NoError(t, writer.Write(t.Context(), user, customer{"Ada", "ada@old", "Kent"}))
	assert.Equal(t, "Kent", observed.only(t).Shown.Payload)

	observed.all = nil
	insert := func(context.Context, customer) (customer, error) { return customer{"Ada", "ada@old", "Kent"}, nil }
	failing := func(context.Context, customer) (customer, error) { panic("full") }
	returningWriter, err := cutover.NewReturningWriter(built, insert, failing).
		Reveal(func(customer) any { return "payload" }, withoutEmail).Build()
	require.NoError(t, err)
	_, err = returningWriter.Write(t.Context(), user, customer{})
	require.NoError(t, err)
	assert.Equal(t, cutover.Shown{Payload: "payload", Old: customer{Name: "Ada", City: "Kent"}}, observed.only(t).Shown)
}

func TestAPanickingRevealShowsNothing(t *testing.T) {
	t.Parallel()
	var log logBook
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed).Logger(log.logger()))
	reader, err := cutover.NewReader(built, value("a"), value("b")).CompareEqual().
		Reveal(func(string) any { panic("cannot redact") }, func(string) string { return "" }).Build()
	require.NoError(t, err)
	got, err := reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "a", got)
	assert.Equal(t, cutover.Shown{Differences: []compare.Difference{{Redacted: true}}}, observed.only(t).Shown)
	assert.Contains(t, log.String(), "Reveal function panicked")
}

func TestTheLogObserverWritesWhatMayBeShown(t *testing.T) {
	t.Parallel()
	var log logBook
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := &stagedClient{stage: ldmigration.Shadow}
	built := build(t, cutover.New(client, "flag").Observe(cutover.LogObserver(logger)).Logger((&logBook{}).logger()))
	old, new := customer{"Ada", "ada@old", "Kent"}, customer{"Ada", "ada@new", "Bath"}
	read := func(configure func(*cutover.ReaderBuilder[string, customer])) string {
		b := cutover.NewReader(built, returning(old), returning(new)).Compare(compare.Deep[customer]())
		configure(b)
		reader, err := b.Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "secret-id")
		require.NoError(t, err)
		line := log.String()
		log.buf.Reset()
		_, line, _ = strings.Cut(line, " ")
		return strings.TrimSpace(line)
	}
	assert.Equal(t, `level=WARN msg="cutover: old and new differ" flag=flag operation=read stage=shadow differences="[Email: (redacted) City: (redacted)]"`,
		read(func(*cutover.ReaderBuilder[string, customer]) {}))
	assert.Equal(t, `level=WARN msg="cutover: old and new differ" flag=flag operation=read stage=shadow payload=id differences="[Email: (redacted) City: old Kent, new Bath]"`,
		read(func(b *cutover.ReaderBuilder[string, customer]) {
			b.Reveal(func(string) any { return "id" }, withoutEmail)
		}))
	assert.Equal(t, `level=DEBUG msg="cutover: old and new differ: ignored" flag=flag operation=read stage=shadow differences="[Email: (redacted) City: (redacted)]" rule=all`,
		read(func(b *cutover.ReaderBuilder[string, customer]) {
			b.Ignore("all", func(_, _ customer) bool { return true })
		}))
	assert.Equal(t, `level=WARN msg="cutover: old and new differ" flag=flag operation=read stage=shadow differences="[(all): (redacted)]"`,
		read(func(b *cutover.ReaderBuilder[string, customer]) { b.CompareEqual() }))

	for _, stage := range []ldmigration.Stage{ldmigration.DualWrite, ldmigration.Live} {
		client.stage = stage
		failing := func(context.Context, string) error { return errors.New("disk full") }
		ok := func(context.Context, string) error { return nil }
		writer := writerOf(t, built, ok, failing)
		if stage == ldmigration.Live {
			writer = writerOf(t, built, failing, ok)
		}
		require.NoError(t, writer.Write(t.Context(), user, "order"))
		assert.Contains(t, log.String(), `msg="cutover: secondary failed" flag=flag operation=write stage=`+string(stage)+` error="disk full"`)
		log.buf.Reset()
	}
	quiet := build(t, cutover.New(client, "flag").Observe(cutover.LogObserver(log.logger())).Logger((&logBook{}).logger()))
	reader, err := cutover.NewReader(quiet, value("a"), value("b")).CompareEqual().
		Ignore("all", func(_, _ string) bool { return true }).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Empty(t, log.String(), "debug is not on")
	assert.NotNil(t, cutover.LogObserver(nil))
}

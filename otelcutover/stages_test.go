package otelcutover_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestAStageIsInUseForAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		at := func(stage ldmigration.Stage) {
			o := observation()
			o.Stage = stage
			r.Observe(t.Context(), o)
		}
		active := func() []string { return r.active(t) }
		assert.Empty(t, active())
		at(ldmigration.Off)
		at(ldmigration.Shadow)
		assert.Equal(t, []string{"off", "shadow"}, active(), "a rollout")
		time.Sleep(50 * time.Second)
		at(ldmigration.Shadow)
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"shadow"}, active())
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"shadow"}, active(), "the last one, while nothing happens")
		assert.Len(t, r.metrics(t)["cutover.stage.active"], len(allStages))
	})
}

func TestStageChangesAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	client := &stagedClient{stage: ldmigration.Off}
	c, err := cutover.New(client, flagKey).Observe(r).Build()
	require.NoError(t, err)
	reader, err := cutover.NewReader(c, answer(0), answer(0)).Build()
	require.NoError(t, err)
	ctx, caller := r.tracer.Start(t.Context(), "caller")
	for _, client.stage = range []ldmigration.Stage{ldmigration.Off, ldmigration.Live} {
		_, err = reader.Read(ctx, user, "payload")
		require.NoError(t, err)
	}
	caller.End()
	require.NoError(t, c.Close(t.Context()))
	changes := r.metrics(t)["cutover.stage.changes"]
	require.Len(t, changes, 1)
	want := map[string]string{
		"feature_flag.key": flagKey, "cutover.stage.from": "off", "cutover.stage.to": "live",
		"cutover.stage.side_by_side": "false", "cutover.stage.warned": "true",
	}
	assert.Equal(t, want, changes[0].attrs)
	events := r.span(t, "caller").Events()
	require.Len(t, events, 1)
	assert.Equal(t, "cutover.stage.change", events[0].Name)
	told := attrsOf(events[0].Attributes)
	assert.NotEmpty(t, told["cutover.stage.warning"])
	delete(told, "cutover.stage.warning")
	assert.Equal(t, want, told)
}

// at has one operation of a kind of context observed at a stage.
func (r *rig) at(tb testing.TB, stage ldmigration.Stage, kind ldcontext.Kind) {
	tb.Helper()
	o := observation()
	o.Stage, o.Context = stage, ldcontext.NewWithKind(kind, "key")
	r.Observe(tb.Context(), o)
}

func change(from, to ldmigration.Stage) cutover.StageChange {
	return cutover.StageChange{Flag: flagKey, ContextKind: "user", From: from, To: to}
}

func TestAStageThatWasLeftIsNotInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.at(t, ldmigration.Shadow, "user")
		r.ObserveStage(t.Context(), change(ldmigration.Shadow, ldmigration.Live))
		assert.Equal(t, []string{"live"}, r.active(t))
		r.at(t, ldmigration.Shadow, "user")
		time.Sleep(59 * time.Second)
		r.at(t, ldmigration.Shadow, "user")
		r.at(t, ldmigration.Live, "user")
		assert.Equal(t, []string{"live"}, r.active(t), "a pinned request does not bring it back")
		time.Sleep(time.Second)
		r.at(t, ldmigration.Shadow, "user")
		assert.Equal(t, []string{"shadow", "live"}, r.active(t), "what goes on for a minute is in use")

		r.ObserveStage(t.Context(), change(ldmigration.Shadow, ldmigration.Live))
		r.ObserveStage(t.Context(), change(ldmigration.Live, ldmigration.Shadow))
		r.at(t, ldmigration.Shadow, "user")
		assert.Equal(t, []string{"shadow"}, r.active(t), "a change back brings it back")
		time.Sleep(30 * time.Second)
		r.at(t, ldmigration.Shadow, "user")
		time.Sleep(50 * time.Second)
		r.at(t, ldmigration.Live, "device")
		assert.Equal(t, []string{"shadow", "live"}, r.active(t), "for as long as operations run at it")

		r.ObserveStage(t.Context(), change(ldmigration.Live, ldmigration.Live))
		assert.Equal(t, []string{"shadow", "live"}, r.active(t), "a change that is none")
	})
}

func TestAStageThatOneKindOfContextLeftIsInUseByTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.at(t, ldmigration.Off, "user")
		r.at(t, ldmigration.Off, "device")
		r.ObserveStage(t.Context(), change(ldmigration.Off, ldmigration.Live))
		r.at(t, ldmigration.Off, "user")
		assert.Equal(t, []string{"live"}, r.active(t))
		r.at(t, ldmigration.Off, "device")
		assert.Equal(t, []string{"off", "live"}, r.active(t))
	})
}

func TestStagesSideBySideAreBothInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.at(t, ldmigration.Shadow, "user")
		r.ObserveStage(t.Context(), change(ldmigration.Shadow, ldmigration.Live))
		assert.Equal(t, []string{"live"}, r.active(t))
		rollout := change(ldmigration.Live, ldmigration.Shadow)
		rollout.SideBySide, rollout.Warning = true, "records may differ "+strings.Repeat("ö", 200)
		ctx, caller := r.tracer.Start(t.Context(), "caller")
		r.ObserveStage(ctx, rollout)
		caller.End()
		assert.Equal(t, []string{"shadow", "live"}, r.active(t))
		r.at(t, ldmigration.Shadow, "user")
		r.at(t, ldmigration.Live, "user")
		assert.Equal(t, []string{"shadow", "live"}, r.active(t))

		r.ObserveStage(t.Context(), change(ldmigration.Shadow, ldmigration.Live))
		rollout = change(ldmigration.Shadow, ldmigration.Live)
		rollout.SideBySide = true
		r.ObserveStage(t.Context(), rollout)
		assert.Equal(t, []string{"shadow", "live"}, r.active(t), "whichever of them was left")
		assert.EqualValues(t, 1, r.count(t, "cutover.stage.changes",
			"cutover.stage.side_by_side", "true", "cutover.stage.warned", "true"))
		assert.EqualValues(t, 2, r.count(t, "cutover.stage.changes",
			"cutover.stage.side_by_side", "false", "cutover.stage.warned", "false"))
		warning := attrsOf(r.span(t, "caller").Events()[0].Attributes)["cutover.stage.warning"]
		assert.Equal(t, "records may differ "+strings.Repeat("ö", 118), warning)

		r.ObserveStage(t.Context(), change(ldmigration.Shadow, ldmigration.Live))
		r.at(t, ldmigration.Shadow, "user")
		assert.Equal(t, []string{"live"}, r.active(t), "the rollout is over")
	})
}

// A Migrator's flag keys and kinds may come from outside.
func TestDeparturesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 1000 {
		left := change(ldmigration.Shadow, ldmigration.Live)
		left.ContextKind = ldcontext.Kind("kind-" + strconv.Itoa(i))
		r.ObserveStage(t.Context(), left)
	}
	assert.Equal(t, []string{"live"}, r.active(t))
	r.at(t, ldmigration.Shadow, "kind-0")
	assert.Equal(t, []string{"live"}, r.active(t))
	r.at(t, ldmigration.Shadow, "kind-999")
	assert.Equal(t, []string{"shadow", "live"}, r.active(t), "one beyond the bound ends by itself")
}

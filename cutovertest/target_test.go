package cutovertest_test

import (
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/cutovertest"
)

// A user may have any text for a key, also one that looks like another kind's.
func TestAStageForOneContextIsNotThatOfAnImpostor(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.Off)
	org := ldcontext.NewWithKind("org", "1")
	client.Flag("flag").StageFor(ldmigration.Complete, org)
	for want, who := range map[ldmigration.Stage]ldcontext.Context{
		ldmigration.Complete: org, ldmigration.Off: ldcontext.New("org:1"),
	} {
		stage, _, err := client.MigrationVariation("flag", who, ldmigration.Off)
		require.NoError(t, err)
		assert.Equal(t, want, stage)
	}
}

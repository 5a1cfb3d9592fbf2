package main

import (
	"testing"

	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program may be kept running for days, so neither the ledger nor the databases may grow with
// the traffic; and at the end every order is still compared.
func TestTheLedgerIsBoundedAndStaysExact(t *testing.T) {
	t.Parallel()
	const operations, orders, spare = 1200, 40, 20
	legacy, modern := testLegacy(t), testModern(t)
	modern.FixPrices()
	service, err := newOrderService(cutovertest.NewClient(ldmigration.Complete), reconcile.NewMemory(reconcile.MemoryConfig{}), legacy, modern, newFigures())
	require.NoError(t, err)
	existing := newGenerator(1, 0).Orders(orders)
	save(t, modern, existing...)
	m := &migration{screen: newScreen(t.Output()), modern: modern, traffic: newTraffic(service, existing, small())}
	placed := 0
	for _, w := range m.traffic.workers {
		assert.Equal(t, len(w.ledger)+newOrders/len(m.traffic.workers), w.limit)
		w.limit = len(w.ledger) + spare
		for range operations / len(m.traffic.workers) {
			w.operate(t.Context())
			require.LessOrEqual(t, len(w.ledger), w.limit)
		}
		placed += len(w.ledger)
	}

	require.NoError(t, m.traffic.faults.Err())
	assert.Equal(t, orders+spare*len(m.traffic.workers), placed, "the bound was reached")
	assert.Len(t, all(t, modern), placed)
	require.NoError(t, m.keptEverything(t.Context()))
	m.traffic.workers[1].ledger[0].Revision++ // as if the last change of one order had been lost
	assert.ErrorContains(t, m.keptEverything(t.Context()), "revision")
}

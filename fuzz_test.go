package cutover_test

import (
	"context"
	"errors"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// FuzzOperations runs a reader and a writer over two small stores through any sequence of stages,
// writes, reads and failures, and compares them with a model: the stage table applied to two
// arrays.
func FuzzOperations(f *testing.F) {
	f.Add([]byte{0x01, 0x41, 0x82, 0x03, 0x44, 0xc5, 0x06, 0x47}, uint8(0))
	f.Add([]byte{0x12, 0x42, 0x13, 0x53, 0x24, 0x81, 0xc2, 0x35}, uint8(1))
	f.Add([]byte{0xff, 0x7f, 0x3f, 0x1f, 0x0f, 0x07, 0x03, 0x01}, uint8(2))
	f.Fuzz(func(t *testing.T, steps []byte, order uint8) {
		m := newModel(t, allOrders[int(order)%len(allOrders)])
		for i, step := range steps {
			m.step(t, i, step)
		}
	})
}

const modelKeys = 4

// store is one system: an array, and a switch that makes it fail or panic.
type store struct {
	cells [modelKeys]int
	end   ending
}

type write struct{ key, value int }

var errStore = errors.New("store is down")

func (s *store) read(_ context.Context, key int) (int, error) {
	if err := s.fault(); err != nil {
		return 0, err
	}
	return s.cells[key], nil
}

func (s *store) write(_ context.Context, w write) error {
	if err := s.fault(); err != nil {
		return err
	}
	s.cells[w.key] = w.value
	return nil
}

func (s *store) fault() error {
	switch s.end {
	case fails:
		return errStore
	case panics:
		panic(errStore)
	default:
		return nil
	}
}

type model struct {
	client *stagedClient
	stores map[ldmigration.Origin]*store
	want   map[ldmigration.Origin]*[modelKeys]int
	reader *cutover.Reader[int, int]
	writer *cutover.Writer[write]
}

func newModel(t *testing.T, order ldmigration.ExecutionOrder) *model {
	t.Helper()
	old, new := &store{}, &store{}
	client := &stagedClient{stage: ldmigration.Off}
	c := build(t, cutover.New(client, "flag").ReadOrder(order))
	return &model{
		client: client,
		stores: map[ldmigration.Origin]*store{"old": old, "new": new},
		want:   map[ldmigration.Origin]*[modelKeys]int{"old": {}, "new": {}},
		reader: readerOf(t, c, old.read, new.read, equal),
		writer: writerOf(t, c, old.write, new.write),
	}
}

// step decodes a byte: two bits for a key, three for the stage, one each for read or write and for
// the faulty store, which is never the authoritative one if that would panic the test.
func (m *model) step(t *testing.T, i int, step byte) {
	t.Helper()
	key := int(step & 3)
	stage := allStages[int(step>>2&7)%len(allStages)]
	operation := operations[step>>5&1]
	e := design[stage][operation]
	m.client.stage = stage
	m.stores["old"].end, m.stores["new"].end = succeeds, succeeds
	switch step >> 6 {
	case 1:
		m.stores[e.authoritative].end = fails
	case 2, 3:
		if e.secondary != "" {
			m.stores[e.secondary].end = []ending{fails, panics}[step>>6&1]
		}
	}
	failed := m.stores[e.authoritative].end != succeeds
	m.client.events = nil
	if operation == ldmigration.Write {
		m.write(t, e, write{key, i + 1}, failed)
	} else {
		m.read(t, e, key, failed)
	}
	for origin, cells := range m.want {
		require.Equal(t, *cells, m.stores[origin].cells, "%s at %s", origin, stage)
	}
}

func (m *model) write(t *testing.T, e expectation, w write, failed bool) {
	t.Helper()
	err := m.writer.Write(t.Context(), user, w)
	require.Equal(t, failed, err != nil)
	if failed {
		require.Len(t, m.client.only(t).Invoked, 1)
		return
	}
	m.want[e.authoritative][w.key] = w.value
	if e.secondary != "" && m.stores[e.secondary].end == succeeds {
		m.want[e.secondary][w.key] = w.value
	}
}

func (m *model) read(t *testing.T, e expectation, key int, failed bool) {
	t.Helper()
	got, err := m.reader.Read(t.Context(), user, key)
	event := m.client.only(t)
	require.Equal(t, failed, err != nil)
	if failed {
		require.Nil(t, event.ConsistencyCheck)
		return
	}
	require.Equal(t, m.want[e.authoritative][key], got)
	if e.secondary == "" || m.stores[e.secondary].end != succeeds {
		require.Nil(t, event.ConsistencyCheck)
		return
	}
	require.Equal(t, m.want["old"][key] == m.want["new"][key], event.ConsistencyCheck.Consistent())
}

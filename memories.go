package cutover

import (
	"maps"
	"sync/atomic"
)

// flagMemories finds the memory of a flag whose key comes with each call, without a lock and without allocating.
type flagMemories struct {
	byKey atomic.Pointer[map[string]*flagMemory]
}

// memoriesLimit bounds what flag keys made at run time could take; beyond it the memories begin anew.
const memoriesLimit = 1024

func newFlagMemories() *flagMemories {
	m := &flagMemories{}
	m.byKey.Store(&map[string]*flagMemory{})
	return m
}

func (m *flagMemories) of(flag string) *flagMemory {
	for {
		before := m.byKey.Load()
		if memory, ok := (*before)[flag]; ok {
			return memory
		}
		after := make(map[string]*flagMemory, len(*before)+1)
		if len(*before) < memoriesLimit {
			maps.Copy(after, *before)
		}
		memory := &flagMemory{}
		after[flag] = memory
		if m.byKey.CompareAndSwap(before, &after) {
			return memory
		}
	}
}

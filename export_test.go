package cutover

// BusyKeys counts the keys that operations of c are busy with.
func BusyKeys(c *Cutover) (n int) {
	for i := range c.settings.keys.shards {
		shard := &c.settings.keys.shards[i]
		shard.mu.Lock()
		n += len(shard.busy)
		shard.mu.Unlock()
	}
	return n
}
